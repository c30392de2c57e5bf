"""The weather now and on the next days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stadtkern.base import clock
from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import facts, latest, siblings, sources_of, text_of
from stadtkern.observations.queries import Latest, Series, series
from stadtkern.tiles.weather.words import fall_words, sky_words
from stadtkern.web.numbers import number_text

DAYS = 3
RAINY_DAY = 1.0
"""Millimetres from which a day counts as rainy (WMO: day with rain)."""
STORM, HEAVY_STORM = 65.0, 105.0
"""Gusts in km/h: DWD storm gusts, and gusts of hurricane force (DWD warning criteria, levels 2 and 3)."""
FRESH = timedelta(hours=3)
NOW_SHOWN = (
    "apparent_temperature",
    "wind_speed",
    "wind_gust",
    "relative_humidity",
    "precipitation",
    "air_pressure",
)


@dataclass(frozen=True, slots=True)
class Day:
    """The forecast of one local day."""

    date: date
    low: float
    high: float
    rain: float | None
    sky: str


def by_day(found: Series | None) -> dict[date, list[float]]:
    """Return the values of each local day."""
    days: dict[date, list[float]] = {}
    for time, value in zip(found.times, found.values, strict=True) if found else ():
        if value is not None:
            days.setdefault(timezone.localdate(time), []).append(value)
    return days


def days_of(
    temperature: Series | None, rain: Series | None, code: Series | None, cloud: Series | None
) -> list[Day]:
    """Return the days from tomorrow on for which temperatures are forecast."""
    warm, wet, skies, clouds = by_day(temperature), by_day(rain), by_day(code), by_day(cloud)
    today = timezone.localdate(clock.now())
    days = []
    for day in sorted(day for day in warm if day > today)[:DAYS]:
        amount = sum(wet[day]) if day in wet else None
        cover = sum(clouds[day]) / len(clouds[day]) if day in clouds else None
        falls = "" if day in skies else fall_words(amount, max(warm[day]), least=RAINY_DAY)
        sky = falls or sky_words(max(skies[day]) if day in skies else None, cover)
        days.append(Day(day, min(warm[day]), max(warm[day]), amount, sky))
    return days


def advice(now: Mapping[str, Latest]) -> tuple[str, str]:
    """Return the state and what to do about it; empty if there is nothing to do."""
    gust, temperature = now.get("wind_gust"), now.get("air_temperature")
    if gust and gust.result >= HEAVY_STORM:
        return "danger", _("Gusts of hurricane force: stay indoors.")
    if gust and gust.result >= STORM:
        return "warning", _("Storm gusts: keep away from trees.")
    if temperature and temperature.result <= 0:
        return "info", _("Frost: paths and bridges can be slippery.")
    return "", ""


def sky_now(now: Mapping[str, Latest]) -> str:
    """Return the sky of this hour in words."""
    known = {slug: value.result for slug, value in now.items()}
    code = known.get("weather_code")
    falls = fall_words(known.get("precipitation"), known.get("air_temperature")) if code is None else ""
    return falls or sky_words(code, known.get("cloud_cover"))


def sentence(temperature: Latest, sky: str, days: list[Day]) -> str:
    """Say how it is now and tomorrow."""
    now = {"temperature": text_of(temperature), "sky": sky}
    parts = [_("%(temperature)s, %(sky)s.") % now if sky else _("%(temperature)s.") % now]
    if days and days[0].date == timezone.localdate(clock.now()) + timedelta(days=1):
        unit = temperature.unit
        facts_ = {
            "low": number_text(days[0].low),
            "high": number_text(days[0].high, unit),
            "sky": days[0].sky,
        }
        text = (
            _("Tomorrow %(low)s to %(high)s, %(sky)s.") if days[0].sky else _("Tomorrow %(low)s to %(high)s.")
        )
        parts.append(text % facts_)
    return " ".join(parts)


def forecast_series(found: Mapping[str, Latest], slug: str, start: datetime) -> Series | None:
    """Return the forecast of one property from `start` on."""
    value = found.get(slug)
    return (
        series(value.datastream, start, start + timedelta(days=DAYS + 1), max_points=200) if value else None
    )


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the newest values of the station and the forecast."""
    station, forecast = config.get("station") or "", config.get("forecast") or ""
    found = latest([station, forecast])
    here = found.get(station)
    if here is None:
        return {"sentence": _("There is no weather to show yet.")}
    now = {slug: value for slug, value in siblings(here).items() if clock.now() - value.time < FRESH}
    temperature = now.get("air_temperature", here)
    coming = siblings(found.get(forecast, here), forecast=True)
    start = clock.now()
    slugs = ("air_temperature", "precipitation", "weather_code", "cloud_cover")
    days = days_of(*(forecast_series(coming, slug, start) for slug in slugs))
    state, to_do = advice(now)
    return {
        **facts(temperature),
        "sources": sources_of([temperature, *coming.values()]),
        "sentence": f"{sentence(temperature, sky_now(now), days)} {to_do}".strip(),
        "state": state,
        "is_judged": "wind_gust" in now,
        "details": [now[slug] for slug in NOW_SHOWN if slug in now],
        "days": days,
        "streams": [value.datastream.key for value in [*now.values(), *coming.values()]],
    }


tile = Tile(
    title=gettext_lazy("Weather"),
    description=gettext_lazy("Temperature and sky now, and the next three days."),
    template="tiles/weather/tile.html",
    context=context,
    options=(
        Option(
            name="station",
            kind="datastream",
            label=gettext_lazy("Air temperature of the weather station"),
            help=gettext_lazy("The other values of the station are found by themselves."),
            required=True,
        ),
        Option(
            name="forecast",
            kind="datastream",
            label=gettext_lazy("Forecast of the air temperature"),
            help=gettext_lazy("Only if the forecast comes from another place than the newest values."),
        ),
    ),
    queries=18,
)
