"""Bright Sky: measured and predicted weather of the DWD at a place, as rows of JSON."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.clock import now
from stadtkern.base.numbers import NumberFormatError, measured
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import position, reject
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.option import Option

API = "https://api.brightsky.dev/weather"

VALUES: Mapping[str, tuple[str, str]] = {
    "temperature": ("air_temperature", "Cel"),
    "dew_point": ("dew_point", "Cel"),
    "relative_humidity": ("relative_humidity", "%"),
    "pressure_msl": ("air_pressure", "hPa"),
    "wind_speed": ("wind_speed", "km/h"),
    "wind_gust_speed": ("wind_gust", "km/h"),
    "wind_direction": ("wind_direction", "deg"),
    "cloud_cover": ("cloud_cover", "%"),
    "visibility": ("visibility", "m"),
    "precipitation": ("precipitation", "mm"),
    "precipitation_probability": ("precipitation_probability", "%"),
    "sunshine": ("sunshine", "min"),
    "solar": ("global_radiation", "kW/m2"),
}
"""Columns in the units of the DWD; `solar` is the energy of one hour in kWh/m2, thus the mean in kW/m2."""

MOST_DAYS = 10


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the address for yesterday to some days ahead."""
    try:
        latitude, longitude = measured(options.get("latitude")), measured(options.get("longitude"))
        days = min(max(int(measured(options.get("days") or 3)), 0), MOST_DAYS)
    except NumberFormatError:
        return []
    query = {
        "lat": latitude,
        "lon": longitude,
        "date": f"{now() - timedelta(days=1):%Y-%m-%d}",
        "last_date": f"{now() + timedelta(days=days + 1):%Y-%m-%d}",
        "units": "dwd",
    }
    return [Request(url=f"{API}?{urlencode(query)}")]


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    try:
        place = position(options.get("longitude"), options.get("latitude"))
        days = measured(options.get("days") or 0)
    except NumberFormatError as error:
        return [f"days: {error}"]
    problems = [] if place != (None, None) else ["latitude: give latitude and longitude in degrees"]
    if not 0 <= days <= MOST_DAYS:
        problems.append(f"days: a number from 0 to {MOST_DAYS}")
    return problems


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Read the rows; the source of a row tells whether it was measured or predicted."""
    answer = jsonbody.load(body, dict)
    rows = answer.get("weather")
    if not isinstance(rows, list | Mapping):
        detail = answer.get("detail") or answer.get("title") or "no weather in the answer"
        raise SourceError(str(detail)[:150].replace("\n", " "))
    sources = _sources(answer.get("sources"))
    thing = str(context.options.get("thing") or "").strip()[:60]
    if thing:
        place = position(context.options.get("longitude"), context.options.get("latitude"))
        yield Station(thing=thing, name=thing, longitude=place[0], latitude=place[1])
    told: set[str] = set()
    for number, row in enumerate(rows if isinstance(rows, list) else [rows]):
        where = f"weather[{number}]"
        if not isinstance(row, Mapping):
            yield reject("the row is not an object", where, row)
            continue
        source = sources.get(str(row.get("source_id")), {})
        key = thing or _key(source)
        if not key:
            yield reject("the row names no source", where, row)
            continue
        if not thing and key not in told:
            told.add(key)
            yield _station(key, source)
        yield from _row(key, row, where, is_forecast=_is_forecast(row, source, context.received))


def _sources(value: object) -> dict[str, Mapping[str, Any]]:
    rows = value if isinstance(value, list) else []
    return {str(row.get("id")): row for row in rows if isinstance(row, Mapping)}


def _key(source: Mapping[str, Any]) -> str:
    return str(
        source.get("wmo_station_id") or source.get("dwd_station_id") or source.get("id") or ""
    ).strip()[:60]


def _station(key: str, source: Mapping[str, Any]) -> Station:
    longitude, latitude = position(source.get("lon"), source.get("lat"))
    return Station(
        thing=key, name=str(source.get("station_name") or key)[:200], longitude=longitude, latitude=latitude
    )


def _is_forecast(row: Mapping[str, Any], source: Mapping[str, Any], received: datetime) -> bool:
    """Return whether a row was predicted; without a source the future decides."""
    if source.get("observation_type"):
        return bool(source["observation_type"] == "forecast")
    try:
        return parse_time(str(row.get("timestamp")), "UTC") > received
    except ValueError:
        return False


def _row(key: str, row: Mapping[str, Any], where: str, *, is_forecast: bool) -> Iterator[Item]:
    try:
        time = parse_time(str(row.get("timestamp")), "UTC")
    except ValueError as error:
        yield reject(error, where, row)
        return
    for name, (kind, unit) in VALUES.items():
        written = row.get(name)
        if written is None:
            continue
        try:
            value = measured(written)
        except ValueError as error:
            yield reject(error, f"{where}.{name}", written)
            continue
        yield Reading(
            thing=key,
            observed_property=kind,
            phenomenon_time=time,
            result=value,
            unit=unit,
            is_forecast=is_forecast,
        )


connector = Connector(
    title=_("Bright Sky"),
    description=_("Weather measured and predicted by the DWD at any place in Germany."),
    publisher="Deutscher Wetterdienst, Bright Sky",
    homepage="https://brightsky.dev/",
    licence="CC-BY-4.0",
    attribution="Deutscher Wetterdienst (DWD), Bright Sky",
    parse=parse,
    requests=requests,
    check_options=check_options,
    interval=timedelta(minutes=30),
    options=(
        Option(name="latitude", kind="number", label=_("Latitude"), required=True),
        Option(name="longitude", kind="number", label=_("Longitude"), required=True),
        Option(
            name="thing",
            kind="text",
            label=_("Key of the place"),
            help=_("Put all rows under one key, although they may come from several stations."),
            default="",
        ),
        Option(name="days", kind="number", label=_("Days ahead"), default=3),
    ),
    sample_options={"latitude": 51.95, "longitude": 14.71},
)
