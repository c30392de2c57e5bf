"""How entities were: `$asof` and `$history`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from stadtkern.base import clock
from stadtkern.observations.models import EntityVersion, Thing
from stadtkern.observations.services import delete_versions
from stadtkern.standards.sensorthings.conftest import Town
from stadtkern.standards.sensorthings.fixtures import Client, datastream, location, thing

START = datetime(2026, 3, 1, tzinfo=UTC)
client = Client()


@pytest.fixture
def gauge(db: None, settings: Any) -> int:  # noqa: ANN401
    """Return a thing that was made in March, renamed in April, moved in May and removed in June."""
    settings.STA_ANONYMOUS_WRITE = True
    with time_machine.travel(START, tick=False) as now:
        pk = client.make("Things", thing(name="March", Locations=[location()], Datastreams=[datastream()]))
        now.move_to(START + timedelta(days=31))
        client.ask("PATCH", f"Things({pk})", {"name": "April"})
        now.move_to(START + timedelta(days=61))
        client.make(f"Things({pk})/Locations", location(name="Mill"))
        now.move_to(START + timedelta(days=92))
        client.ask("DELETE", f"Things({pk})")
    return pk


def get(browser: Browser, path: str, status: int = 200) -> Any:  # noqa: ANN401
    """Return the answer to a GET."""
    answer = browser.get(f"/sta/v1.1/{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_entity_as_of_a_moment(client: Browser, gauge: int) -> None:
    """Before, between and after its changes."""
    path = f"Things({gauge})?$asof=2026-"
    get(client, path + "02-01T00:00:00Z", 404)
    assert get(client, path + "03-15T00:00:00Z")["name"] == "March"
    april = get(client, path + "04-15T00:00:00Z")
    may = get(client, path + "05-15T00:00:00Z")
    assert (april["name"], may["name"]) == ("April", "April")
    assert april["Locations"] != may["Locations"]
    assert april["@stadtkern.validFrom"] == "2026-04-01T00:00:00Z"
    assert april["@stadtkern.validTo"] == "2026-05-01T00:00:00Z"
    get(client, path + "07-01T00:00:00Z", 404)


def test_set_as_of_a_moment(client: Browser, gauge: int) -> None:
    """Paged, counted, with what never changed."""
    for number in range(4):
        Thing.objects.create(source="old", key=str(number), name=f"old {number}")
    found = get(client, "Things?$asof=2026-04-15T00:00:00Z&$count=true&$top=2&$select=name,id")
    assert found["@iot.count"] == 5
    assert [one["name"] for one in found["value"]] == ["April", "old 0"]
    assert set(found["value"][0]) == {"name", "@iot.id"}
    late = get(client, "Things?$asof=2026-07-01T00:00:00Z")
    assert [one["name"] for one in late["value"]] == ["old 0", "old 1", "old 2", "old 3"]
    assert get(client, "Datastreams?$asof=2026-04-15T00:00:00Z")["value"][0]["Thing"] == {"@iot.id": gauge}
    assert get(client, "Datastreams?$asof=2026-07-01T00:00:00Z")["value"] == []


def test_pages_follow_each_other(client: Browser, gauge: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By keyset, so that none is shown twice."""
    monkeypatch.setattr("stadtkern.standards.sensorthings.history.USUAL", 2)
    for number in range(4):
        Thing.objects.create(source="old", key=str(number), name=f"old {number}")
    names, path = [], "Things?$asof=2026-04-15T00:00:00Z"
    while path:
        page = get(client, path)
        names += [one["name"] for one in page["value"]]
        path = page.get("@iot.nextLink", "").removeprefix("http://testserver/sta/v1.1/")
    assert names == ["April", "old 0", "old 1", "old 2", "old 3"]


def test_all_versions_newest_first(client: Browser, gauge: int) -> None:
    """`$history`."""
    found = get(client, f"Things({gauge})/$history?$count=true")
    assert found["@iot.count"] == 4
    assert [one.get("name") for one in found["value"]] == [None, "April", "April", "March"]
    assert found["value"][0]["@stadtkern.deleted"] is True
    assert found["value"][3]["@stadtkern.changedBy"] == "anonymous"
    assert len(get(client, f"Things({gauge})/$history?$top=1&$skip=1")["value"]) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Things?$asof=yesterday", 400),
        ("Things?$asof=1700000000000", 400),
        ("Things?$asof=2026-01-01T00:00:00Z&$filter=id eq 1", 400),
        ("Things?$asof=2026-01-01T00:00:00Z&$top=x", 400),
        ("Things?$asof=2026-01-01T00:00:00Z&$top=100000000", 200),
        ("Observations?$asof=2026-01-01T00:00:00Z", 400),
        ("Things(1)/Datastreams?$asof=2026-01-01T00:00:00Z", 400),
        ("Things/$history", 404),
        ("Things(4711)/$history", 404),
        ("Nothings(1)/$history", 404),
    ],
)
def test_what_has_no_history_is_told(client: Browser, db: None, path: str, status: int) -> None:
    """400 or 404 with a reason."""
    get(client, path, status)


def test_history_shows_no_more_than_the_present(client: Browser, town: Town) -> None:
    """Who may not see an entity may not see what it was."""
    writer = Client()
    for pk in (town.bridge.pk, town.cellar.pk):
        assert writer.ask("PATCH", f"Things({pk})", {"name": "renamed"}).status == 200
    assert get(client, f"Things({town.bridge.pk})/$history")["value"][0]["name"] == "renamed"
    assert "@stadtkern.changedBy" not in get(client, f"Things({town.bridge.pk})/$history")["value"][0]
    get(client, f"Things({town.cellar.pk})/$history", 404)
    moment = "2100-01-01T00:00:00Z"
    get(client, f"Things({town.cellar.pk})?$asof={moment}", 404)
    assert len(get(client, f"Things?$asof={moment}")["value"]) == 2


def test_history_ends(gauge: int, settings: Any) -> None:  # noqa: ANN401
    """Versions that ended long ago are deleted, also the mark of what was removed."""
    settings.HISTORY_DAYS = 30
    count = EntityVersion.objects.count()
    assert delete_versions(START) == 0
    deleted = delete_versions(clock.now() + timedelta(days=3650))
    assert 0 < deleted < count
    assert not EntityVersion.objects.filter(entity="Thing").exists()
    assert EntityVersion.objects.filter(entity="Sensor", valid_to=None).exists()
