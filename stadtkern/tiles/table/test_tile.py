"""A table of newest values."""

from datetime import timedelta

import pytest

from stadtkern.dashboards.fixtures import NOON, Show, Store
from stadtkern.tiles.table.tile import context, sentence

pytestmark = pytest.mark.usefixtures("noon")


def test_rows_keep_the_order_of_the_editor(store: Store) -> None:
    first, second = store([1], name="Z"), store([2], thing="a", name="A")
    assert [row["place"] for row in context({"datastreams": [first, second]})["rows"]] == ["Z", "A"]


def test_old_value_is_counted_and_marked(store: Store, show: Show) -> None:
    keys = [store([1]), store([2], thing="b", end=NOON - timedelta(days=2))]
    page = show("table", datastreams=keys)
    assert "1 of 2 values is old." in page
    assert page.count("kern-icon--warning") == 1


def test_different_properties_are_named(store: Store, show: Show) -> None:
    keys = [store([212]), store([4.5], prop="water_temperature", unit="Cel")]
    page = show("table", datastreams=keys)
    assert "Water level" in page
    assert "4.5\u00a0°C" in page


def test_empty_table_says_so(show: Show) -> None:
    assert sentence(0, 0) in show("table", datastreams=["x:y:z"])
