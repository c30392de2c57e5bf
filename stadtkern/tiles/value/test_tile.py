"""One newest value."""

from datetime import datetime, timedelta

import pytest

from stadtkern.dashboards.fixtures import NOON, Show, Store
from stadtkern.tiles.value.tile import context

pytestmark = pytest.mark.usefixtures("noon")
RANGE = "3.0\u00a0°C to 5.0\u00a0°C"


def temperature(store: Store, values: list[float], **facts: object) -> str:
    return store(values, prop="air_temperature", unit="Cel", name="Guben", **facts)


def five_novembers(store: Store) -> None:
    for year in range(2021, 2026):
        temperature(
            store, [3.0, 5.0] * 10, step=timedelta(days=1), end=datetime(year, 11, 25, 12, tzinfo=NOON.tzinfo)
        )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (4.2, "Air temperature, Guben: 4.2\u00a0°C – as usual for November."),
        (
            14.2,
            f"Air temperature, Guben: 14.2\u00a0°C – more than usual for November ({RANGE}).",
        ),
        (
            -9.0,
            f"Air temperature, Guben: \u22129.0\u00a0°C – less than usual for November ({RANGE}).",
        ),
    ],
)
def test_sentence_compares_with_the_season(store: Store, value: float, words: str) -> None:
    five_novembers(store)
    assert context({"datastream": temperature(store, [value])})["sentence"] == words


def test_without_history_there_is_no_comparison(store: Store) -> None:
    assert (
        context({"datastream": temperature(store, [4.2])})["sentence"]
        == "Air temperature, Guben: 4.2\u00a0°C."
    )


def test_footer_names_source_licence_and_data(store: Store, show: Show) -> None:
    page = show("value", datastream=temperature(store, [4.0, 4.1, 4.2]))
    assert "State Office of Environment" in page
    assert 'href="https://www.govdata.de/dl-de/by-2-0"' in page
    assert "&lt;iframe src=" in page


def test_german_writes_a_comma(store: Store, show: Show) -> None:
    assert "4,2\u00a0°C" in show("value", datastream=temperature(store, [4.2]), language="de")


def test_old_value_stays_and_is_marked(store: Store, show: Show) -> None:
    page = show("value", datastream=temperature(store, [4.2], end=NOON - timedelta(days=1)))
    assert "4.2\u00a0°C" in page
    assert "sk-tile--stale" in page


def test_empty_tile_says_so(show: Show) -> None:
    assert "There is no value to show yet." in show("value", datastream="a:b:c")
