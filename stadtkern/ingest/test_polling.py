"""Asking sources, from the socket to the line that an editor reads."""

import gzip
import io
import json
import logging
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from django.db import DataError

from stadtkern.base.clock import now
from stadtkern.contracts.connector import Connector, Context, Follow, Item, Reading, Request
from stadtkern.ingest import registry, services, states, storing
from stadtkern.ingest.conftest import Server
from stadtkern.ingest.models import Source, Validator
from stadtkern.observations.models import Observation, QuarantinedReading, Thing

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 10, 12, tzinfo=UTC)


def rows(*levels: object, start: datetime = START, number: str = "1") -> str:
    """Return an answer with one row a quarter of an hour."""
    found = [
        {"nr": number, "t": (start + timedelta(minutes=15 * i)).isoformat(), "level": level}
        for i, level in enumerate(levels)
    ]
    return json.dumps({"rows": found})


def ask(source: Source) -> Source:
    """Ask a source and return it with its state."""
    services.poll(source)
    return Source.objects.select_related("state").get(pk=source.pk)


def test_readings_arrive_and_are_counted(server: Server, json_source: Source) -> None:
    """The state tells when it went well, how much came in and when the next try is."""
    server.gives(rows(100, 101, 102))
    state = ask(json_source).state
    assert sorted(row.result or 0 for row in Observation.objects.all()) == [100, 101, 102]
    assert (state.readings_in, state.readings_rejected, state.last_error, state.failures) == (3, 0, "", 0)
    assert state.newest_reading == START + timedelta(minutes=30)
    assert state.next_try is not None
    assert state.next_try > now() + timedelta(minutes=10)


def test_repeated_readings_are_stored_once(server: Server, json_source: Source) -> None:
    """An answer that comes twice changes nothing and is no error."""
    server.gives(rows(100, 101))
    ask(json_source)
    state = ask(json_source).state
    assert (state.readings_in, state.readings_repeated, state.last_error) == (2, 2, "")


def test_unchanged_answer_is_not_sent_again(server: Server, json_source: Source) -> None:
    """The entity tag of the last answer saves the transfer; changed settings ask afresh."""
    server.gives(rows(100), ETag='"1"')
    ask(json_source)
    state = ask(json_source).state
    assert [headers.get("If-None-Match") for _path, headers in server.asked] == [None, '"1"']
    assert (state.readings_in, state.readings_repeated, state.messages_in) == (1, 0, 1)
    json_source.options = {**json_source.options, "timezone": "UTC"}
    services.save_source(json_source)
    ask(json_source)
    assert server.asked[-1][1].get("If-None-Match") is None


def test_unreadable_answer_is_asked_again_in_full(server: Server, json_source: Source) -> None:
    """What we could not read is not remembered as known."""
    server.gives("<html>", ETag='"1"')
    ask(json_source)
    assert not Validator.objects.exists()


BROKEN: dict[str, tuple[bytes, str]] = {
    "wrong JSON": (b'{"rows": [', "JSON"),
    "HTML instead of JSON": (b"<!doctype html><title>Wartung</title>", "HTML"),
    "nothing": (b"", "empty"),
    "binary": (bytes(range(256)), "JSON"),
    "deep nesting": (b"[" * 200_000, ""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_unusable_answer_is_one_clear_line(server: Server, json_source: Source, name: str) -> None:
    """Nothing crashes, nothing is stored, and the page of the source says why in one line."""
    body, word = BROKEN[name]
    server.gives(body)
    state = ask(json_source).state
    assert state.failures == 1
    assert word.lower() in state.last_error.lower()
    assert 10 < len(state.last_error) <= 300
    assert "\n" not in state.last_error
    assert "Traceback" not in state.last_error
    assert not Observation.objects.exists()


def table_source(url: str, **more: object) -> Source:
    """Return a source of a table with a column of times and one of levels."""
    options = {"url": url, "columns": ["Pegel = water_level [cm]"], "time": "Zeit", "thing": "1", **more}
    return Source.objects.create(
        slug="table", connector="table_file", title={"de": "Tabelle"}, options=options
    )


def zipped(content: bytes) -> bytes:
    """Return a zip archive with one table."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pegel.csv", content)
    return buffer.getvalue()


def test_truncated_zip_is_one_clear_line(server: Server) -> None:
    """Half an archive is refused as a whole."""
    lines = "".join(f"2026-01-10 12:{i % 60:02}:{i // 60:02};{i}\n" for i in range(3000))
    body = zipped(b"Zeit;Pegel\n" + lines.encode())
    state = ask(table_source(server.gives(body[: len(body) // 2], path="/a.zip"))).state
    assert state.failures == 1
    assert state.last_error
    assert not Observation.objects.exists()


def test_zip_bomb_is_stopped(server: Server) -> None:
    """An archive that would fill the memory is refused."""
    bomb = zipped(b"0" * 600_000_000)
    assert len(bomb) < 1_000_000
    state = ask(table_source(server.gives(bomb, path="/bomb.zip"))).state
    assert state.failures == 1
    assert state.last_error


def test_compression_bomb_of_the_transfer_is_stopped(server: Server, json_source: Source) -> None:
    """The limit holds for what the answer unpacks to."""
    body = gzip.compress(b" " * 200_000_000, 9)
    server.gives(body, Content_Encoding="gzip")
    assert "larger than" in ask(json_source).state.last_error


def test_answer_of_two_gigabytes_is_not_read(server: Server, json_source: Source) -> None:
    """The length that is announced is enough to refuse."""
    server.gives(b"{", Content_Length="2147483648")
    assert "larger than" in ask(json_source).state.last_error


def test_endless_answer_is_cut_off(server: Server, json_source: Source) -> None:
    """Without a length, reading ends at the limit."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(3000):
            handler.wfile.write(b" " * 100_000)

    server.answers["/"] = respond
    assert "larger than" in ask(json_source).state.last_error


@pytest.mark.parametrize("bad", ['"n/a"', "null", "1e400", '"NaN"', '""', "{}"])
def test_values_that_are_no_numbers_are_listed_and_good_ones_kept(
    server: Server, json_source: Source, bad: str
) -> None:
    """One bad row takes no other with it."""
    server.gives(rows(100, 4711, 102).replace("4711", bad))
    state = ask(json_source).state
    assert sorted(row.result or 0 for row in Observation.objects.all()) == [100, 102]
    if state.readings_rejected:
        assert QuarantinedReading.objects.filter(source="levels").exists()
        assert "reading" in state.last_error
    else:
        assert bad in {"null", '""'}


def test_changed_unit_is_converted(server: Server, json_source: Source) -> None:
    """A source that turns to metres goes on in the centimetres of its datastream."""
    server.gives(rows(100))
    ask(json_source)
    json_source.options = {**json_source.options, "values": ["level = water_level [m]"]}
    services.save_source(json_source)
    server.gives(rows(1.5, start=START + timedelta(hours=1)))
    ask(json_source)
    assert sorted(row.result or 0 for row in Observation.objects.all()) == [100, 150]


def test_unit_of_another_kind_is_rejected(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    """Degrees are no centimetres."""

    def parse(_body: bytes, context: Context) -> Iterator[Item]:
        unit, hours = ("cm", 0) if context.url.endswith("/a") else ("Cel", 1)
        yield replace(reading(7), unit=unit, phenomenon_time=START + timedelta(hours=hours))

    state = ask(install(monkeypatch, parse, server.gives("", path="/a"), server.gives("", path="/b"))).state
    assert (state.readings_in, state.readings_rejected) == (1, 1)
    assert "1 of 1 readings were rejected" in state.last_error
    assert "Cel" in QuarantinedReading.objects.get().raw


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_not_finite_are_rejected(
    monkeypatch: pytest.MonkeyPatch, server: Server, bad: float
) -> None:
    """Whatever a connector lets through."""

    def parse(_body: bytes, _context: Context) -> Iterator[Item]:
        yield reading(7)
        yield replace(reading(bad), phenomenon_time=START + timedelta(hours=1))

    state = ask(install(monkeypatch, parse, server.gives(""))).state
    assert (state.readings_in, state.readings_rejected) == (1, 1)
    assert "1 of 2 readings were rejected" in state.last_error


def test_renamed_station_keeps_its_readings(server: Server, json_source: Source) -> None:
    """The key decides, the name follows the source."""
    json_source.options = {**json_source.options, "name_path": "name"}
    json_source.save()
    for name, start in (("Guben 2", START), ("Guben Brücke", START + timedelta(hours=1))):
        server.gives(rows(100, start=start).replace('"nr"', f'"name": "{name}", "nr"'))
        ask(json_source)
    thing = Thing.objects.get()
    assert thing.name == "Guben Brücke"
    assert Observation.objects.filter(datastream__thing=thing).count() == 2


def test_readings_from_the_future_are_rejected(server: Server, json_source: Source) -> None:
    """They neither count as newest nor stop the good ones."""
    server.gives(rows(100, 101, start=now() - timedelta(minutes=5)).replace(" ", ""))
    ahead = rows(300, start=now() + timedelta(days=2))
    body = json.loads(rows(100, start=now() - timedelta(minutes=5)))
    body["rows"] += json.loads(ahead)["rows"]
    server.gives(json.dumps(body))
    state = ask(json_source).state
    assert (state.readings_in, state.readings_rejected) == (1, 1)
    assert state.newest_reading is not None
    assert state.newest_reading < now()
    assert "1 of 2" in state.last_error


def test_ten_year_old_readings_are_stored(server: Server, json_source: Source) -> None:
    """History is welcome; the newest reading stays the newest."""
    server.gives(rows(100))
    ask(json_source)
    server.gives(rows(612, start=START - timedelta(days=3650)))
    state = ask(json_source).state
    assert (state.readings_in, state.last_error) == (2, "")
    assert state.newest_reading == START


def test_table_with_mixed_decimals_keeps_what_can_be_read(server: Server) -> None:
    """What cannot be a number is listed; nothing is guessed silently to a wrong value."""
    lines = ["Zeit;Pegel", "10.01.2026 12:00;101,5", "10.01.2026 12:15;102,25", "10.01.2026 12:30;103,0"]
    lines += ["10.01.2026 12:45;104.5", "10.01.2026 13:00;k. A."]
    state = ask(table_source(server.gives("\n".join(lines), path="/p.csv"), decimal=",")).state
    found = set(Observation.objects.values_list("result", flat=True))
    assert {101.5, 102.25, 103.0} <= found <= {101.5, 102.25, 103.0, 104.5}
    assert state.readings_rejected >= 1
    assert QuarantinedReading.objects.filter(source="table", where__contains="row 5").exists()


def test_outage_is_logged_once_and_recovery_once(
    server: Server, json_source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    """Three failures are one line; the pause grows; the state clears with the first success."""
    caplog.set_level(logging.INFO, "stadtkern.ingest")
    server.gives("gone", status=410)
    pauses = []
    for _ in range(3):
        state = ask(json_source).state
        assert state.next_try is not None
        pauses.append(state.next_try - now())
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert pauses[0] < pauses[1] < pauses[2]
    assert state.failures == 3
    server.gives(rows(100))
    state = ask(json_source).state
    assert (state.failures, state.last_error, state.error_since) == (0, "", None)
    assert [record.getMessage().split()[1] for record in caplog.records][-1] == "recovered"


def test_wish_of_a_source_to_wait_is_respected(server: Server, json_source: Source) -> None:
    """`Retry-After` lengthens the pause."""
    server.gives("slow down", status=429, Retry_After="7200")
    state = ask(json_source).state
    assert state.next_try is not None
    assert state.next_try > now() + timedelta(hours=1, minutes=59)


def test_internal_addresses_are_not_asked(json_source: Source) -> None:
    """An editor cannot reach into the network of the town hall."""
    json_source.options = {**json_source.options, "url": "http://10.0.0.1/secret"}
    json_source.save()
    assert "10.0.0.1" in ask(json_source).state.last_error


Parse = Callable[[bytes, Context], Iterator[Item]]


def install(monkeypatch: pytest.MonkeyPatch, parse: Parse, *urls: str) -> Source:
    """Install a connector for one test and return a source of it."""
    plugin = Connector(
        title="Test",
        description="",
        publisher="",
        homepage="",
        licence="CC0-1.0",
        attribution="",
        parse=parse,
        requests=lambda _options: [Request(url=url) for url in urls],
    )
    monkeypatch.setitem(registry.connectors(), "test", plugin)
    return Source.objects.create(slug="test", connector="test", title={"de": "Test"})


def reading(result: float = 1) -> Reading:
    """Return a reading."""
    return Reading(
        thing="1", observed_property="water_level", phenomenon_time=START, result=result, unit="cm"
    )


def test_crashing_connector_stays_alone(
    monkeypatch: pytest.MonkeyPatch, server: Server, json_source: Source
) -> None:
    """What its author did not foresee becomes one line; other sources go on."""

    def crash(_body: bytes, _context: Context) -> Iterator[Item]:
        yield reading()
        raise ZeroDivisionError("line\nbreak")

    source = install(monkeypatch, crash, server.gives(rows(100)))
    assert "ZeroDivisionError: line break" in ask(source).state.last_error
    assert ask(json_source).state.last_error == ""
    assert Observation.objects.count() == 1


@pytest.mark.parametrize("error", [RuntimeError("nobody foresaw this"), AssertionError(), RecursionError()])
def test_source_that_fails_in_any_way_waits_for_its_next_turn(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Without a next try it would be asked again every second."""

    def requests(_options: object) -> list[Request]:
        raise error

    source = install(monkeypatch, lambda _body, _context: iter(()))
    monkeypatch.setitem(
        registry.connectors(), "test", replace(registry.connectors()["test"], requests=requests)
    )
    state = ask(source).state
    assert type(error).__name__ in state.last_error
    assert state.next_try is not None
    assert state.next_try > now() + timedelta(seconds=20)
    assert services.try_settings("test", {}).problem == states.one_line(error)


def test_answer_that_the_database_refuses_waits_for_its_next_turn(
    monkeypatch: pytest.MonkeyPatch, server: Server, json_source: Source
) -> None:
    """PostgreSQL refuses more than SQLite does."""

    def refuse(*_items: object, **_facts: object) -> None:
        raise DataError("out of range")

    monkeypatch.setattr(storing, "record", refuse)
    server.gives(rows(100), ETag='"1"')
    state = ask(json_source).state
    assert "could not be stored (out of range)" in state.last_error
    assert state.next_try is not None
    assert not Validator.objects.exists()


def test_followed_addresses_are_asked_and_bounded(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    """An answer may lead on, in steps and numbers that end."""

    def lead(_body: bytes, context: Context) -> Iterator[Item]:
        yield reading()
        yield Follow(request=Request(url=f"{context.url}x"))

    for length in range(20):
        server.gives(b"", path="/" + "x" * length, ETag='"1"')
    source = install(monkeypatch, lead, server.url("/"))
    state = ask(source).state
    assert [path for path, _headers in server.asked] == ["/", "/x", "/xx", "/xxx"]
    assert "too many" in state.last_error
    assert not Validator.objects.exists(), "a list that leads on is never skipped"


def test_one_failing_address_keeps_the_others(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    """The source works, with an error that is told."""

    def parse(_body: bytes, _context: Context) -> Iterator[Item]:
        yield reading()

    source = install(monkeypatch, parse, server.gives(b"", path="/good"), server.url("/missing"))
    state = ask(source).state
    assert state.readings_in == 1
    assert state.failures == 0
    assert "404" in state.last_error


def test_source_without_its_connector_says_so(db: None) -> None:
    """A plugin that was removed is no crash."""
    source = Source.objects.create(slug="old", connector="removed", title={"de": "Alt"})
    assert "removed" in ask(source).state.last_error
