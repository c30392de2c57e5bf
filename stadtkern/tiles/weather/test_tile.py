"""Weather now and on the next days."""

from datetime import timedelta

import pytest

from stadtkern.dashboards.fixtures import NOON, Show, Store
from stadtkern.tiles.weather.tile import context
from stadtkern.tiles.weather.words import sky_words

pytestmark = pytest.mark.usefixtures("noon")


def station(store: Store, **values: tuple[float, str]) -> str:
    for prop, (value, unit) in values.items():
        store([value], prop=prop, unit=unit, thing="guben", name="Guben")
    return store([4.2], prop="air_temperature", unit="Cel", thing="guben", name="Guben")


def forecast(store: Store) -> None:
    hour, end = timedelta(hours=1), NOON + timedelta(hours=60)
    facts = {"thing": "guben", "name": "Guben", "step": hour, "end": end, "forecast": True}
    store([float(n % 24) for n in range(60)], prop="air_temperature", unit="Cel", **facts)
    store([0.1] * 60, prop="precipitation", unit="mm", **facts)
    store([61.0] * 60, prop="weather_code", unit="1", **facts)


def test_sentence_tells_now_and_tomorrow(store: Store) -> None:
    key = station(store, cloud_cover=(90, "%"))
    forecast(store)
    shown = context({"station": key})
    assert shown["sentence"].startswith("4.2\u00a0°C, overcast. Tomorrow 0 to 23\u00a0°C, light rain.")
    assert [day.date.day for day in shown["days"]] == [24, 25, 26]


def test_rain_is_summed_over_the_local_day(store: Store) -> None:
    key = station(store)
    forecast(store)
    assert context({"station": key})["days"][0].rain == pytest.approx(2.4)


def test_rain_is_named_without_a_code(store: Store) -> None:
    assert "rain" in context({"station": station(store, precipitation=(0.4, "mm"))})["sentence"]


@pytest.mark.parametrize(
    ("gust", "state", "words"), [(64, "", ""), (65, "warning", "trees"), (120, "danger", "indoors")]
)
def test_storm_says_what_to_do(store: Store, gust: float, state: str, words: str) -> None:
    shown = context({"station": station(store, wind_gust=(gust, "km/h"))})
    assert shown["state"] == state
    assert words in shown["sentence"]


def test_old_value_of_another_property_is_not_mixed_in(store: Store) -> None:
    store([130], prop="wind_gust", unit="km/h", thing="guben", end=NOON - timedelta(days=2))
    assert context({"station": station(store)})["state"] == ""


@pytest.mark.parametrize(
    ("code", "cloud", "words"),
    [
        (None, None, ""),
        (0, 5, "clear sky"),
        (2, 50, "cloudy"),
        (45, 100, "fog"),
        (61, 100, "light rain"),
        (65, 100, "rain"),
        (75, 100, "snow"),
        (95, 0, "thunderstorm"),
        (1e9, None, "dry"),
    ],
)
def test_sky_in_words(code: float | None, cloud: float | None, words: str) -> None:
    assert sky_words(code, cloud) == words


def test_table_shows_the_days(store: Store, show: Show) -> None:
    key = station(store, relative_humidity=(88, "%"))
    forecast(store)
    page = show("weather", station=key)
    assert "Tuesday" in page
    assert "88\u00a0%" in page
    assert "2.4\u00a0mm" in page


def test_empty_tile_says_so(show: Show) -> None:
    assert "There is no weather to show yet." in show("weather", station="a:b:c")
