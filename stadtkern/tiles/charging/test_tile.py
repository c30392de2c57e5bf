"""Charging points."""

import pytest

from stadtkern.dashboards.fixtures import Show, Store
from stadtkern.tiles.charging.tile import context

pytestmark = pytest.mark.usefixtures("noon")


def place(store: Store, name: str, points: float, power: float | None) -> None:
    store([points], prop="charging_points", unit="1", thing=name, name=name)
    if power is not None:
        store([power], prop="charging_power", unit="kW", thing=name, name=name)


def test_strongest_place_comes_first(store: Store) -> None:
    place(store, "Rathaus", 2, 22)
    place(store, "Autohof", 4, 150)
    place(store, "Hof", 1, None)
    shown = context({})
    assert shown["sentence"] == "7 charging points at 3 places. The strongest: Autohof with 150\u00a0kW."
    assert [row["name"] for row in shown["rows"]] == ["Autohof", "Rathaus", "Hof"]


def test_sum_of_the_town_is_no_place(store: Store) -> None:
    place(store, "Rathaus", 2, 22)
    store([2], prop="charging_points", unit="1", thing="total", name="Guben", place=None)
    assert context({})["sentence"].startswith("2 charging points at 1 place.")


def test_long_list_is_cut_and_said(store: Store, show: Show) -> None:
    for number in range(12):
        place(store, f"P{number:02}", 1, None)
    assert "and 2 more places" in show("charging")


def test_empty_tile_says_so(show: Show) -> None:
    assert "No charging points are known yet." in show("charging")
