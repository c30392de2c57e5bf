"""Air data of the Federal Environment Agency: rows as arrays whose columns `indices` names, times in CET."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.clock import now
from stadtkern.base.fields import slug
from stadtkern.base.numbers import measured
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import chosen, part, position, reject, unusable
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.option import Option

API = "https://www.umweltbundesamt.de/api/air_data/v3"
ZONE = "Etc/GMT-1"
"""Central European Time all year round, without summer time (the sign is inverted in POSIX names)."""

COMPONENTS: Mapping[str, tuple[str, str]] = {
    "1": ("pm10", "ug/m3"),
    "2": ("carbon_monoxide", "mg/m3"),
    "3": ("ozone", "ug/m3"),
    "4": ("sulphur_dioxide", "ug/m3"),
    "5": ("nitrogen_dioxide", "ug/m3"),
    "9": ("pm2_5", "ug/m3"),
}
HOURLY = "2"
SCOPES: Mapping[str, str] = {"1": "daily_mean", HOURLY: "", "4": "8h_mean"}
"""Averages other than hourly ones are properties of their own."""

STATION_COLUMN = "station id"
MEASURES = ("component id", "scope id", "value", "date end", "index")
INDEX = ("date end", "airquality index", "data incomplete")


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the list of stations, and for each station hourly means of each pollutant and the index."""
    days = {
        "date_from": f"{now() - timedelta(days=1):%Y-%m-%d}",
        "date_to": f"{now() + timedelta(days=1):%Y-%m-%d}",
    }
    span = {**days, "time_from": "1", "time_to": "24"}
    asked = [
        Request(
            url=f"{API}/stations/json?{urlencode({'use': 'measure', 'lang': 'de', **span})}", name="stations"
        )
    ]
    for station in chosen(options):
        for component in chosen(options, "components") or list(COMPONENTS):
            query = {**span, "station": station, "component": component, "scope": HOURLY}
            asked.append(Request(url=f"{API}/measures/json?{urlencode(query)}", name="measures"))
        if options.get("index"):
            query = {**span, "station": station}
            asked.append(Request(url=f"{API}/airquality/json?{urlencode(query)}", name="airquality"))
    return asked


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    return [
        *unusable(options, "stations", r"\d{1,6}", "the number of a station"),
        *unusable(options, "components", "|".join(COMPONENTS), "the number of a known pollutant"),
    ]


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Read stations, measures or the air quality index, told apart by `indices`."""
    answer = jsonbody.load(body, dict)
    indices, data = answer.get("indices"), answer.get("data")
    wanted = set(chosen(context.options))
    if isinstance(indices, list) and STATION_COLUMN in indices and isinstance(data, Mapping | list):
        yield from _stations(indices, data, wanted)
        return
    if not isinstance(indices, Mapping) or not isinstance(data, Mapping | list):
        raise SourceError(
            "the answer has neither stations nor measures; it may be a table of names or an error"
        )
    columns = _columns(indices)
    is_index = "airquality index" in columns
    for station, rows in data.items() if isinstance(data, Mapping) else ():
        if wanted and station not in wanted:
            continue
        if not isinstance(rows, Mapping):
            yield reject("the station has no rows", f"data.{station}", rows)
            continue
        for begin, row in rows.items():
            where = f"data.{station}.{begin}"
            if not isinstance(row, list):
                yield reject("the row is not a list", where, row)
            elif is_index:
                yield from _index(station, dict(zip(columns, row, strict=False)), where)
            else:
                yield from _measure(station, dict(zip(columns, row, strict=False)), where)


def _columns(indices: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns of a row; what is nested names the pollutants and has no name here."""
    inner = part(part(indices, "data"), STATION_COLUMN)
    names = next(iter(inner.values()), None)
    if not isinstance(names, list) or not names:
        raise SourceError("the answer does not name its columns (indices)")
    return [name if isinstance(name, str) else "" for name in names]


def _stations(indices: list[Any], data: Mapping[str, Any] | list[Any], wanted: set[str]) -> Iterator[Item]:
    for number, row in enumerate(data.values() if isinstance(data, Mapping) else data):
        named = dict(zip(map(str, indices), row, strict=False)) if isinstance(row, list) else {}
        key = str(named.get(STATION_COLUMN) or "").strip()[:60]
        if not key:
            yield reject("the station has no number", f"data[{number}]", row)
            continue
        if wanted and key not in wanted:
            continue
        longitude, latitude = position(named.get("station longitude"), named.get("station latitude"))
        kept = ("station code", "station city", "network name", "station setting name", "station type name")
        yield Station(
            thing=key,
            name=str(named.get("station name") or key)[:200],
            longitude=longitude,
            latitude=latitude,
            properties={slug(n): named[n][:200] for n in kept if isinstance(named.get(n), str) and named[n]},
        )


def _measure(station: str, row: Mapping[str, Any], where: str) -> Iterator[Item]:
    if row.get("value") is None:
        return
    component, scope = str(row.get("component id")), str(row.get("scope id"))
    if component not in COMPONENTS:
        yield reject(f'unknown component "{component[:20]}"', where, row)
        return
    kind, unit = COMPONENTS[component]
    suffix = SCOPES.get(scope, f"scope_{slug(scope) or 'unknown'}")
    yield _reading(station, (f"{kind}_{suffix}" if suffix else kind, unit), row["value"], row, where)


def _index(station: str, row: Mapping[str, Any], where: str) -> Iterator[Item]:
    if row.get("airquality index") is None:
        return
    yield _reading(station, ("air_quality_index", "1"), row["airquality index"], row, where)


def _reading(station: str, what: tuple[str, str], value: object, row: Mapping[str, Any], where: str) -> Item:
    """Return a reading at the end of the span it covers."""
    try:
        return Reading(
            thing=station.strip()[:60] or "unknown",
            observed_property=what[0],
            phenomenon_time=parse_time(str(row.get("date end")), ZONE),
            result=measured(value),
            unit=what[1],
        )
    except ValueError as error:
        return reject(error, where, row)


connector = Connector(
    title=_("Air quality in Germany"),
    description=_("Hourly particulates, ozone and nitrogen dioxide of the federal and state networks."),
    publisher="Umweltbundesamt",
    homepage="https://www.umweltbundesamt.de/daten/luft/luftdaten",
    licence="dl-de/by-2-0",
    attribution="Umweltbundesamt mit Daten der Messnetze der Länder und des Bundes",
    parse=parse,
    requests=requests,
    check_options=check_options,
    interval=timedelta(minutes=30),
    timezone=ZONE,
    options=(
        Option(
            name="stations",
            kind="list",
            label=_("Stations"),
            help=_("Numbers of stations such as 64 (Cottbus), one in each line."),
            required=True,
        ),
        Option(
            name="components",
            kind="list",
            label=_("Pollutants"),
            help=_("1 PM10, 2 carbon monoxide, 3 ozone, 4 sulphur dioxide, 5 nitrogen dioxide, 9 PM2.5."),
            default=["1", "3", "5", "9"],
        ),
        Option(name="index", kind="boolean", label=_("Also ask for the air quality index"), default=False),
    ),
    sample_options={"stations": ["901", "902"]},
)
