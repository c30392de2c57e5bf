"""The sentence of the river, alarm levels and both banks."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stadtkern.dashboards.fixtures import NOON, Show, Store
from stadtkern.tiles.river_level.tile import context, tile

pytestmark = pytest.mark.usefixtures("noon")

LEVELS = {"A1": (300.0, 1), "A2": (360.0, 2), "A3": (440.0, 3), "A4": (500.0, 4), "MHW": (405.0, 0)}


def five_novembers(store: Store, value: float) -> None:
    for year in range(2021, 2026):
        store([value] * 20, step=timedelta(days=1), end=datetime(year, 11, 25, 12, tzinfo=NOON.tzinfo))


def sentence(key: str, **config: object) -> str:
    return str(context({"gauge": key, **config})["sentence"])


def test_normal_level_needs_no_action(store: Store) -> None:
    five_novembers(store, 212)
    key = store([210, 212], levels=LEVELS)
    assert sentence(key, river="The Neisse") == (
        "The Neisse stands at 212\u00a0cm – normal for November. Nothing to do."
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (250, "higher than usual for November, but no alarm level is reached"),
        (150, "lower than usual for November"),
    ],
)
def test_unusual_level_is_called_so(store: Store, value: float, expected: str) -> None:
    five_novembers(store, 212)
    assert expected in sentence(store([value], levels=LEVELS))


def test_without_history_the_next_alarm_level_is_the_comparison(store: Store) -> None:
    assert "88\u00a0cm below the first alarm level" in sentence(store([212], levels=LEVELS))


def test_without_levels_and_history_there_is_only_the_number(store: Store) -> None:
    assert sentence(store([212])) == "Guben 2 stands at 212\u00a0cm."


@pytest.mark.parametrize(
    ("value", "level", "state", "advice"),
    [
        (300, "A1", "warning", "begins to leave its bed"),
        (399, "A2", "warning", "Stay away from the banks"),
        (441, "A3", "danger", "higher ground"),
        (617, "A4", "danger", "call 112"),
    ],
)
def test_alarm_level_says_what_to_do(store: Store, value: float, level: str, state: str, advice: str) -> None:
    shown = context({"gauge": store([value], levels=LEVELS)})
    assert f"alarm level {level} is reached" in shown["sentence"]
    assert advice in shown["sentence"]
    assert shown["state"] == state


def test_level_of_information_is_no_alarm(store: Store) -> None:
    shown = context({"gauge": store([410], levels={"MHW": (405.0, 0)})})
    assert shown["state"] == ""
    assert "alarm" not in shown["sentence"]


def test_both_banks_stand_in_the_table(store: Store, show: Show) -> None:
    main = store([212], levels=LEVELS)
    other = store([333], thing="151140010", name="Gubin", levels={"stan ostrzegawczy": (330.0, 1)})
    page = show("river_level", gauge=main, others=[other])
    assert 'scope="row">Gubin</th>' in page
    assert "stan ostrzegawczy" in page
    assert "A1 from" in page


def test_rising_water_says_how_fast(store: Store, show: Show) -> None:
    page = show("river_level", gauge=store([200 + n for n in range(13)]))
    assert "rising by 4\u00a0cm an hour" in page


def test_empty_tile_says_so(show: Show) -> None:
    page = show("river_level", gauge="nobody:knows:this")
    assert "There is no water level to show yet." in page
    assert "<footer" in page


def test_old_level_is_marked(store: Store, show: Show) -> None:
    page = show("river_level", gauge=store([212], end=NOON - timedelta(hours=7)))
    assert "sk-tile--stale" in page
    assert "No new reading" in page


def test_numbers_are_written_by_language(store: Store, show: Show) -> None:
    key = store([1212.0])
    assert "1.212\u00a0cm" in show("river_level", gauge=key, language="de")


def test_more_gauges_cost_no_more_queries(store: Store) -> None:
    main = store([210, 211, 212, 213], levels=LEVELS)
    others = [store([200 + n], thing=f"g{n}", name=f"Gauge {n}") for n in range(8)]
    counts = []
    for keys in ([], others):
        with CaptureQueriesContext(connection) as captured:
            context({"gauge": main, "others": keys})
        counts.append(len(captured))
    assert counts[0] == counts[1] <= tile.queries
