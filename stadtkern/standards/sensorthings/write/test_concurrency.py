"""Many writers at once, on PostgreSQL (SQLite lets one write at a time)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from stadtkern.observations.access import EVERYTHING
from stadtkern.observations.models import (
    Datastream,
    EntityVersion,
    HistoricalLocation,
    IdempotencyKey,
    Observation,
    Thing,
)
from stadtkern.standards.sensorthings.fixtures import BASE, Client, datastream, location, thing
from stadtkern.standards.sensorthings.write.handler import Ask, handle
from stadtkern.standards.sensorthings.write.once import once
from stadtkern.standards.sensorthings.write.test_change import check_derived

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time"),
]
client = Client()
WRITERS = 6


def together(*work: Callable[[], object]) -> list[object]:
    """Do all of it in threads of their own and return what came out."""

    def done(one: Callable[[], object]) -> object:
        try:
            return one()
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(done, work))


def test_one_stream_many_writers() -> None:
    """Posts, changes and deletions of one stream leave statistics and rollups right, without a deadlock."""
    client.make("Things", thing(Locations=[location()], Datastreams=[datastream(), datastream()]))
    first, second = Datastream.objects.order_by("pk")
    path = f"Datastreams({first.pk})/Observations"
    time = "2026-01-01T{:02}:{:02}:00Z"
    ids = [client.make(path, {"result": n, "phenomenonTime": time.format(0, n)}) for n in range(30)]

    def post(number: int) -> int:
        told = {"result": number, "phenomenonTime": time.format(1, number)}
        return client.ask("POST", path, told).status

    def change(number: int) -> int:
        body: dict[str, object] = {"result": number * 2.5}
        if number % 3 == 0:
            body |= {"Datastream": {"@iot.id": second.pk}}
        return client.ask("PATCH", f"Observations({ids[number]})", body).status

    def remove(number: int) -> int:
        return client.ask("DELETE", f"Observations({ids[number]})").status

    def array(number: int) -> int:
        part = {
            "Datastream": {"@iot.id": (first, second)[number % 2].pk},
            "components": ["phenomenonTime", "result"],
            "dataArray": [[time.format(2, number * 10 + minute), minute] for minute in range(10)],
        }
        return client.ask("POST", "CreateObservations", [part]).status

    work: list[Callable[[], object]] = []
    for number in range(30):
        work.append(lambda number=number: post(number))
        work.append(lambda number=number: (change if number % 2 else remove)(number))
        if number < 6:
            work.append(lambda number=number: array(number))
    assert set(together(*work)) == {200, 201}
    assert Observation.objects.count() == 30 + 30 - 15 + 60
    check_derived(first)
    check_derived(second)


def test_one_key_at_the_same_time_is_done_once() -> None:
    """Idempotency-Key: the second waits for the first and gets its answer."""

    def ask() -> object:
        told = Ask("POST", "Things", thing(), BASE)
        answer = once("same", told, b"same", EVERYTHING, lambda: handle(told, EVERYTHING))
        return answer.status, answer.body["@iot.id"]

    assert len(set(together(*[ask] * 12))) == 1
    assert Thing.objects.count() == 1
    assert IdempotencyKey.objects.count() == 1


def test_one_thing_many_changes() -> None:
    """Each change and each move is kept; versions follow each other without gap."""
    pk = client.make("Things", thing())

    def change(number: int) -> int:
        if number % 2:
            return client.ask("POST", f"Things({pk})/Locations", location(name=str(number))).status
        return client.ask("PATCH", f"Things({pk})", {"name": f"name {number}"}).status

    assert set(together(*[lambda number=number: change(number) for number in range(24)])) == {200, 201}
    made = Thing.objects.get(pk=pk)
    assert made.locations.count() == 1
    assert HistoricalLocation.objects.count() == 12
    versions = list(EntityVersion.objects.filter(entity="Thing").order_by("pk"))
    assert len(versions) == 25
    assert sum(version.valid_to is None for version in versions) == 1
    assert all(one.valid_to is None or one.valid_from <= one.valid_to for one in versions)
    assert [one.valid_to for one in versions[:-1]] == [one.valid_from for one in versions[1:]]


def test_removal_meets_writers() -> None:
    """Who writes to a thing that is being removed gets a clear answer, and nothing is left of it."""
    pk = client.make("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    stream = Datastream.objects.get()

    def post(number: int) -> int:
        told = {"result": 1, "phenomenonTime": f"2026-01-01T00:{number:02}:00Z"}
        return client.ask("POST", f"Datastreams({stream.pk})/Observations", told).status

    work: list[Callable[[], object]] = [lambda number=number: post(number) for number in range(20)]
    work.insert(10, lambda: client.ask("DELETE", f"Things({pk})").status)
    assert set(together(*work)) <= {200, 201, 400, 404, 409}
    assert not Thing.objects.exists()
    assert not Observation.objects.exists()
