"""A web service that answers JSON: rows, time, place and values are found by JMESPath.

An answer may hold a list of rows, a single object, or parallel lists (a list of times beside lists of
values).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import finite
from stadtkern.base.numbers import parse_decimal
from stadtkern.base.paths import pick
from stadtkern.base.times import from_epoch, parse_time
from stadtkern.connectors.http_json.options import OPTIONS, check_options, read_headers
from stadtkern.contracts.answers import kind, position, reject
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.mapping import FieldMeaning, read_meanings

_KEY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for all rows of an answer."""

    options: Mapping[str, str]
    received: datetime


def _rows(document: object, path: str) -> list[Any]:
    try:
        found = pick(document, path)
    except ValueError as error:
        raise SourceError(f"rows: {error}") from error
    if found is None:
        raise SourceError(f'the answer has nothing at the path "{path}"')
    return found if isinstance(found, list) else [found]


def read_moment(value: object, options: Mapping[str, str]) -> datetime:
    """Return the time that a JSON value writes: text, or number of seconds or milliseconds since 1970."""
    time_format = options.get("time_format", "")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"not a time: {kind(value)}")  # noqa: TRY004  (one bad row, not a programming error)
    if isinstance(value, int | float) or time_format == "unix":
        return from_epoch(finite(value))
    return parse_time(value, options.get("timezone") or "Europe/Berlin", time_format or None)


def read_number(value: object, decimal: str) -> float:
    """Return a JSON number, a truth value, or a text with the given decimal mark."""
    if isinstance(value, str) and decimal == ",":
        return parse_decimal(value, ",")
    return finite(value)


def _degrees(row: object, setting: str) -> object:
    try:
        return finite(setting)
    except ValueError:
        return pick(row, setting) if setting else None


def _station(row: object, options: Mapping[str, str]) -> Station:
    if options.get("thing_path"):
        key = pick(row, options["thing_path"])
        if isinstance(key, bool) or not isinstance(key, str | int) or not str(key).strip():
            raise ValueError(f'no key of the place at "{options["thing_path"]}" but {kind(key)}')
        thing = str(key).strip()[:_KEY_LENGTH]
    else:
        thing = options["thing"]
    name = pick(row, options["name_path"]) if options.get("name_path") else options.get("thing") or thing
    longitude, latitude = position(
        _degrees(row, options.get("longitude", "")), _degrees(row, options.get("latitude", ""))
    )
    shown = str(name) if isinstance(name, str | int) else thing
    return Station(thing=thing, name=shown, longitude=longitude, latitude=latitude)


def _pairs(moment: object, value: object, where: str) -> Iterator[tuple[object, object, str]]:
    """Yield single times and values, also from parallel lists."""
    if not isinstance(value, list):
        yield moment, value, where
    elif isinstance(moment, list) and len(moment) == len(value):
        for index, (one, number) in enumerate(zip(moment, value, strict=True), start=1):
            yield one, number, f"{where}, entry {index}"
    else:
        size = f"{len(moment)} times" if isinstance(moment, list) else "one time"
        raise ValueError(f"a list of {len(value)} values has {size}")


def _readings(row: object, where: str, thing: str, meaning: FieldMeaning, rules: Rules) -> Iterator[Item]:
    """Yield the readings of one field of a row."""
    try:
        path = rules.options.get("time")
        moments = pick(row, path) if path else rules.received
        pairs = list(_pairs(moments, pick(row, meaning.field), where))
    except ValueError as error:
        yield reject(error, where, row)
        return
    for raw_time, raw, place in pairs:
        if raw is None:
            continue
        try:
            moment = raw_time if isinstance(raw_time, datetime) else read_moment(raw_time, rules.options)
            number = read_number(raw, rules.options.get("decimal", "."))
        except ValueError as error:
            yield reject(error, place, row)
            continue
        yield Reading(
            thing=thing,
            observed_property=meaning.observed_property,
            phenomenon_time=moment,
            result=number,
            unit=meaning.unit,
        )


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield a station for each place and a reading for each value."""
    problems = check_options(context.options)
    if problems:
        raise SourceError(f"settings: {problems[0]}")
    meanings = read_meanings(context.options["values"])
    options = {
        name: str(v).strip() for name, v in context.options.items() if isinstance(v, str | int | float)
    }
    rules = Rules(options, context.received)
    is_empty = True
    known: dict[str, Station] = {}
    for index, row in enumerate(_rows(jsonbody.load(body), options.get("rows", "")), start=1):
        try:
            station = _station(row, options)
        except ValueError as error:
            is_empty = False
            yield reject(error, f"row {index}", row)
            continue
        if known.get(station.thing) != station:
            known[station.thing] = station
            yield station
        for meaning in meanings:
            for item in _readings(row, f"row {index}, {meaning.field}", station.thing, meaning, rules):
                is_empty = False
                yield item
    if is_empty:
        fields = ", ".join(meaning.field for meaning in meanings)
        yield reject(f"no row has a value at {fields}", options.get("rows", ""))


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the address of the service, if it is to be asked."""
    url = str(options.get("url") or "").strip()
    return [Request(url=url, headers=read_headers(options.get("headers")))] if url else []


connector = Connector(
    title=_("JSON from a web service"),
    description=_("Values out of any JSON answer; you say which path means what."),
    publisher="",
    homepage="https://jmespath.org/",
    licence="",
    attribution="",
    parse=parse,
    requests=requests,
    webhook=True,
    options=OPTIONS,
    check_options=check_options,
    timezone="Europe/Berlin",
    sample_options={
        "url": "https://example.org/levels.json",
        "rows": "messstellen",
        "values": ["messung.pegel = water_level [cm]", "messung.temp = water_temperature [°C]"],
        "time": "messung.zeit",
        "thing_path": "nr",
        "name_path": "name",
        "longitude": "lage[0]",
        "latitude": "lage[1]",
    },
)
