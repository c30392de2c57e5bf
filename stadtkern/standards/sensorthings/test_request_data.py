"""Requirement class request-data (OGC 18-088 section 9.3): select, expand, order, pages, counts."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from stadtkern.standards.sensorthings.conftest import Ask, Town

pytestmark = pytest.mark.django_db


def names(found: Any) -> list[str]:  # noqa: ANN401  # JSON
    """Return the names of a collection."""
    return [one["name"] for one in found["value"]]


# ---- $select


def test_select(town: Town, ask: Ask) -> None:
    (one, _other) = ask("Things", select="name")["value"]
    assert one == {"name": "Neißebrücke"}
    (one, _other) = ask(
        "Things", select="id,@iot.selfLink,Datastreams,properties/owner/name,properties/tags"
    )["value"]
    link = f"http://testserver/sta/v1.1/Things({town.bridge.pk})"
    assert one == {
        "@iot.id": town.bridge.pk, "@iot.selfLink": link, "Datastreams@iot.navigationLink": f"{link}/Datastreams",
        "properties": {"owner": {"name": "Town"}, "tags": ["a", "b"]},
    }  # fmt: skip
    assert ask(f"Things({town.bridge.pk})", select="description") == {"description": "At the bridge"}
    assert set(ask("Things", select="*")["value"][0]) == set(ask("Things")["value"][0])


@pytest.mark.parametrize("select", ["nosuch", "name,Datastreams/name", "Observations"])
def test_select_of_nothing(town: Town, ask: Ask, select: str) -> None:
    ask("Things", status=400, select=select)


# ---- $expand


def test_expand_of_many_and_one(town: Town, ask: Ask) -> None:
    found = ask("Things", expand="Datastreams($select=name;$expand=ObservedProperty($select=name)),Locations")
    bridge, mill = found["value"]
    assert bridge["Datastreams"] == [
        {"name": "Level at the bridge", "ObservedProperty": {"name": "Water level"}}
    ]
    assert [one["name"] for one in mill["Datastreams"]] == ["Warmth", "State"]
    assert mill["Locations"][0]["location"]["coordinates"] == [14.7, 51.9]
    assert "Datastreams@iot.navigationLink" not in mill
    assert "HistoricalLocations@iot.navigationLink" in mill


def test_expand_by_path_is_the_same(town: Town, ask: Ask) -> None:
    one = ask("Things", expand="Datastreams/ObservedProperty,Datastreams/Sensor")
    assert one == ask("Things", expand="Datastreams($expand=ObservedProperty,Sensor)")
    assert one["value"][0]["Datastreams"][0]["Sensor"]["name"] == "Float"


def test_expand_with_options(town: Town, ask: Ask) -> None:
    (mill,) = ask(
        "Things", filter="name ne 'Neißebrücke'",
        expand="Datastreams($filter=name ne 'x';$orderby=name;$top=1;$count=true;$select=name)",
    )["value"]  # fmt: skip
    assert mill["Datastreams"] == [{"name": "State"}]
    assert mill["Datastreams@iot.count"] == 2
    following = mill["Datastreams@iot.nextLink"].removeprefix("http://testserver/sta/v1.1/")
    path, _question, query = following.partition("?")
    assert path == f"Things({town.mill.pk})/Datastreams"
    assert "$skip=1" in query


def test_the_rest_of_what_is_expanded(town: Town, ask: Ask, client: Client) -> None:
    (mill,) = ask("Things", filter="name ne 'Neißebrücke'", expand="Datastreams($orderby=name;$top=1)")[
        "value"
    ]
    assert [one["name"] for one in client.get(mill["Datastreams@iot.nextLink"]).json()["value"]] == ["Warmth"]


@pytest.mark.parametrize(
    ("options", "results"),
    [
        ("$top=1;$orderby=phenomenonTime desc", [209]),
        ("$top=2;$orderby=phenomenonTime desc", [209, 208]),
        ("$top=2;$skip=1;$orderby=phenomenonTime desc", [208, 207]),
        ("$top=2", [200, 201]),
        ("$top=2;$filter=result gt 203", [204, 205]),
        ("$top=1;$orderby=phenomenonTime desc;$filter=result lt 203", [202]),
        ("$top=2;$orderby=result desc", [209, 208]),
        ("$top=0", []),
        ("$orderby=phenomenonTime desc;$filter=phenomenonTime lt 2026-11-23T10:00:00Z", [200]),
    ],
)
def test_expand_of_observations(town: Town, ask: Ask, options: str, results: list[int]) -> None:
    found = ask("Datastreams", expand=f"Observations({options};$count=true)")["value"]
    (level,) = [one for one in found if one["@iot.id"] == town.level.pk]
    assert [one["result"] for one in level["Observations"]] == results
    assert level["Observations@iot.count"] == {"$filter=result gt": 6}.get(
        options[7:24], level["Observations@iot.count"]
    )
    (empty,) = [one for one in found if one["@iot.id"] == town.state.pk]
    assert len(empty["Observations"]) <= 2


def test_expand_of_observations_counts_them(town: Town, ask: Ask) -> None:
    found = ask(
        f"Datastreams({town.level.pk})", expand="Observations($count=true;$top=1;$filter=result gt 205)"
    )
    assert (found["Observations@iot.count"], len(found["Observations"])) == (4, 1)
    found = ask(f"Datastreams({town.level.pk})", expand="Observations($count=true;$top=1)")
    assert found["Observations@iot.count"] == 10


def test_expand_of_one_observation(town: Town, ask: Ask) -> None:
    found = ask("Observations", expand="Datastream/Thing,FeatureOfInterest,MultiDatastream", top=100)["value"]
    assert all(("Datastream" in one) != ("MultiDatastream" in one) for one in found)
    assert {one["Datastream"]["Thing"]["name"] for one in found if "Datastream" in one} == {
        "Neißebrücke", "Mill's gauge",
    }  # fmt: skip
    assert {one["FeatureOfInterest"]["name"] for one in found} == {"Neisse"}


def test_expand_in_circles_is_limited(town: Town, ask: Ask) -> None:
    circle = "Datastreams($expand=Thing($expand=" * 3 + "Locations" + "))" * 3
    assert ask("Things", expand=circle)["value"]
    deeper = "Datastreams($expand=Thing($expand=" * 5 + "Locations" + "))" * 5
    assert "deeper than" in ask("Things", status=400, expand=deeper)["message"]


def test_expand_of_nothing(town: Town, ask: Ask) -> None:
    assert "has no link" in ask("Things", status=400, expand="Observations")["message"]
    assert "has no link" in ask("Things", status=400, expand="name")["message"]


# ---- $orderby


def test_order(town: Town, ask: Ask) -> None:
    assert names(ask("Things", orderby="name desc")) == ["Neißebrücke", "Mill's gauge"]
    assert names(ask("Datastreams", orderby="Thing/name,name desc")) == [
        "Warmth",
        "State",
        "Level at the bridge",
    ]
    assert names(ask("Datastreams", orderby="properties/rank desc")) == [
        "Warmth",
        "Level at the bridge",
        "State",
    ]
    assert names(ask("Datastreams", orderby="properties/rank")) == ["State", "Level at the bridge", "Warmth"]
    found = ask(
        f"Datastreams({town.level.pk})/Observations", orderby="result mod 3,result desc", select="result"
    )
    assert [one["result"] for one in found["value"]][:4] == [207, 204, 201, 208]


@pytest.mark.parametrize(
    "orderby", ["nosuch", "Datastreams/name", "Locations/location", "name desc desc", "1,2 up"]
)
def test_order_by_nothing(town: Town, ask: Ask, orderby: str) -> None:
    ask("Things", status=400, orderby=orderby)


# ---- $top, $skip, $count, pages


def test_top_skip_count(town: Town, ask: Ask) -> None:
    found = ask(f"Datastreams({town.level.pk})/Observations", top=3, skip=2, count="true")
    assert [one["result"] for one in found["value"]] == [202, 203, 204]
    assert found["@iot.count"] == 10
    assert "@iot.count" not in ask("Things", count="false")
    assert ask("Things", top=0, count="true") == {"@iot.count": 2, "value": []}
    assert len(ask("Things", top=100_000_000)["value"]) == 2
    assert ask("Things", skip=10**18)["value"] == []


@pytest.mark.parametrize(
    "options", [{"top": -1}, {"top": "many"}, {"skip": -5}, {"count": "maybe"}, {"nosuch": 1}]
)
def test_nonsense_is_told(town: Town, ask: Ask, options: dict[str, object]) -> None:
    error = ask("Things", status=400, **options)
    assert (error["code"], error["type"]) == (400, "error")


ORDERS = [
    "", "phenomenonTime", "phenomenonTime desc", "result", "result desc", "resultTime desc,id",
    "resultTime,result", "parameters/n", "parameters/by desc,phenomenonTime", "Datastream/name desc",
    "Datastream/properties/rank,result desc", "length(Datastream/name),phenomenonTime desc", "id desc",
    "result gt 203,id", "validTime desc", "date(phenomenonTime) eq 2026-11-23,phenomenonTime",
]  # fmt: skip


@pytest.mark.parametrize("orderby", ORDERS)
@pytest.mark.parametrize(
    "path", ["Observations", "Datastreams({level})/Observations", "FeaturesOfInterest({river})/Observations"]
)
def test_pages_hold_everything_once(town: Town, client: Client, path: str, orderby: str) -> None:
    """Whatever the order, following nextLink gives every entity once, in that order."""
    address = "/sta/v1.1/" + path.format(level=town.level.pk, river=town.river.pk)
    order = f"&$orderby={orderby}" if orderby else ""
    whole = [one["@iot.id"] for one in client.get(f"{address}?$top=1000{order}").json()["value"]]
    found: list[int] = []
    following = f"{address}?$top=3{order}"
    while following:
        page = client.get(following).json()
        found += [one["@iot.id"] for one in page["value"]]
        following = page.get("@iot.nextLink", "")
        assert len(found) <= len(whole)
    assert found == whole


def test_pages_stay_right_while_rows_come_in(town: Town, client: Client) -> None:
    """A row that appears on a page already read does not shift the next one."""
    address = f"/sta/v1.1/Datastreams({town.level.pk})/Observations"
    page = client.get(f"{address}?$top=5&$orderby=result").json()
    town.level.observations.filter(result=200).delete()
    page = client.get(page["@iot.nextLink"]).json()
    assert [one["result"] for one in page["value"]] == [205, 206, 207, 208, 209]


@pytest.mark.parametrize(
    "token", ["x", "WzFd", "W10", "bnVsbA", "WyJhIiwiYiJd", "WzFlMzAwLDFd", "'; --", "WzEsMiwzLDQsNSw2XQ"]
)
def test_marks_of_other_queries_are_refused(town: Town, client: Client, token: str) -> None:
    answer = client.get(f"/sta/v1.1/Observations?$orderby=resultTime,result&$skiptoken={token}")
    assert answer.status_code == 400


def test_next_page_only_where_there_is_one(town: Town, ask: Ask) -> None:
    assert "@iot.nextLink" not in ask(f"Datastreams({town.level.pk})/Observations", top=10)
    assert "@iot.nextLink" in ask(f"Datastreams({town.level.pk})/Observations", top=9)


# ---- queries


@pytest.mark.parametrize(
    ("path", "options", "queries"),
    [
        ("Things", {}, 2),
        ("Things({bridge})", {}, 2),
        ("Things", {"count": "true"}, 3),
        ("Datastreams({level})/Observations", {}, 6),
        ("Datastreams({level})/Observations", {"count": "true", "orderby": "phenomenonTime desc"}, 8),
        ("Observations", {"filter": "Datastream/Thing/name eq 'Neißebrücke'", "count": "true"}, 7),
        ("Datastreams", {"expand": "Observations($top=1;$orderby=phenomenonTime desc)"}, 3),
        ("Datastreams", {"expand": "Observations($top=5;$count=true),Thing/Locations,Sensor,ObservedProperty"}, 11),
        ("Things", {"expand": "Datastreams/Observations,Locations/HistoricalLocations"}, 9),
        ("Observations", {"expand": "Datastream/Thing,FeatureOfInterest"}, 8),
    ],
)  # fmt: skip
def test_queries_do_not_grow_with_rows(  # noqa: PLR0913, PLR0917  # each by its name
    town: Town,
    ask: Ask,
    django_assert_num_queries: DjangoAssertNumQueries,
    path: str,
    options: dict[str, Any],
    queries: int,
) -> None:
    """One query asks for the version of the rights; the others are one for each step and link.

    Where old observations may be asked for there are three more: is there something in the archive, and begin
    and end of a moment in which table and archive are looked at.
    """
    ask("Sensors")
    with django_assert_num_queries(queries):
        ask(path.format(bridge=town.bridge.pk, level=town.level.pk), **options)
