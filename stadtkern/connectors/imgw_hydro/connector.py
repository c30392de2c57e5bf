"""IMGW-PIB hydrology: all public gauges of Poland; numbers are strings, keys Polish, times local."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.numbers import measured
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import chosen, part, position, reject, unusable
from stadtkern.contracts.connector import (
    Connector,
    Context,
    Item,
    Reading,
    Request,
    SourceError,
    Station,
    Threshold,
)
from stadtkern.contracts.option import Option

ZONE = "Europe/Warsaw"
LIST = "https://danepubliczne.imgw.pl/api/data/hydro"
DETAILS = "https://hydro-back.imgw.pl/station/hydro/status?id="

VALUES = (
    ("stan_wody", "stan_wody_data_pomiaru", "water_level", "cm"),
    ("temperatura_wody", "temperatura_wody_data_pomiaru", "water_temperature", "Cel"),
    ("przeplyw", "przeplyw_data", "discharge", "m3/s"),
    ("zjawisko_lodowe", "zjawisko_lodowe_data_pomiaru", "ice_phenomenon", "1"),
)
"""Key of the value, key of its time, observed property, unit."""

LEVELS = (
    ("stan_ostrzegawczy", "warningValue", 1),
    ("stan_alarmowy", "alarmValue", 3),
)
"""Name in the list (also the name of the threshold), name in the details, severity."""

_RIVER_NUMBER = re.compile(r"\s*\([0-9]+\)\s*$")


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the list of all gauges and, where wanted, the details of each chosen one."""
    asked = [Request(url=LIST, name="list")]
    if options.get("details"):
        asked += [Request(url=DETAILS + quote(key, safe=""), name="details") for key in chosen(options)]
    return asked


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    return unusable(options, "stations", r"\d{1,12}", "the number of a gauge")


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Read the list, a single gauge or the details of one."""
    answer = jsonbody.load(body)
    if isinstance(answer, dict) and isinstance(answer.get("status"), Mapping):
        yield from _details(answer)
        return
    rows = answer if isinstance(answer, list) else [answer]
    if rows and not any(isinstance(row, Mapping) and "stan_wody" in row for row in rows):
        raise SourceError("the answer has no gauges (no stan_wody)")
    stations, regions = set(chosen(context.options)), {r.lower() for r in chosen(context.options, "regions")}
    for number, row in enumerate(rows):
        key = row.get("id_stacji") if isinstance(row, Mapping) else None
        if not isinstance(key, str) or not key.strip():
            yield reject("the gauge has no number (id_stacji)", f"[{number}]", row)
        elif (not stations or key in stations) and _in_regions(row, regions):
            yield from _gauge(key.strip()[:60], row, context)


def _in_regions(row: Mapping[str, Any], regions: set[str]) -> bool:
    return not regions or str(row.get("wojewodztwo", "")).lower() in regions


def _gauge(key: str, row: Mapping[str, Any], context: Context) -> Iterator[Item]:
    longitude, latitude = position(row.get("lon"), row.get("lat"))
    yield Station(
        thing=key,
        name=str(row.get("stacja") or key).strip()[:200],
        longitude=longitude,
        latitude=latitude,
        properties=_texts({"river": row.get("rzeka"), "region": row.get("wojewodztwo")}),
    )
    zone = str(context.options.get("timezone") or ZONE)
    for name, time_name, kind, unit in VALUES:
        if row.get(name) is not None:
            yield _reading((key, kind, unit), row[name], row.get(time_name), zone, context.received)
    for name, _other, severity in LEVELS:
        if row.get(name) is not None:
            yield _threshold(key, name, row[name], severity)


def _texts(properties: Mapping[str, object]) -> dict[str, str]:
    """Return what is really written; a dash means nothing."""
    return {n: v.strip()[:200] for n, v in properties.items() if isinstance(v, str) and v.strip(" -")}


def _reading(
    what: tuple[str, str, str], value: object, time: object, zone: str, received: datetime | None
) -> Item:
    key, kind, unit = what
    try:
        return Reading(
            thing=key,
            observed_property=kind,
            phenomenon_time=parse_time(str(time or ""), zone, not_after=received),
            result=measured(value),
            unit=unit,
        )
    except ValueError as error:
        return reject(error, f"{key}.{kind}", {"value": value, "time": time})


def _threshold(key: str, name: str, value: object, severity: int) -> Item:
    try:
        return Threshold(
            thing=key,
            observed_property="water_level",
            name=name.replace("_", " "),
            value=measured(value),
            unit="cm",
            severity=severity,
        )
    except ValueError as error:
        return reject(error, f"{key}.{name}", value)


def _details(answer: Mapping[str, Any]) -> Iterator[Item]:
    """Read one gauge with its warning and alarm level; these times are in UTC."""
    status = part(answer, "status")
    key = str(answer.get("id") or status.get("name") or "").strip()[:60]
    if not key:
        raise SourceError("the gauge has no number")
    place = part(answer, "coordinates")
    longitude, latitude = position(place.get("x"), place.get("y"))
    river = status.get("river")
    yield Station(
        thing=key,
        name=str(status.get("description") or key)[:200],
        longitude=longitude,
        latitude=latitude,
        properties=_texts(
            {
                "river": _RIVER_NUMBER.sub("", river) if isinstance(river, str) else None,
                "region": status.get("province"),
            }
        ),
    )
    for name in ("previousState", "currentState"):
        state = part(status, name)
        if state.get("value") is not None:
            yield _reading((key, "water_level", "cm"), state["value"], state.get("date"), "UTC", None)
    for name, other, severity in LEVELS:
        if status.get(other) is not None:
            yield _threshold(key, name, status[other], severity)


connector = Connector(
    title=_("IMGW-PIB hydrology"),
    description=_("Water level, discharge and water temperature of the gauges in Poland."),
    publisher="Instytut Meteorologii i Gospodarki Wodnej – Państwowy Instytut Badawczy",
    homepage="https://danepubliczne.imgw.pl/",
    licence="IMGW-PIB",
    attribution="Źródłem pochodzenia danych jest Instytut Meteorologii i Gospodarki Wodnej – "
    "Państwowy Instytut Badawczy. Dane zostały przetworzone.",
    parse=parse,
    requests=requests,
    check_options=check_options,
    interval=timedelta(minutes=10),
    timezone=ZONE,
    options=(
        Option(
            name="stations",
            kind="list",
            label=_("Gauges"),
            help=_(
                "Numbers of gauges such as 151140010 (Gubin), one in each line. Without any, all are read."
            ),
        ),
        Option(
            name="regions",
            kind="list",
            label=_("Voivodeships"),
            help=_("For example lubuskie. Without any, all are read."),
        ),
        Option(
            name="details",
            kind="boolean",
            label=_("Also ask for warning and alarm levels"),
            help=_("One more question for each gauge listed above."),
            default=False,
        ),
        Option(
            name="timezone",
            kind="choice",
            label=_("Time zone of the list"),
            default=ZONE,
            choices=((ZONE, ZONE), ("UTC", "UTC")),
        ),
    ),
)
