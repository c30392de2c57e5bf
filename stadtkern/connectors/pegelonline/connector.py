"""PEGELONLINE: gauges of the German federal waterways."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import slug, ucum_code
from stadtkern.base.numbers import measured
from stadtkern.base.times import TimeFormatError, parse_time
from stadtkern.base.units import is_known
from stadtkern.contracts.answers import chosen, part, position, reject
from stadtkern.contracts.connector import (
    Connector,
    Context,
    Item,
    Reading,
    Rejected,
    Request,
    SourceError,
    Station,
    Threshold,
)
from stadtkern.contracts.option import Option

API = "https://www.pegelonline.wsv.de/webservices/rest-api/v2/"
ZONE = "Europe/Berlin"

KINDS: Mapping[str, tuple[str, str]] = {
    "W": ("water_level", "cm"),
    "Q": ("discharge", "m3/s"),
    "WT": ("water_temperature", "Cel"),
    "LT": ("air_temperature", "Cel"),
    "VA": ("flow_velocity", "m/s"),
    "DFH": ("clearance_height", "cm"),
    "O2": ("dissolved_oxygen", "mg/L"),
    "PH": ("ph", "[pH]"),
    "LF": ("electrical_conductivity", "uS/cm"),
    "WG": ("wind_speed", "m/s"),
    "WR": ("wind_direction", "deg"),
    "NIEDERSCHLAG": ("precipitation", "mm"),
}
"""Short names of time series: observed property and the unit it has if none is written."""

UNITS: Mapping[str, str] = {"--": "", "mg/l": "mg/L", "µs/cm": "uS/cm", "μs/cm": "uS/cm", "grad": "deg"}
ABOVE_SEA = re.compile(r"m\s*(\+|\.?\s*ü\.)", re.IGNORECASE)
"""Units such as `m+NHN`: a height above sea level, not above the zero point of the gauge."""

SEVERITIES: Mapping[str, int] = {"M_I": 1, "M_II": 2, "M_III": 3, "HSW": 2}
"""High-water marks I to III of the waterways; at HSW shipping stops. All other values are statistics."""
MEASUREMENTS = re.compile(r"/stations/([^/]+)/([^/]+)/measurements\.json")


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the one address that has stations, values and characteristic levels together."""
    query = {
        "includeTimeseries": "true",
        "includeCurrentMeasurement": "true",
        "includeCharacteristicValues": "true",
    }
    if stations := chosen(options):
        query["ids"] = ",".join(stations)
    if waters := chosen(options, "waters"):
        query["waters"] = ",".join(waters)
    return [Request(url=f"{API}stations.json?{urlencode(query)}")]


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Read a list of stations, one station, or the measurements of one time series."""
    answer = jsonbody.load(body)
    if match := MEASUREMENTS.search(context.url):
        yield from _measurements(answer, *match.groups())
        return
    stations = answer if isinstance(answer, list) else [answer]
    if stations and not any(_key(station) for station in stations):
        told = part({"answer": answer}, "answer").get("message") or "unknown form"
        raise SourceError(f"no stations in the answer: {str(told)[:100]}".replace("\n", " "))
    for number, station in enumerate(stations):
        where = f"[{number}]"
        key = _key(station)
        if not key:
            yield reject("the station has neither number nor uuid", where, station)
            continue
        yield _station(key, station)
        series = station.get("timeseries")
        for one in series if isinstance(series, list) else []:
            yield from _series(key, one, f"{where}.timeseries")


def _key(station: object) -> str:
    """Return the number of a station, or else its uuid; empty if it is no station."""
    if not isinstance(station, Mapping) or not {"uuid", "timeseries"} & set(station):
        return ""
    return str(station.get("number") or station.get("uuid") or "").strip()[:60]


def _station(key: str, station: Mapping[str, Any]) -> Station:
    longitude, latitude = position(station.get("longitude"), station.get("latitude"))
    properties = {
        "river": part(station, "water").get("longname"),
        "river_kilometre": station.get("km"),
        "operator": station.get("agency"),
        "uuid": station.get("uuid"),
    }
    series = station.get("timeseries")
    for one in series if isinstance(series, list) else []:
        zero = part(one, "gaugeZero")
        if zero and part({"s": one}, "s").get("shortname") == "W":
            properties["gauge_zero"] = zero.get("value")
            properties["gauge_zero_reference"] = zero.get("unit")
            properties["gauge_zero_valid_from"] = zero.get("validFrom")
    return Station(
        thing=key,
        name=str(station.get("longname") or station.get("shortname") or key)[:200],
        longitude=longitude,
        latitude=latitude,
        properties={name: v for name, v in properties.items() if isinstance(v, str | int | float)},
    )


def _series(key: str, series: object, where: str) -> Iterator[Item]:
    if not isinstance(series, Mapping) or not isinstance(series.get("shortname"), str):
        yield reject("the time series has no short name", where, series)
        return
    short = series["shortname"]
    where = f"{where}.{short}"[:100]
    found = _meaning(short, series)
    if isinstance(found, Rejected):
        yield found
        return
    kind, unit = found
    current = part(series, "currentMeasurement")
    if current:
        yield _reading(key, kind, unit, current, where)
    levels = series.get("characteristicValues")
    for level in levels if isinstance(levels, list) else []:
        yield _threshold(key, kind, unit, level, f"{where}.characteristicValues")


def _meaning(short: str, series: Mapping[str, Any]) -> tuple[str, str] | Rejected:
    """Return observed property and unit of a time series."""
    kind, usual = KINDS.get(short.upper(), (slug(str(series.get("longname") or short)) or "unknown", "1"))
    written = series.get("unit")
    if not isinstance(written, str) or not written.strip() or UNITS.get(written.strip().lower()) == "":
        return kind, usual
    if ABOVE_SEA.match(written.strip()):
        return f"{kind}_above_sea", "m"
    unit = UNITS.get(written.strip().lower()) or ucum_code(written)
    if not is_known(unit):
        return reject(f'unknown unit "{written[:40]}"', short, series)
    return kind, unit


def _reading(key: str, kind: str, unit: str, measurement: Mapping[str, Any], where: str) -> Item:
    try:
        return Reading(
            thing=key,
            observed_property=kind,
            phenomenon_time=parse_time(str(measurement.get("timestamp", "")), ZONE),
            result=measured(measurement.get("value")),
            unit=unit,
        )
    except ValueError as error:
        return reject(error, where, measurement)


def _threshold(key: str, kind: str, unit: str, level: object, where: str) -> Item:
    if not isinstance(level, Mapping) or not isinstance(level.get("shortname"), str):
        return reject("the characteristic value has no name", where, level)
    name = level["shortname"].strip()[:60]
    own = level.get("unit")
    try:
        return Threshold(
            thing=key,
            observed_property=kind,
            name=name,
            value=measured(level.get("value")),
            unit=_level_unit(own, unit),
            severity=SEVERITIES.get(name.upper(), 0),
            valid_from=_day(level.get("validFrom")),
            valid_to=_day(level.get("validTo")),
        )
    except ValueError as error:
        return reject(error, where, level)


def _level_unit(written: object, unit: str) -> str:
    code = ucum_code(written) if isinstance(written, str) and written.strip() else unit
    if ABOVE_SEA.match(code):
        code = "m"
    if not is_known(code):
        raise ValueError(f'unknown unit "{code[:40]}"')
    return code


def _day(text: object) -> datetime | None:
    """Return the begin of a day in Germany; None where nothing is written."""
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise TimeFormatError(f"not a date: {str(text)[:40]}")
    return parse_time(text, ZONE)


def _measurements(answer: object, station: str, short: str) -> Iterator[Item]:
    """Read the past values of one time series; the address names the station and the series."""
    if not isinstance(answer, list):
        raise SourceError("the answer is not a list of measurements")
    kind, unit = KINDS.get(short.upper(), (slug(short) or "unknown", "1"))
    for number, measurement in enumerate(answer):
        if isinstance(measurement, Mapping):
            yield _reading(station, kind, unit, measurement, f"[{number}]")
        else:
            yield reject("the measurement is not an object", f"[{number}]", measurement)


connector = Connector(
    title=_("PEGELONLINE"),
    description=_("Water levels, discharge and temperature of gauges on federal waterways in Germany."),
    publisher="Wasserstraßen- und Schifffahrtsverwaltung des Bundes",
    homepage="https://www.pegelonline.wsv.de/",
    licence="dl-de/zero-2-0",
    attribution="Wasserstraßen- und Schifffahrtsverwaltung des Bundes (WSV), PEGELONLINE",
    parse=parse,
    requests=requests,
    interval=timedelta(minutes=15),
    timezone=ZONE,
    options=(
        Option(
            name="stations",
            kind="list",
            label=_("Gauges"),
            help=_("Numbers, names or UUIDs of gauges, one in each line."),
        ),
        Option(
            name="waters",
            kind="list",
            label=_("Rivers"),
            help=_(
                "Short names such as ODER or ELBE, one in each line. Without gauges and rivers all are read."
            ),
        ),
    ),
    sample_options={"waters": ["ODER"]},
)
