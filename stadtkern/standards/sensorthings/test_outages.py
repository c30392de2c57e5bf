"""The disk is full, or the database goes away in the middle: a clear answer, and nothing half-written."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from stadtkern.observations.models import Datastream, IdempotencyKey, Location, Observation, Thing
from stadtkern.standards.sensorthings.fixtures import datastream, location, thing
from stadtkern.standards.sensorthings.read.watch import PAUSE, _watch, within

pytestmark = pytest.mark.django_db(transaction=True)
BREAKS = "breaks"
"""Name of the thing whose storing fails."""
FULL = "RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'Auf dem Gerät ist kein Platz mehr verfügbar'"
AWAY = "PERFORM pg_terminate_backend(pg_backend_pid())"
NEEDS_SERVER = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a server is needed")
NEEDS_FILE = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a limit of SQLite")


@pytest.fixture(autouse=True)
def is_open(settings: Settings) -> None:
    """Let everybody write."""
    settings.STA_ANONYMOUS_WRITE = True


@contextmanager
def breaking(what: str) -> Iterator[None]:
    """Let PostgreSQL itself fail as soon as a certain thing is stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {what}; RETURN NEW; END $$;"
            f"CREATE TRIGGER break_it AFTER INSERT ON observations_thing FOR EACH ROW "
            f"WHEN (NEW.name = '{BREAKS}') EXECUTE FUNCTION break_it()"
        )
    try:
        yield
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER break_it ON observations_thing; DROP FUNCTION break_it()")


@contextmanager
def few_pages(more: int = 2) -> Iterator[None]:
    """Let SQLite find its disk full after a few pages more."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # else pages that other tests left would be filled first
        cursor.execute("PRAGMA page_count")
        (used,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {used + more}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {2**30}")


def counts() -> tuple[int, ...]:
    """Return how many rows there are of what the requests below make."""
    models = (Thing, Location, Datastream, Observation, IdempotencyKey)
    return tuple(model._default_manager.count() for model in models)  # noqa: SLF001  # Django's name for it


def whole(name: str) -> dict[str, Any]:
    """Return a thing with all that belongs to it."""
    streams = [datastream(Observations=[{"result": 1}])]
    return thing(name=name, Locations=[location()], Datastreams=streams)


def refused(client: Client, body: dict[str, Any], status: int) -> None:
    """Try to make a thing in each way there is; fail unless all are answered with `status` and leave nothing."""
    before, key = counts(), {"Idempotency-Key": "once"}
    for headers in ({}, key):
        answer = client.post("/sta/v1.1/Things", body, "application/json", headers=headers)
        connection.close()  # as between two requests, which tests do not do
        assert (answer.status_code, answer.json()["code"]) == (status, status)
        assert counts() == before
    for group in ({}, {"atomicityGroup": "both"}):
        parts = [
            {"id": str(number), "method": "POST", "url": "Things", "body": one, **group}
            for number, one in enumerate((thing(name="small"), body))
        ]
        answer = client.post("/sta/v1.1/$batch", {"requests": parts}, "application/json")
        connection.close()
        assert answer.json()["responses"][1]["status"] == status
        assert Thing.objects.filter(name="small").count() == (0 if group else 1)
        Thing.objects.filter(name="small").delete()
        assert counts() == before


def accepted(client: Client, body: dict[str, Any]) -> None:
    """Fail unless the same is taken when the database is well again."""
    headers = {"Idempotency-Key": "once"}
    answer = client.post("/sta/v1.1/Things", body, "application/json", headers=headers)
    assert answer.status_code == 201, answer.content
    assert counts() == (1, 1, 1, 1, 1)


@NEEDS_SERVER
@pytest.mark.parametrize(("what", "status"), [(FULL, 507), (AWAY, 503)])
def test_what_breaks_in_postgresql_leaves_nothing(client: Client, what: str, status: int) -> None:
    with breaking(what):
        refused(client, whole(BREAKS), status)
    accepted(client, whole(BREAKS))


@NEEDS_FILE
def test_what_does_not_fit_in_sqlite_leaves_nothing(client: Client) -> None:
    body = whole("large") | {"properties": {str(number): "x" * 10_000 for number in range(15)}}
    with few_pages():
        refused(client, body, 507)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        assert cursor.fetchone() == ("ok",)
    accepted(client, body)


@NEEDS_SERVER
def test_reading_while_the_database_goes_away_is_told(client: Client) -> None:
    """503 whatever the driver says: that the connection broke, or later that it is closed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (number,) = cursor.fetchone()

    def end() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", (number,))
        connection.close()

    with ThreadPoolExecutor(1) as executor:
        executor.submit(end).result()
    statuses = [client.get("/sta/v1.1/Things").status_code for _ in range(2)]
    connection.close()
    assert set(statuses) <= {200, 503}
    assert statuses[0] == 503
    assert client.get("/sta/v1.1/Things").status_code == 200


def test_a_query_that_cannot_be_stopped_lets_the_others_be_stopped() -> None:
    """Its connection is gone, for instance."""
    stopped: list[str] = []

    def fails() -> None:
        stopped.append("first")
        raise OSError

    first = _watch.begin(0, fails)
    second = _watch.begin(0, lambda: stopped.append("second"))
    time.sleep(PAUSE * 4)
    third = _watch.begin(0, lambda: stopped.append("third"))
    time.sleep(PAUSE * 4)
    for number in (first, second, third):
        _watch.end(number)
    assert stopped == ["first", "second", "third"]
    with pytest.raises(OperationalError), within(0), connection.cursor() as cursor:
        cursor.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) "
                       "SELECT count(*) FROM n")  # fmt: skip
