"""Free parking spaces."""

from datetime import timedelta

import pytest

from stadtkern.dashboards.fixtures import NOON, Show, Store
from stadtkern.tiles.parking.tile import context

pytestmark = pytest.mark.usefixtures("noon")


def park(store: Store, name: str, free: float, **facts: object) -> str:
    return store([free], prop="parking_free", unit="1", thing=name, name=name, **facts)


def test_most_room_comes_first(store: Store) -> None:
    park(store, "Bahnhof", 3)
    park(store, "Markt", 34)
    shown = context({})
    assert shown["sentence"] == "Most room now: Markt, 34 free spaces."
    assert [one.name for one in shown["parks"]] == ["Markt", "Bahnhof"]


def test_size_is_told_where_known(store: Store, show: Show) -> None:
    park(store, "Markt", 34)
    store([80], prop="parking_capacity", unit="1", thing="Markt", name="Markt")
    assert "34 of 80" in show("parking")


def test_chosen_car_parks_only(store: Store) -> None:
    park(store, "Bahnhof", 3)
    key = park(store, "Markt", 34)
    assert [one.name for one in context({"car_parks": [key]})["parks"]] == ["Markt"]


def test_negative_count_means_full(store: Store) -> None:
    park(store, "Markt", -2)
    assert context({})["sentence"] == "All car parks shown are full."


def test_silent_car_park_is_not_recommended(store: Store) -> None:
    park(store, "Markt", 34, end=NOON - timedelta(days=1))
    park(store, "Bahnhof", 3)
    assert "Bahnhof" in context({})["sentence"]


def test_only_old_numbers_are_no_advice(store: Store, show: Show) -> None:
    park(store, "Markt", 34, end=NOON - timedelta(days=1))
    assert "Do not rely on the numbers." in show("parking")


def test_empty_tile_says_so(show: Show) -> None:
    assert "No car park reports its free spaces yet." in show("parking")
