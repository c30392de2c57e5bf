"""IMGW-PIB weather: hourly reports of the Polish stations (texts, Polish keys, UTC), local forecasts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.numbers import measured
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import chosen, part, position, reject, unusable
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.option import Option

LIST = "https://danepubliczne.imgw.pl/api/data/synop"

REPORT: Mapping[str, tuple[str, str]] = {
    "temperatura": ("air_temperature", "Cel"),
    "predkosc_wiatru": ("wind_speed", "m/s"),
    "kierunek_wiatru": ("wind_direction", "deg"),
    "wilgotnosc_wzgledna": ("relative_humidity", "%"),
    "suma_opadu": ("precipitation_sum", "mm"),
    "cisnienie": ("air_pressure", "hPa"),
}
"""Keys of a report. The sum of precipitation covers a span that the service does not name."""

FORECAST: Mapping[str, tuple[str, str]] = {
    "temp": ("air_temperature", "Cel"),
    "feels_like": ("apparent_temperature", "Cel"),
    "humidity": ("relative_humidity", "%"),
    "pressure": ("air_pressure", "hPa"),
    "wind_speed": ("wind_speed", "m/s"),
    "wind_gust": ("wind_gust", "m/s"),
    "wind_dir": ("wind_direction", "deg"),
    "cloud": ("cloud_cover", "%"),
    "precip": ("precipitation", "mm"),
}
"""Keys of the service that gives the weather of a place, now and by hours."""

PLACES: Mapping[str, tuple[float, float]] = {
    "12300": (15.28, 52.74),
    "12310": (14.62, 52.35),
    "12400": (15.52, 51.93),
    "12500": (15.79, 50.90),
}
"""Longitude and latitude of the stations near the border (Gorzów, Słubice, Zielona Góra, Jelenia Góra)."""


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the list of all stations, or one address for each chosen station."""
    stations = [key for key in chosen(options) if key.isalnum()]
    return [Request(url=f"{LIST}/id/{key}") for key in stations] or [Request(url=LIST)]


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    return unusable(options, "stations", r"\d{1,6}", "the number of a station")


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Read the list, one station, or the weather of a place."""
    answer = jsonbody.load(body)
    if isinstance(answer, dict) and isinstance(answer.get("hourly"), list):
        yield from _place(answer, context)
        return
    rows = answer if isinstance(answer, list) else [answer]
    if rows and not any(isinstance(row, Mapping) and "godzina_pomiaru" in row for row in rows):
        raise SourceError("the answer has no weather reports (no godzina_pomiaru)")
    stations = set(chosen(context.options))
    for number, row in enumerate(rows):
        key = row.get("id_stacji") if isinstance(row, Mapping) else None
        if not isinstance(key, str) or not key.strip():
            yield reject("the station has no number (id_stacji)", f"[{number}]", row)
        elif not stations or key in stations:
            yield from _report(key.strip()[:60], row)


def _report(key: str, row: Mapping[str, Any]) -> Iterator[Item]:
    longitude, latitude = PLACES.get(key, (None, None))
    yield Station(thing=key, name=str(row.get("stacja") or key)[:200], longitude=longitude, latitude=latitude)
    written = f"{row.get('data_pomiaru')} {str(row.get('godzina_pomiaru')).zfill(2)}:00"
    yield from _readings(key, row, REPORT, written, is_forecast=False)


def _readings(
    key: str, row: Mapping[str, Any], kinds: Mapping[str, tuple[str, str]], written: str, *, is_forecast: bool
) -> Iterator[Item]:
    try:
        time = parse_time(written, "UTC")
    except ValueError as error:
        yield reject(error, key, written)
        return
    for name, (kind, unit) in kinds.items():
        if row.get(name) is None:
            continue
        try:
            value = measured(row[name])
        except ValueError as error:
            yield reject(error, f"{key}.{name}", row[name])
            continue
        yield Reading(
            thing=key,
            observed_property=kind,
            phenomenon_time=time,
            result=value,
            unit=unit,
            is_forecast=is_forecast,
        )


def _place(answer: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """Read the present and coming hours at a place; the place is its own thing."""
    place = part(answer, "location")
    longitude, latitude = position(place.get("Lon"), place.get("Lat"))
    key = str(context.options.get("thing") or "").strip()[:60]
    if not key and longitude is None:
        raise SourceError("the forecast does not say its place")
    key = key or f"{latitude:.2f},{longitude:.2f}"
    yield Station(thing=key, name=key, longitude=longitude, latitude=latitude)
    current = part(answer, "current")
    if current:
        yield from _readings(key, current, FORECAST, str(current.get("date")), is_forecast=False)
    for number, row in enumerate(answer["hourly"]):
        if isinstance(row, Mapping):
            yield from _readings(key, row, FORECAST, str(row.get("date")), is_forecast=True)
        else:
            yield reject("the hour is not an object", f"hourly[{number}]", row)


connector = Connector(
    title=_("IMGW-PIB weather"),
    description=_("Hourly weather reports of the stations in Poland."),
    publisher="Instytut Meteorologii i Gospodarki Wodnej – Państwowy Instytut Badawczy",
    homepage="https://danepubliczne.imgw.pl/",
    licence="IMGW-PIB",
    attribution="Źródłem pochodzenia danych jest Instytut Meteorologii i Gospodarki Wodnej – "
    "Państwowy Instytut Badawczy. Dane zostały przetworzone.",
    parse=parse,
    requests=requests,
    check_options=check_options,
    interval=timedelta(minutes=30),
    timezone="UTC",
    options=(
        Option(
            name="stations",
            kind="list",
            label=_("Stations"),
            help=_("Numbers such as 12310 (Słubice), one in each line. Without any, all are read."),
        ),
        Option(
            name="thing",
            kind="text",
            label=_("Key of the place"),
            help=_("Only for files with the forecast of one place."),
            default="",
        ),
    ),
)
