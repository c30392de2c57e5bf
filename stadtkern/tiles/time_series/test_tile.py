"""The course of several series."""

from datetime import timedelta

import pytest

from stadtkern.dashboards.fixtures import NOON, Show, Store
from stadtkern.tiles.time_series.tile import context

pytestmark = pytest.mark.usefixtures("noon")


def test_sentence_names_span_and_newest_values(store: Store) -> None:
    keys = [store([210, 212]), store([330, 333], thing="b", name="Gubin")]
    assert context({"datastreams": keys, "days": "3"})["sentence"] == (
        "Water level in the last 3 days. Newest: Guben 2: 212\u00a0cm, Gubin: 333\u00a0cm."
    )


def test_series_with_another_unit_is_left_out_and_said(store: Store, show: Show) -> None:
    keys = [store([210, 212]), store([4.5, 4.6], prop="water_temperature", unit="Cel")]
    assert len(context({"datastreams": keys})["lines"]) == 1
    assert "Series with another unit are left out." in show("time_series", datastreams=keys)


def test_chart_comes_with_words_and_table(store: Store, show: Show) -> None:
    page = show("time_series", datastreams=[store([210, 211, 212])], title="Neisse")
    assert "<figure" in page
    assert "<table" in page
    assert "between 210" in page
    assert "sk-chart__summary" in page


def test_nothing_in_the_span_is_said(store: Store, show: Show) -> None:
    key = store([210, 212], end=NOON - timedelta(days=9))
    assert "Nothing was measured in this time." in show("time_series", datastreams=[key], days="1")


def test_empty_tile_says_so(show: Show) -> None:
    assert "There is nothing measured to show yet." in show("time_series", datastreams=["a:b:c"])


def test_fifth_line_is_not_drawn(store: Store) -> None:
    keys = [store([n, n + 1], thing=f"g{n}", name=f"G{n}") for n in range(5)]
    assert len(context({"datastreams": keys})["lines"]) == 4
