"""The short way for observations, from the ASGI message down to the rows."""

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.asgi import get_asgi_application
from django.db import connection
from django.test import Client
from pytest_django import Settings

from stadtkern.observations.models import Datastream, Observation, ObservedProperty, Sensor, Thing
from stadtkern.observations.services import group
from stadtkern.observations.services.group import MOST_BYTES
from stadtkern.standards.sensorthings.entities import OBSERVATION_TYPE
from stadtkern.standards.sensorthings.lean import Lean

pytestmark = pytest.mark.django_db(transaction=True)
NOON = "2026-11-23T12:00:00Z"


@pytest.fixture
def lean(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lean]:
    """Return the application in front of the real one."""
    # threads of Django's own views end with each test
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    settings.STA_ANONYMOUS_WRITE = True
    application = Lean(get_asgi_application())
    yield application
    application.close()


@pytest.fixture
def stream() -> Datastream:
    """Return a datastream of measurements that keeps every result."""
    return made("a")


def made(key: str, kind: str = "OM_Measurement") -> Datastream:
    """Return a datastream of a kind of results."""
    thing, _made = Thing.objects.get_or_create(source="x", key="thing", name="Thing")
    prop, _made = ObservedProperty.objects.get_or_create(slug="own", defaults={"unit": "1"})
    sensor, _made = Sensor.objects.get_or_create(source="x", name="sensor")
    return Datastream.objects.create(
        key=key, thing=thing, observed_property=prop, sensor=sensor, unit="1", duplicates="keep",
        observation_type=OBSERVATION_TYPE + kind,
    )  # fmt: skip


async def ask(
    lean: Lean, path: str, body: bytes, *, goes_on: asyncio.Event | None = None, **headers: str
) -> tuple[int, dict[str, str], Any]:
    """Send a POST in two pieces, the second when it may go on; return status, headers and JSON."""
    told = {
        "host": "testserver",
        "content-type": "application/json",
        "content-length": str(len(body)),
        **headers,
    }
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": f"/sta/v1.1/{path}", "raw_path": f"/sta/v1.1/{path}".encode(), "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in told.items()],
        "client": ("127.0.0.1", 1), "server": ("testserver", 80), "root_path": "",
    }  # fmt: skip
    half = len(body) // 2
    messages = [
        {"type": "http.request", "body": body[:half], "more_body": True},
        {"type": "http.request", "body": body[half:], "more_body": False},
    ]
    sent: list[Any] = []
    ended = asyncio.Event()

    async def receive() -> Any:  # noqa: ANN401
        if len(messages) == 1 and goes_on is not None:
            await goes_on.wait()
        if messages:
            return messages.pop(0)
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:  # noqa: ANN401
        sent.append(message)

    await lean(scope, receive, send)
    ended.set()
    content = b"".join(message.get("body", b"") for message in sent[1:])
    answered = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, json.loads(content) if content else None


def post(lean: Lean, path: str, body: Any, **headers: str) -> tuple[int, dict[str, str], Any]:  # noqa: ANN401
    """Send a POST and wait for the answer."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asyncio.run(ask(lean, path, raw, goes_on=None, **headers))


def array(
    stream: Datastream, rows: list[Any], components: tuple[str, ...] = ("phenomenonTime", "result")
) -> Any:  # noqa: ANN401
    """Return a data array of one datastream."""
    return [{"Datastream": {"@iot.id": stream.pk}, "components": components, "dataArray": rows}]


def taken() -> list[Any]:
    """Return the stored results by time."""
    rows = Observation.objects.order_by("phenomenon_time", "copy")
    return [row.value if row.result is None else row.result for row in rows]


def test_a_single_observation_is_stored_and_answered_as_it_will_be_read(
    lean: Lean, stream: Datastream
) -> None:
    body = {
        "phenomenonTime": f"{NOON}/2026-11-23T13:00:00Z", "result": 21.5, "resultTime": NOON,
        "validTime": f"{NOON}/2026-11-24T12:00:00Z", "parameters": {"a": 1}, "resultQuality": "fine",
    }  # fmt: skip
    status, headers, answer = post(lean, f"Datastreams({stream.pk})/Observations", body)
    assert status == 201
    assert headers["location"] == answer["@iot.selfLink"]
    stored = Observation.objects.get()
    assert answer["@iot.id"] == stored.number
    read = Client().get(f"/sta/v1.1/Observations({stored.number})").json()
    for name in body:
        assert answer[name] == read[name], name
    assert set(answer) >= {name for name in read if "navigationLink" not in name}


def test_the_datastream_may_be_named_in_the_body(lean: Lean, stream: Datastream) -> None:
    body = {"result": 1, "Datastream": {"@iot.id": stream.pk}}
    assert post(lean, "Observations", body)[0] == 201
    assert taken() == [1]


@pytest.mark.parametrize(
    ("kind", "result", "status"),
    [
        ("OM_Measurement", "21", 400),
        ("OM_CountObservation", 1.5, 400),
        ("OM_CountObservation", 3, 201),
        ("OM_TruthObservation", True, 201),
        ("OM_TruthObservation", 1, 400),
        ("OM_CategoryObservation", "open", 201),
        ("OM_Observation", {"a": [1]}, 201),
        ("OM_Measurement", None, 400),
    ],
)
def test_results_have_to_be_of_the_kind_of_the_datastream(
    lean: Lean, kind: str, result: object, status: int
) -> None:
    mine = made("k", kind)
    path = f"Datastreams({mine.pk})/Observations"
    assert post(lean, path, {"phenomenonTime": NOON, "result": result})[0] == status
    assert taken() == ([result] if status == 201 else [])
    answers = post(lean, "CreateObservations", array(mine, [[NOON, result]]))[2]
    assert answers[0].startswith("error: ") == (status != 201)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"result": 1', 400),
        (b"[1]", 400),
        (b"", 400),
        (b'{"result": 1, "phenomenonTime": "yesterday"}', 400),
        (b'{"result": 1, "phenomenonTime": 1732363200000}', 400),
        (b'{"result": NaN}', 400),
        (b'{"result": 1e999}', 400),
        (b'{"result": 1, "colour": "red"}', 400),
        (b'{"result": "\\u0000"}', 400),
        (b"[" * 100_000, 400),
    ],
)
def test_what_is_malformed_is_told_and_nothing_stored(
    lean: Lean, stream: Datastream, body: bytes, status: int
) -> None:
    got, _headers, answer = post(lean, f"Datastreams({stream.pk})/Observations", body)
    assert (got, answer["code"]) == (status, status)
    assert answer["message"]
    assert not Observation.objects.exists()


def test_unknown_datastreams_are_not_found(lean: Lean, stream: Datastream) -> None:
    assert post(lean, "Datastreams(999999)/Observations", {"result": 1})[0] == 404
    answers = post(lean, "CreateObservations", array(Datastream(pk=999_999), [[NOON, 1]]))[2]
    assert answers == ["error: there is no Datastream 999999"]


def test_without_rights_nothing_is_stored(lean: Lean, stream: Datastream, settings: Settings) -> None:
    settings.STA_ANONYMOUS_WRITE = False
    path = f"Datastreams({stream.pk})/Observations"
    assert post(lean, path, {"result": 1})[0] in {401, 404}
    assert post(lean, path, {"result": 1}, authorization="Bearer sk_wrong")[0] == 401
    assert (
        post(lean, "CreateObservations", array(stream, [[NOON, 1]]), authorization="Bearer sk_no")[0] == 401
    )
    assert not Observation.objects.exists()


def test_the_same_request_under_one_key_is_done_once(lean: Lean, stream: Datastream) -> None:
    path = f"Datastreams({stream.pk})/Observations"
    first = post(lean, path, {"result": 1}, idempotency_key="k1")
    again = post(lean, path, {"result": 1}, idempotency_key="k1")
    assert first[0] == again[0] == 201
    assert first[2]["@iot.id"] == again[2]["@iot.id"]
    assert taken() == [1]


def test_wrong_types_in_one_row_leave_the_others(lean: Lean, stream: Datastream) -> None:
    other = made("b")
    rows: list[Any] = [
        [f"2026-11-{1 + n // 1440:02}T{n // 60 % 24:02}:{n % 60:02}:00Z", n] for n in range(10_000)
    ]
    rows[9_998] = [NOON, "much"]
    rows[5] = "no row"
    rows[6] = ["2026-13-45T00:00:00Z", 1]
    status, _headers, answers = post(
        lean, "CreateObservations", array(stream, rows) + array(other, [[NOON, 7]])
    )
    assert status == 201
    bad = {place: text for place, text in enumerate(answers) if text.startswith("error")}
    assert set(bad) == {5, 6, 9_998}
    assert "number" in bad[9_998]
    assert len(answers) == 10_001
    assert stream.observations.count() == 9_997
    number = int(answers[-1].rpartition("(")[2].rstrip(")"))
    assert Observation.objects.get(number=number).datastream_id == other.pk
    number = int(answers[1234].rpartition("(")[2].rstrip(")"))
    assert Observation.objects.get(number=number).result == 1234


def test_offsets_periods_and_further_components_are_read(lean: Lean, stream: Datastream) -> None:
    rows = [
        ["2026-11-23T13:00:00+01:00", 1, None],
        ["2026-11-23T12:00:00.123456Z", 2, NOON],
        [f"2026-11-23T14:00:00Z/{'2026-11-23T15:00:00Z'}", 3, None],
        ["2026-11-23T16:00:00", 4, None],
        ["9899-12-31T00:00:00Z", 5, None],
        ["9999-12-31T23:59:59.999999Z", 5, None],
    ]
    names = ("phenomenonTime", "result", "resultTime")
    answers = post(lean, "CreateObservations", array(stream, rows[:2], names))[2]
    answers += post(lean, "CreateObservations", array(stream, rows[2:], names))[2]
    assert [text.startswith("error") for text in answers] == [False, False, False, True, False, True]
    stored = list(Observation.objects.order_by("phenomenon_time"))
    assert [row.phenomenon_time.isoformat() for row in stored] == [
        "2026-11-23T12:00:00+00:00", "2026-11-23T12:00:00.123456+00:00", "2026-11-23T14:00:00+00:00",
        "9899-12-31T00:00:00+00:00",
    ]  # fmt: skip
    assert stored[1].result_time is not None
    assert stored[2].phenomenon_end is not None


def test_json_that_breaks_at_byte_ten_million_stores_nothing(lean: Lean, stream: Datastream) -> None:
    row = f'["{NOON}", 1],'.encode()
    body = json.dumps(array(stream, [])).encode()[:-3] + row * (10_000_000 // len(row)) + b"["
    status, _headers, answer = post(lean, "CreateObservations", body)
    assert status == 400
    assert "JSON" in answer["message"]
    assert not Observation.objects.exists()


def test_large_arrays_are_read_in_pieces(lean: Lean, stream: Datastream) -> None:
    rows: list[Any] = [
        [f"2026-{1 + n // 43200:02}-{1 + n // 1440 % 30:02}T{n // 60 % 24:02}:{n % 60:02}:00Z", n / 8]
        for n in range(70_000)
        if n // 43200 == 0 or n // 1440 % 30 < 27
    ]
    rows[-1][1] = {}
    answers = post(lean, "CreateObservations", array(stream, rows))[2]
    assert [place for place, text in enumerate(answers) if text.startswith("error")] == [len(rows) - 1]
    assert Observation.objects.count() == len(rows) - 1
    assert Datastream.objects.get().latest.count == len(rows) - 1


def test_those_who_come_when_too_much_waits_are_asked_to_come_again(lean: Lean, stream: Datastream) -> None:
    lean.writer.bytes = MOST_BYTES
    status, headers, answer = post(lean, f"Datastreams({stream.pk})/Observations", {"result": 1})
    assert (status, answer["code"]) == (429, 429)
    assert int(headers["retry-after"]) > 0
    lean.writer.bytes = 0
    assert post(lean, f"Datastreams({stream.pk})/Observations", {"result": 1})[0] == 201


@pytest.mark.parametrize("told", ["4000", "0"])
def test_bodies_count_while_they_come(
    lean: Lean, stream: Datastream, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    """Otherwise a crowd of slow senders would fill the memory together, with or without Content-Length."""
    monkeypatch.setattr(group, "MOST_BYTES", 5_000)
    body = json.dumps({"phenomenonTime": NOON, "result": 1}).encode().ljust(4_000)
    path = f"Datastreams({stream.pk})/Observations"

    async def crowd() -> list[int]:
        goes_on = asyncio.Event()
        first = asyncio.create_task(ask(lean, path, body, goes_on=goes_on, content_length=told))
        while not lean.writer.bytes:  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.01)
        second = (await ask(lean, path, body, content_length=told))[0]
        goes_on.set()
        statuses = [(await first)[0], second]
        assert lean.writer.bytes == 0
        return [*statuses, (await ask(lean, path, body, content_length=told))[0]]

    assert asyncio.run(crowd()) == [201, 429, 201]
    assert taken() == [1]


def test_bodies_of_strangers_are_not_kept_in_memory(
    lean: Lean, stream: Datastream, settings: Settings
) -> None:
    settings.STA_ANONYMOUS_WRITE = False
    body = json.dumps({"phenomenonTime": NOON, "result": 1}).encode().ljust(4_000)

    async def stranger() -> int:
        goes_on = asyncio.Event()
        path = f"Datastreams({stream.pk})/Observations"
        asking = asyncio.create_task(ask(lean, path, body, goes_on=goes_on, authorization="Bearer sk_no"))
        await asyncio.sleep(0.3)
        assert lean.writer.bytes == 0
        goes_on.set()
        return (await asking)[0]

    assert asyncio.run(stranger()) == 401


def test_many_senders_share_transactions(lean: Lean, stream: Datastream) -> None:
    others = [made(str(number)) for number in range(9)]

    async def crowd() -> list[int]:
        bodies = [json.dumps({"phenomenonTime": NOON, "result": n}).encode() for n in range(200)]
        paths = [f"Datastreams({[stream, *others][n % 10].pk})/Observations" for n in range(200)]
        answers = await asyncio.gather(
            *(ask(lean, path, body) for path, body in zip(paths, bodies, strict=True))
        )
        return [status for status, _headers, _answer in answers]

    assert set(asyncio.run(crowd())) == {201}
    assert sorted(taken()) == list(range(200))
    versions = {one.latest.version for one in Datastream.objects.all()}
    assert max(versions) < 50


@pytest.mark.skipif(
    os.environ.get("STADTKERN_DATABASE_URL", "").startswith("postgresql"), reason="a limit of SQLite"
)
def test_a_full_disk_is_told_and_nothing_is_half_written(lean: Lean, stream: Datastream) -> None:
    def limit(pages: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            used = cursor.fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {used + 3 if pages == 'few' else 2**30}")

    assert post(lean, "CreateObservations", array(stream, [[NOON, 1]]))[0] == 201
    lean.writer.executor.submit(limit, "few").result()
    stored = 1
    for year in range(1000, 1200):
        times = [f"{year}-11-{1 + n // 1440:02}T{n // 60 % 24:02}:{n % 60:02}:00Z" for n in range(10_000)]
        body = array(stream, [[time, 1] for time in times])
        status, _headers, answer = post(lean, "CreateObservations", body)
        if status != 201:
            break
        stored += 10_000
    assert (status, answer["code"]) == (507, 507)
    assert Observation.objects.count() == Datastream.objects.get().latest.count == stored
    lean.writer.executor.submit(limit, "many").result()
    assert post(lean, "CreateObservations", body)[0] == 201
    assert Observation.objects.count() == Datastream.objects.get().latest.count == stored + 10_000


@pytest.mark.skipif(
    not os.environ.get("STADTKERN_DATABASE_URL", "").startswith("postgresql"), reason="a server is needed"
)
def test_a_full_disk_of_a_server_is_told_in_any_language(lean: Lean, stream: Datastream) -> None:
    """By its SQLSTATE; a data array of which one row does not fit is not stored at all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'kein Platz mehr'; END $$;"
            "CREATE TRIGGER no_room AFTER INSERT ON observations_observation FOR EACH ROW "
            "WHEN (NEW.result = 507) EXECUTE FUNCTION no_room()"
        )
    path, rows = f"Datastreams({stream.pk})/Observations", [[NOON, 1], ["2026-11-23T13:00:00Z", 507]]
    try:
        assert post(lean, path, {"result": 507})[0] == 507
        assert post(lean, "CreateObservations", array(stream, rows))[0] == 507
        assert not Observation.objects.exists()
        assert post(lean, path, {"result": 1})[0] == 201
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "DROP TRIGGER no_room ON observations_observation; DROP FUNCTION no_room() CASCADE"
            )
    assert post(lean, path, {"result": 507})[0] == 201


@pytest.mark.skipif(
    not os.environ.get("STADTKERN_DATABASE_URL", "").startswith("postgresql"), reason="a server is needed"
)
def test_connections_that_break_in_the_middle_lose_and_double_nothing(lean: Lean, stream: Datastream) -> None:
    def break_all() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    async def crowd() -> list[int]:
        loop = asyncio.get_running_loop()
        path = f"Datastreams({stream.pk})/Observations"

        async def sender(number: int) -> list[int]:
            found = []
            for step in range(10):
                time = f"2026-11-23T{number:02}:{step:02}:00Z"
                body = json.dumps({"phenomenonTime": time, "result": number + step / 100}).encode()
                found.append((await ask(lean, path, body))[0])
            return found

        async def breaker() -> None:
            for _ in range(8):
                await asyncio.sleep(0.05)
                await loop.run_in_executor(None, break_all)

        statuses = await asyncio.gather(*(sender(number) for number in range(12)), breaker())
        await loop.run_in_executor(None, lambda: connection.close())  # noqa: PLW0108  # that of the thread
        return [status for some in statuses if some for status in some]

    connection.close()  # it would be broken, too
    assert set(asyncio.run(crowd())) == {201}
    assert Observation.objects.count() == 120
    assert Datastream.objects.get().latest.count == 120
