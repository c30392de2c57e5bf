"""`$apply`: filter, groupby, aggregate and spans of time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from stadtkern.contracts.connector import Reading
from stadtkern.observations.models import Observation
from stadtkern.observations.services import record
from stadtkern.standards.sensorthings.conftest import NOON, Ask, Town

pytestmark = pytest.mark.django_db
ALL = "result with average as mean,result with min as low,result with max as high,result with sum as sum,$count as n"


def test_statistics_of_one_stream(town: Town, ask: Ask) -> None:
    (row,) = ask(f"Datastreams({town.level.pk})/Observations", apply=f"aggregate({ALL})")["value"]
    assert row == {"mean": 204.5, "low": 200, "high": 209, "sum": 2045, "n": 10}


def test_groups_by_what_datastreams_are(town: Town, ask: Ask) -> None:
    apply = f"groupby((Datastream/Thing/name,Datastream/id),aggregate({ALL}))"
    rows = ask("Observations", apply=apply, count="true")
    assert rows["@iot.count"] == len(rows["value"])
    by_thing = {(row["Datastream"] or {}).get("Thing", {}).get("name"): row for row in rows["value"]}
    assert by_thing["Neißebrücke"]["mean"] == 204.5
    assert by_thing["Neißebrücke"]["Datastream"]["@iot.id"] == town.level.pk


def test_rows_and_rollups_agree(town: Town, ask: Ask) -> None:
    readings = [
        Reading(thing="bridge", observed_property="water_level", unit="cm", result=float(number % 97),
                phenomenon_time=NOON - timedelta(minutes=7 * number, seconds=number))
        for number in range(1, 6000)
    ]  # fmt: skip
    record(readings, source="test", received=NOON)
    path = f"Datastreams({town.level.pk})/Observations"
    for bucket in ("P1D", "P1M", "PT1H", "PT15M", "PT6H", "P1W", "P3D"):
        for zone in ("Europe/Berlin", "UTC", "Asia/Kathmandu"):
            group = f"groupby((bucket(phenomenonTime,duration'{bucket}','{zone}') as start),aggregate({ALL}))"
            since = "phenomenonTime gt 2026-11-01T03:07:13Z and phenomenonTime le 2026-11-22T17:31:00Z"
            fast = ask(path, apply=f"filter({since})/{group}")["value"]
            slow = ask(path, apply=f"filter({since})/filter(result ge 0)/{group}")["value"]
            assert len(fast) > 1 or bucket == "P1M"
            assert [row["start"] for row in fast] == [row["start"] for row in slow]
            for one, other in zip(fast, slow, strict=True):
                assert one == pytest.approx(other)


def test_a_local_day_may_have_23_hours(town: Town, ask: Ask) -> None:
    readings = [
        Reading(thing="bridge", observed_property="water_level", unit="cm", result=1.0,
                phenomenon_time=datetime(2026, 3, 28, tzinfo=UTC) + timedelta(hours=hour))
        for hour in range(72)
    ]  # fmt: skip
    record(readings, source="test", received=NOON)
    apply = (
        "filter(phenomenonTime lt 2026-04-01T00:00:00Z)/"
        "groupby((bucket(phenomenonTime,duration'P1D','Europe/Berlin') as day),aggregate($count as n))"
    )
    rows = ask(f"Datastreams({town.level.pk})/Observations", apply=apply)["value"]
    assert rows == [
        {"day": "2026-03-27T23:00:00Z", "n": 23},
        {"day": "2026-03-28T23:00:00Z", "n": 23},
        {"day": "2026-03-29T22:00:00Z", "n": 24},
        {"day": "2026-03-30T22:00:00Z", "n": 2},
    ]


def test_bad_values_are_left_out(town: Town, ask: Ask) -> None:
    Observation.objects.filter(datastream=town.level, result=209).update(quality=4)
    path = f"Datastreams({town.level.pk})/Observations"
    (row,) = ask(path, apply="filter(result gt 0)/aggregate(result with max as high,$count as n)")["value"]
    assert row == {"high": 208, "n": 9}


def test_words_are_counted(town: Town, ask: Ask) -> None:
    path = f"Datastreams({town.state.pk})/Observations"
    assert ask(path, apply="groupby((result),aggregate($count as n))", orderby="result desc")["value"] == [
        {"result": "open", "n": 1},
        {"result": "closed", "n": 1},
    ]
    assert ask(path, apply="aggregate(result with countdistinct as kinds,$count as n)")["value"] == [
        {"kinds": 2, "n": 2}
    ]


def test_other_entities_are_counted(town: Town, ask: Ask) -> None:
    found = ask(
        "Datastreams", apply="groupby((ObservedProperty/name),aggregate($count as n))", orderby="n desc"
    )
    assert {row["ObservedProperty"]["name"]: row["n"] for row in found["value"]} == {
        "Water level": 1, "Temperatur": 1, "State": 1,
    }  # fmt: skip


def test_arithmetic_before_statistics(town: Town, ask: Ask) -> None:
    path = f"Datastreams({town.level.pk})/Observations"
    apply = (
        "filter(result ge 205)/aggregate(result sub 200 with sum as above,phenomenonTime with max as last)"
    )
    assert ask(path, apply=apply)["value"] == [{"above": 35, "last": "2026-11-23T12:00:00Z"}]


def test_nothing_found_gives_no_groups(town: Town, ask: Ask) -> None:
    path = f"Datastreams({town.level.pk})/Observations"
    apply = "filter(phenomenonTime gt 2030-01-01T00:00:00Z)/groupby((bucket(phenomenonTime,duration'P1D')))"
    assert ask(path, apply=apply)["value"] == []


def test_the_secret_is_in_no_statistic(town: Town, ask: Ask) -> None:
    (row,) = ask("Observations", apply="filter(result eq 7)/aggregate($count as n)")["value"]
    assert row["n"] == 1
    rows = ask("Observations", apply="groupby((Datastream/name),aggregate($count as n))")["value"]
    assert "Secret" not in {(row["Datastream"] or {}).get("name") for row in rows}


ERRORS: list[tuple[str, str, dict[str, Any]]] = [
    ("filter(result gt 0)", "ends with groupby", {}),
    ("groupby((nosuch))", "no property", {}),
    ("groupby((bucket(resultTime,duration'P1D')))", "is for phenomenonTime", {}),
    ("groupby((bucket(phenomenonTime,duration'P1D','Mars/Olympus')))", "no time zone", {}),
    ("groupby((bucket(phenomenonTime,duration'PT0.001S')))", "choose wider", {}),
    ("aggregate(phenomenonTime with sum as s)", "no sum of", {}),
    ("aggregate(result with sum as s)", "does not go with", {"filter": "result gt 1"}),
    ("aggregate(result with sum as s)", "have no other", {"orderby": "other"}),
    ("groupby((Datastream/Thing/Locations/name),aggregate($count as n))", "many of", {}),
]


@pytest.mark.parametrize(("apply", "message", "more"), ERRORS)
def test_what_makes_no_sense_is_told(
    town: Town, ask: Ask, apply: str, message: str, more: dict[str, Any]
) -> None:
    assert message in ask("Observations", status=400, apply=apply, **more)["message"]


def test_queries_do_not_grow(town: Town, ask: Ask, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    apply = (
        "groupby((bucket(phenomenonTime,duration'P1D','Europe/Berlin')),aggregate(result with average as m))"
    )
    ask("Things")
    with django_assert_num_queries(6):
        ask(f"Datastreams({town.level.pk})/Observations", apply=apply)


@pytest.mark.parametrize("operator", ["lt", "le", "gt", "ge"])
@pytest.mark.parametrize("time", ["11:00", "12:00", "12:30", "13:00", "14:00"])
def test_spans_hold_what_the_filter_finds(town: Town, ask: Ask, operator: str, time: str) -> None:
    """The state lasts from 12:00 to 13:00: it is not before 12:30."""
    path = f"Datastreams({town.state.pk})/Observations"
    condition = f"phenomenonTime {operator} 2026-11-23T{time}:00Z"
    group = "groupby((bucket(phenomenonTime,duration'PT1H')),aggregate($count as n))"
    rows = ask(path, apply=f"filter({condition})/{group}")["value"]
    assert sum(row["n"] for row in rows) == ask(path, filter=condition, count="true")["@iot.count"]
