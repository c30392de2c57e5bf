"""sensor.community (formerly luftdaten.info): particulates, climate and noise from sensors of citizens.

Values are texts, times are UTC without saying so, places are blurred to some hundred metres unless the owner
wants otherwise. A sensor box may also send its measurements straight to us (as to "own API").
https://github.com/opendata-stuttgart/meta/wiki/EN-APIs
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import finite
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import kind, part, position, reject
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.mapping import as_lines
from stadtkern.contracts.option import Option

API = "https://data.sensor.community/airrohr/v1"
QUANTITIES: Mapping[str, tuple[str, str]] = {
    "P0": ("pm1", "ug/m3"),
    "P1": ("pm10", "ug/m3"),
    "P2": ("pm2_5", "ug/m3"),
    "P4": ("pm4", "ug/m3"),
    "temperature": ("air_temperature", "Cel"),
    "humidity": ("relative_humidity", "%"),
    "pressure": ("station_pressure", "Pa"),
    "pressure_at_sealevel": ("air_pressure", "Pa"),
    "noise_LAeq": ("noise", "dB[SPL]"),
    "noise_LA_min": ("noise_minimum", "dB[SPL]"),
    "noise_LA_max": ("noise_maximum", "dB[SPL]"),
    "co2_ppm": ("carbon_dioxide", "[ppm]"),
}
IGNORED = re.compile(
    r"(N\d+|TS|samples|min_micro|max_micro|interval|signal|durP\d|ratioP\d|counts_per_minute|.*_id|"
    r"lat|lon|height|GPS_.*|hv_pulses|sample_time_ms|counts|last_.*)"
)
"""Counters and radio values of the firmware that measure nothing of the town."""

_SATURATED = {"pm10": 1999.9, "pm2_5": 999.9}  # upper ends of the SDS011
_STUCK_HUMIDITY = 99.9  # a DHT22 that has become wet
_PREFIX = re.compile(r"^(?:SDS|PMS|HPM|NPM|IPS|SPS30|SEN5X|BME280|BMP280|BMP|DHT|HTU21D|SHT3X|SCD30|DNMS)_")
_MAX_RADIUS_KM = 100


def quality(observed_property: str, value: float, sensor: str) -> Literal["", "questionable", "bad"]:
    """Return what is known about typical faults of the cheap sensors."""
    if value >= _SATURATED.get(observed_property, float("inf")):
        return "bad"
    if observed_property == "relative_humidity" and "DHT" in sensor and value >= _STUCK_HUMIDITY:
        return "questionable"
    return ""


def _values(values: object, thing: str, sensor: str, time: datetime) -> Iterator[Item]:
    if not isinstance(values, list):
        yield reject(f"sensordatavalues is {kind(values)}", thing, values)
        return
    for entry in values:
        name = entry.get("value_type") if isinstance(entry, Mapping) else None
        if not isinstance(name, str):
            yield reject("value without value_type", thing, entry)
            continue
        bare = _PREFIX.sub("", name)
        if IGNORED.fullmatch(bare):
            continue
        if bare not in QUANTITIES:
            yield reject(f'unknown quantity "{name[:40]}"', thing, entry)
            continue
        observed_property, unit = QUANTITIES[bare]
        try:
            value = finite(entry.get("value"))
        except ValueError as error:
            yield reject(error, f"{thing}, {name}", entry)
            continue
        yield Reading(
            thing=thing,
            observed_property=observed_property,
            phenomenon_time=time,
            result=value,
            unit=unit,
            sensor=sensor,
            quality=quality(observed_property, value, sensor),
        )


def _record(record: object, where: str, *, with_indoor: bool, seen: set[str]) -> Iterator[Item]:
    if not isinstance(record, Mapping) or not isinstance(record.get("sensor"), Mapping):
        yield reject('no record of a sensor: "sensor" is missing', where, record)
        return
    place = part(record, "location")
    if place.get("indoor") in (1, "1", True) and not with_indoor:
        return
    identifier = record["sensor"].get("id")
    thing = str(identifier).strip()
    if isinstance(identifier, bool) or not isinstance(identifier, int | str) or not thing:
        yield reject("the sensor has no id", where, record)
        return
    model = part(record["sensor"], "sensor_type")
    sensor = " ".join(
        str(model[name]) for name in ("manufacturer", "name") if isinstance(model.get(name), str)
    )
    if thing not in seen:
        seen.add(thing)
        longitude, latitude = position(place.get("longitude"), place.get("latitude"))
        yield Station(
            thing=thing,
            name=f"sensor.community {thing}",
            longitude=longitude,
            latitude=latitude,
            properties={
                "place": place.get("id"),
                "is_place_exact": place.get("exact_location") in (1, "1"),
                "sensor": sensor,
            },
        )
    try:
        time = parse_time(str(record.get("timestamp") or ""), "UTC")
    except ValueError as error:
        yield reject(error, f"{where}, timestamp", record.get("timestamp"))
        return
    yield from _values(record.get("sensordatavalues"), thing, sensor, time)


def _push(message: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """Yield the readings that a sensor box sends itself; its own clock is not in the message."""
    chip = message.get("esp8266id") or message.get("esp32id") or message.get("raspiid") or ""
    thing = str(chip).strip() or str(context.options.get("box") or "").strip()
    if not thing:
        raise SourceError("the sensor box sends no id; name it in the settings of this source")
    yield Station(thing=thing, name=str(context.options.get("box") or thing))
    firmware = message.get("software_version")
    yield from _values(message.get("sensordatavalues"), thing, str(firmware or ""), context.received)


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield sensors and their readings out of an answer of the API or a message of a sensor box."""
    document = jsonbody.load(body)
    if isinstance(document, Mapping):
        if "sensordatavalues" not in document:
            raise SourceError("the answer is no list of sensors")
        if "sensor" not in document:
            yield from _push(document, context)
            return
        document = [document]
    seen: set[str] = set()
    with_indoor = bool(context.options.get("with_indoor"))
    for number, record in enumerate(document, start=1):
        yield from _record(record, f"record {number}", with_indoor=with_indoor, seen=seen)


def _area(options: Mapping[str, Any]) -> tuple[float, float, float] | None:
    given = [options.get(name) for name in ("latitude", "longitude", "radius")]
    if any(value in (None, "") for value in given):
        return None
    latitude, longitude, radius = (finite(value) for value in given)
    return latitude, longitude, radius


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return one address for each sensor, and one for the area."""
    found = [Request(url=f"{API}/sensor/{identifier}/") for identifier in as_lines(options.get("sensors"))]
    area = _area(options)
    if area:
        found.append(Request(url=f"{API}/filter/area={area[0]:g},{area[1]:g},{area[2]:g}"))
    return found


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    problems = [
        f"sensors, line {number}: the id of a sensor is a number"
        for number, line in enumerate(as_lines(options.get("sensors")), start=1)
        if not line.isdecimal()
    ]
    try:
        area = _area(options)
    except ValueError as error:
        return [*problems, f"area: {error}"]
    if area and (position(area[1], area[0]) == (None, None) or not 0 < area[2] <= _MAX_RADIUS_KM):
        problems.append(f"area: give degrees and a radius of up to {_MAX_RADIUS_KM} km")
    return problems


connector = Connector(
    title="sensor.community",
    description=_("Particulates, temperature, humidity and noise from sensors of citizens."),
    publisher="sensor.community",
    homepage="https://sensor.community/",
    licence="ODbL-1.0",
    attribution="© sensor.community contributors",
    parse=parse,
    requests=requests,
    webhook=True,
    interval=timedelta(minutes=5),
    check_options=check_options,
    options=(
        Option(name="sensors", kind="list", label=_("Sensors"), help=_("The id of one sensor in each line.")),
        Option(name="latitude", kind="number", label=_("Latitude of the middle of an area")),
        Option(name="longitude", kind="number", label=_("Longitude of the middle of an area")),
        Option(name="radius", kind="number", label=_("Radius of the area in kilometres")),
        Option(
            name="with_indoor", kind="boolean", label=_("Also sensors inside of buildings"), default=False
        ),
        Option(
            name="box",
            kind="text",
            label=_("Name of a box that sends to us itself"),
            help=_("Only if the box sends no id."),
        ),
    ),
    sample_options={"sensors": ["81001", "81002"]},
)
