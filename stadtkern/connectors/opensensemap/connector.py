"""openSenseMap: sensor boxes of citizens and schools, with whatever their owners measure.

Titles and units of the sensors are free text in German or English; well-known ones become shared observed
properties if their unit fits. Mobile boxes are left out: their track is the way of a person.
https://docs.opensensemap.org/
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import finite, known_field, slug, ucum_code
from stadtkern.base.times import parse_time
from stadtkern.base.units import UnitError, convert, is_known
from stadtkern.contracts.answers import kind, part, position, reject
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.mapping import as_lines
from stadtkern.contracts.option import Option
from stadtkern.contracts.properties import OBSERVED_PROPERTIES

API = "https://api.opensensemap.org/boxes"
_ID_LENGTH = 24
_MAX_RADIUS_KM = 100


def meaning(title: str, unit: str) -> tuple[str, str]:
    """Return observed property and unit of a sensor; `ValueError` if the unit is unknown."""
    plain = title.replace(". ", " ").replace(".:", " ").strip()
    name = slug(plain)
    if not name:
        raise ValueError("the sensor has no title")
    code = ucum_code(unit) or "1"
    if not is_known(code):
        raise ValueError(f'unknown unit "{unit[:40]}"')
    found = known_field(plain)
    if found and found[0] in OBSERVED_PROPERTIES:
        try:
            convert(1.0, code, OBSERVED_PROPERTIES[found[0]].unit)
        except UnitError:
            return name, code
        return found[0], code
    return name, code


def _measurement(sensor: Mapping[str, Any], thing: str, used: set[str]) -> Iterator[Item]:
    title, last = sensor.get("title"), sensor.get("lastMeasurement")
    where = f"{thing}, {title}"
    if last is None:
        return
    if not isinstance(last, Mapping):
        yield reject("lastMeasurement is only a reference; ask for the box itself", where, last)
        return
    try:
        observed_property, unit = meaning(str(title or ""), str(sensor.get("unit") or ""))
        model = str(sensor.get("sensorType") or "")
        if observed_property in used:
            observed_property = f"{observed_property}_{slug(model) or len(used)}"
        if observed_property in used:
            observed_property = f"{observed_property}_{len(used)}"
        used.add(observed_property)
        yield Reading(
            thing=thing,
            observed_property=observed_property,
            phenomenon_time=parse_time(str(last.get("createdAt") or ""), "UTC"),
            result=finite(last.get("value")),
            unit=unit,
            sensor=model,
        )
    except ValueError as error:
        yield reject(error, where, last)


def _coordinates(box: Mapping[str, Any]) -> tuple[float | None, float | None]:
    places = [part(box, "currentLocation")]
    if isinstance(box.get("loc"), list):
        places += [part(entry, "geometry") for entry in box["loc"]]
    for place in places:
        degrees = place.get("coordinates")
        if isinstance(degrees, list) and len(degrees) in (2, 3):
            return position(degrees[0], degrees[1])
    return None, None


def _box(box: object, where: str, *, with_indoor: bool) -> Iterator[Item]:
    if not isinstance(box, Mapping) or not isinstance(box.get("_id"), str) or not box["_id"]:
        yield reject("no sensor box: _id is missing", where, box)
        return
    thing = box["_id"]
    if box.get("exposure") == "mobile":
        yield reject("mobile box left out: its track would be the way of a person", thing)
        return
    if box.get("exposure") == "indoor" and not with_indoor:
        return
    longitude, latitude = _coordinates(box)
    yield Station(
        thing=thing,
        name=str(box.get("name") or thing),
        longitude=longitude,
        latitude=latitude,
        properties={name: box[name] for name in ("exposure", "model") if isinstance(box.get(name), str)},
    )
    sensors = box.get("sensors")
    if not isinstance(sensors, list):
        yield reject(f"sensors is {kind(sensors)}", thing, sensors)
        return
    used: set[str] = set()
    for sensor in sensors:
        if isinstance(sensor, Mapping):
            yield from _measurement(sensor, thing, used)
        else:
            yield reject(f"a sensor is {kind(sensor)}", thing, sensor)


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield boxes and the latest measurement of each of their sensors."""
    document = jsonbody.load(body)
    if isinstance(document, Mapping):
        if "sensordatavalues" in document:
            raise SourceError(
                "this is a message that a sensor box sends, without box and time; use sensor.community for it"
            )
        if "$schema" in document or "_id" not in document:
            raise SourceError(
                f"the answer is no sensor box: {str(document.get('message') or sorted(document))[:100]}"
            )
        document = [document]
    with_indoor = bool(context.options.get("with_indoor"))
    for number, box in enumerate(document, start=1):
        yield from _box(box, f"box {number}", with_indoor=with_indoor)


def _near(options: Mapping[str, Any]) -> tuple[float, float, float] | None:
    given = [options.get(name) for name in ("longitude", "latitude", "radius")]
    if any(value in (None, "") for value in given):
        return None
    longitude, latitude, radius = (finite(value) for value in given)
    return longitude, latitude, radius


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return one address for each box, and one for the surroundings of a point."""
    found = [Request(url=f"{API}/{identifier}") for identifier in as_lines(options.get("boxes"))]
    near = _near(options)
    if near:
        metres = round(near[2] * 1000)
        found.append(Request(url=f"{API}?near={near[0]:g},{near[1]:g}&maxDistance={metres}&full=true"))
    return found


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    problems = [
        f"boxes, line {number}: the id of a box has {_ID_LENGTH} signs out of 0-9 and a-f"
        for number, line in enumerate(as_lines(options.get("boxes")), start=1)
        if len(line) != _ID_LENGTH or any(sign not in "0123456789abcdef" for sign in line)
    ]
    try:
        near = _near(options)
    except ValueError as error:
        return [*problems, f"area: {error}"]
    if near and (position(near[0], near[1]) == (None, None) or not 0 < near[2] <= _MAX_RADIUS_KM):
        problems.append(f"area: give degrees and a radius of up to {_MAX_RADIUS_KM} km")
    return problems


connector = Connector(
    title="openSenseMap",
    description=_("Sensor boxes of citizens and schools: weather, particulates, noise, soil and more."),
    publisher="openSenseLab gGmbH",
    homepage="https://opensensemap.org/",
    licence="PDDL-1.0",
    attribution="openSenseMap contributors",
    parse=parse,
    requests=requests,
    interval=timedelta(minutes=5),
    check_options=check_options,
    options=(
        Option(name="boxes", kind="list", label=_("Boxes"), help=_("The id of one box in each line.")),
        Option(name="latitude", kind="number", label=_("Latitude of the middle of an area")),
        Option(name="longitude", kind="number", label=_("Longitude of the middle of an area")),
        Option(name="radius", kind="number", label=_("Radius of the area in kilometres")),
        Option(name="with_indoor", kind="boolean", label=_("Also boxes inside of buildings"), default=False),
    ),
    sample_options={"boxes": ["65aa00000000000000000001"]},
)
