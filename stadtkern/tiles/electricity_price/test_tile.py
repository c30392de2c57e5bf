"""The price of electricity by the hour."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from stadtkern.dashboards.fixtures import NOON, Show, Store
from stadtkern.tiles.electricity_price.tile import cheapest, context

pytestmark = pytest.mark.usefixtures("noon")
MIDNIGHT = datetime(2026, 11, 22, 23, tzinfo=UTC)


def prices(store: Store, values: list[float], *, start: datetime = MIDNIGHT, forecast: bool = False) -> str:
    hour = timedelta(hours=1)
    end = start + hour * (len(values) - 1)
    return store(
        values, prop="electricity_price", unit="{EUR}/(MW.h)", thing="DE-LU", name="DE-LU", step=hour,
        end=end, forecast=forecast, place=None,
    )  # fmt: skip


def test_cheapest_hours_lie_ahead(store: Store) -> None:
    key = prices(store, [10.0] * 13)
    prices(
        store, [90, 80, 60, 60, 60, 120, 120, 120, 120, 120], start=NOON + timedelta(hours=1), forecast=True
    )
    shown = context({"datastream": key})
    assert shown["sentence"] == "Cheapest today from 4 p.m. to 7 p.m., 6.0\u00a0ct/kWh on average."
    assert len(shown["bars"]) == 23


def test_price_of_this_hour_is_the_number(store: Store, show: Show) -> None:
    key = prices(store, [10.0] * 13 + [85.0])
    assert "1.0\u00a0ct/kWh" in show("electricity_price", datastream=key)


def test_negative_prices_are_shown(store: Store) -> None:
    key = prices(store, [-50.0] * 14)
    assert min(bar.value for bar in context({"datastream": key})["bars"]) == -5


def test_a_gap_breaks_the_window() -> None:
    hours = {NOON + timedelta(hours=n): 1.0 for n in (0, 1, 3, 4)}
    assert cheapest(hours, NOON) is None


def test_day_of_clock_change_has_25_bars(store: Store) -> None:
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    key = prices(store, [50.0] * 25, start=start)
    with time_machine.travel(datetime(2026, 10, 25, 12, tzinfo=UTC), tick=False):
        assert len(context({"datastream": key})["bars"]) == 25


def test_forecast_key_may_be_chosen_too(store: Store) -> None:
    key = prices(store, [50.0] * 5, start=NOON, forecast=True)
    assert context({"datastream": key})["price"] == pytest.approx(5.0)


def test_empty_tile_says_so(show: Show) -> None:
    assert "There are no electricity prices to show yet." in show("electricity_price", datastream="a:b:c")
