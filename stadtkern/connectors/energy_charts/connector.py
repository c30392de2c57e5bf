"""energy-charts.info of Fraunhofer ISE: exchange price, generation by source, electricity traffic light.

Answers are parallel lists beside `unix_seconds`. What lies after the time of asking is a forecast (prices are
set the day before); the same value becomes an observation once its time has passed.
https://api.energy-charts.info/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import finite, slug, ucum_code
from stadtkern.base.times import from_epoch
from stadtkern.base.units import UnitError, convert
from stadtkern.contracts.answers import kind, reject
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.option import Option

API = "https://api.energy-charts.info"
PRICE_UNIT = "{EUR}/(MW.h)"
_SHARES = ("renewable share", "share of")
_MAX_POINTS = 100_000


@dataclass(frozen=True, slots=True)
class Series:
    """One list of values and what it means."""

    thing: str
    name: str
    observed_property: str
    unit: str
    values: object
    quality: Literal["", "questionable"] = ""


def _setting(context: Context, name: str, default: str) -> str:
    return str(context.options.get(name) or default)


def _price_unit(text: object) -> str:
    unit = ucum_code(str(text or ""))
    try:
        convert(1.0, unit, PRICE_UNIT)
    except UnitError as error:
        raise SourceError(f'the price has the unit "{str(text)[:40]}" where EUR / MWh is expected') from error
    return unit


def _price(document: Mapping[str, Any], context: Context) -> Iterator[Series]:
    zone = _setting(context, "zone", "DE-LU")
    yield Series(
        zone, f"Day-ahead {zone}", "electricity_price", _price_unit(document.get("unit")), document["price"]
    )


def _power(document: Mapping[str, Any], context: Context) -> Iterator[Series]:
    country = _setting(context, "country", "de")
    types = document["production_types"]
    if not isinstance(types, list):
        raise SourceError(f"production_types is {kind(types)}")
    for entry in types:
        name = entry.get("name") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or not slug(name):
            raise SourceError("a production type has no name")
        is_share = any(words in name.lower() for words in _SHARES)
        measured = ("renewable_share", "%") if is_share else ("electricity_power", "MW")
        yield Series(f"{country}-{slug(name)}", f"{name} ({country.upper()})", *measured, entry.get("data"))


def _signal(document: Mapping[str, Any], context: Context) -> Iterator[Series]:
    country = _setting(context, "country", "de")
    quality: Literal["", "questionable"] = "questionable" if document.get("substitute") is True else ""
    name = country.upper()
    yield Series(country, name, "grid_signal", "1", document["signal"], quality)
    yield Series(country, name, "renewable_share", "%", document.get("share"), quality)


_FORMS = (("price", _price), ("production_types", _power), ("signal", _signal))


def _times(document: Mapping[str, Any]) -> list[datetime | None]:
    seconds = document.get("unix_seconds")
    if not isinstance(seconds, list) or len(seconds) > _MAX_POINTS:
        raise SourceError("the answer has no list unix_seconds")
    times: list[datetime | None] = []
    for value in seconds:
        try:
            times.append(None if isinstance(value, bool | str) else from_epoch(finite(value)))
        except ValueError:
            times.append(None)
    return times


def _readings(series: Series, times: Sequence[datetime | None], received: datetime) -> Iterator[Item]:
    if not isinstance(series.values, list) or len(series.values) != len(times):
        size = len(series.values) if isinstance(series.values, list) else kind(series.values)
        yield reject(f"{len(times)} times but {size} values", series.name)
        return
    for index, (time, raw) in enumerate(zip(times, series.values, strict=True), start=1):
        if raw is None:
            continue
        where = f"{series.name}, entry {index}"
        if time is None:
            yield reject("no time in unix_seconds", where, raw)
            continue
        try:
            value = finite(raw)
        except ValueError as error:
            yield reject(error, where, raw)
            continue
        yield Reading(
            thing=series.thing,
            observed_property=series.observed_property,
            phenomenon_time=time,
            result=value,
            unit=series.unit,
            is_forecast=time > received,
            quality=series.quality,
        )


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield prices, powers or signals, whichever the answer holds."""
    document = jsonbody.load(body)
    if not isinstance(document, Mapping):
        raise SourceError(f"the answer is {kind(document)} where prices, powers or signals are expected")
    form = next((read for field, read in _FORMS if field in document), None)
    if form is None:
        told = document.get("detail") or document.get("message") or ", ".join(map(str, document))
        raise SourceError(f"the answer holds no prices, powers or signals: {str(told)[:100]}")
    times = _times(document)
    seen: set[str] = set()
    for series in form(document, context):
        if series.thing not in seen:
            seen.add(series.thing)
            yield Station(thing=series.thing, name=series.name)
        yield from _readings(series, times, context.received)


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the address of each wanted answer."""
    zone, country = str(options.get("zone") or "DE-LU"), str(options.get("country") or "de")
    wanted = [
        ("price", {"bzn": zone}, True),
        ("public_power", {"country": country}, False),
        ("signal", {"country": country}, True),
    ]
    return [
        Request(url=f"{API}/{name}?{urlencode(query)}", name=name)
        for name, query, is_default in wanted
        if options.get(f"with_{name}", is_default)
    ]


connector = Connector(
    title="Energy-Charts",
    description=_("Exchange price of electricity, generation by source and the electricity traffic light."),
    publisher="Fraunhofer ISE",
    homepage="https://www.energy-charts.info/",
    licence="CC-BY-4.0",
    attribution="Energy-Charts (Fraunhofer ISE); Bundesnetzagentur | SMARD.de",
    parse=parse,
    requests=requests,
    interval=timedelta(minutes=30),
    options=(
        Option(
            name="zone",
            kind="choice",
            label=_("Price zone"),
            choices=(
                ("DE-LU", _("Germany and Luxembourg")),
                ("PL", _("Poland")),
                ("CZ", _("Czechia")),
                ("AT", _("Austria")),
            ),
            default="DE-LU",
        ),
        Option(
            name="country",
            kind="choice",
            label=_("Country of generation and traffic light"),
            choices=(("de", _("Germany")), ("pl", _("Poland")), ("cz", _("Czechia")), ("at", _("Austria"))),
            default="de",
        ),
        Option(name="with_price", kind="boolean", label=_("Prices"), default=True),
        Option(name="with_signal", kind="boolean", label=_("Electricity traffic light"), default=True),
        Option(name="with_public_power", kind="boolean", label=_("Generation by source"), default=False),
    ),
)
