"""Writing over HTTP: keys and profiles, idempotency, sizes, data arrays."""

import json
from typing import Any

import pytest
from django.test import Client

from stadtkern.observations.granted import Access
from stadtkern.observations.models import (
    Datastream,
    IdempotencyKey,
    LatestObservation,
    Observation,
    Thing,
)
from stadtkern.observations.services import delete_idempotency_keys
from stadtkern.standards.sensorthings.conftest import profile
from stadtkern.standards.sensorthings.fixtures import Client as Writer
from stadtkern.standards.sensorthings.fixtures import datastream, location, multi_datastream, thing
from stadtkern.standards.sensorthings.write import views

pytestmark = pytest.mark.django_db
ROOT = "/sta/v1.1/"
writer = Writer()


@pytest.fixture
def is_open(settings: Any) -> None:  # noqa: ANN401
    """Let everybody write."""
    settings.STA_ANONYMOUS_WRITE = True


def post(client: Client, path: str, body: Any, **headers: str) -> Any:  # noqa: ANN401
    """Send JSON."""
    return client.post(ROOT + path, body, "application/json", headers=headers)


def test_created_entity_is_found_at_its_address(client: Client, is_open: None) -> None:
    """/req/create-update-delete/create-entity and deep-insert-status-code, from outside."""
    answer = post(client, "Things", thing(Locations=[location()], Datastreams=[datastream()]))
    assert answer.status_code == 201
    found = client.get(answer.headers["Location"] + "?$expand=Datastreams,Locations")
    assert found.status_code == 200
    assert found.json()["Datastreams"][0]["unitOfMeasurement"]["symbol"] == "°C"
    assert found.json()["Locations"][0]["location"] == location()["location"]
    path = answer.headers["Location"]
    assert client.patch(path, {"name": "new"}, "application/json").json()["name"] == "new"
    assert client.put(path, {"name": "a", "description": "b"}, "application/json").status_code == 200
    assert client.delete(path).status_code == 200
    assert client.get(path).status_code == 404


def test_strangers_may_not_write(client: Client) -> None:
    """401 and a hint how; nothing is stored."""
    answer = post(client, "Things", thing())
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "error"
    assert post(client, "Things", thing(), Authorization="Bearer nonsense").status_code == 401
    assert not Thing.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"NaN",
        b'{"name": NaN}',
        b'{"name": "a\\u0000b", "description": "x"}',
        b'{"name": "\\ud800", "description": "x"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"",
        b"null",
        b'"text"',
        b"1e999",
    ],
)
def test_broken_json_is_answered(client: Client, is_open: None, body: bytes) -> None:
    """400 with a reason, whatever comes."""
    answer = client.post(ROOT + "Things", body, "application/json")
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert not Thing.objects.exists()


def test_malformed_json_says_where(client: Client, is_open: None) -> None:
    """A mistake ten million bytes in."""
    body = b'{"name": "' + b"x" * 10_000_000 + b'", broken}'
    answer = client.post(ROOT + "Things", body, "application/json")
    assert answer.status_code == 400
    assert "10000" in answer.json()["message"]


def test_large_bodies_are_refused(client: Client, is_open: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """413, but not for data arrays."""
    monkeypatch.setattr(views, "LARGEST", 1000)
    assert post(client, "Things", thing(description="x" * 1000)).status_code == 413
    assert post(client, "CreateObservations", [{"x": "x" * 1000}]).status_code == 400


def test_request_sent_twice_is_done_once(client: Client, is_open: None) -> None:
    """Idempotency-Key: same answer, one entity; another body is refused; errors are not kept."""
    told = {"Idempotency-Key": "abc"}
    first = post(client, "Things", thing(), **told)
    second = post(client, "Things", thing(), **told)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Thing.objects.count() == 1
    assert post(client, "Things", thing(name="other"), **told).status_code == 422
    told = {"Idempotency-Key": "def"}
    assert post(client, "Things", {}, **told).status_code == 400
    assert post(client, "Things", thing(), **told).status_code == 201
    assert post(client, "Things", thing(), **{"Idempotency-Key": "x" * 300}).status_code == 400
    stored = IdempotencyKey.objects.order_by("-created")[0].created
    assert delete_idempotency_keys(stored) == 0


def test_key_gives_its_profile(db: None) -> None:
    """A Datastream made with an API key gets the profile of the key; one without stays non-public."""
    mine, other = profile("mine", is_published=True), profile("other", is_published=True)
    key = Writer(
        Access(
            principal="key:abc",
            may_manage=True,
            profile=mine.pk,
            read_profiles=frozenset({mine.pk}),
            write_profiles=frozenset({mine.pk}),
        )
    )
    pk = key.make(
        "Things", thing(Locations=[location()], Datastreams=[datastream(Observations=[{"result": 1}])])
    )
    stream = Datastream.objects.get(thing=pk)
    assert stream.profile == mine
    assert list(Datastream.objects.public()) == [stream]
    foreign = writer.make("Things", thing(Datastreams=[datastream()]))
    made = Datastream.objects.get(thing=foreign)
    assert made.profile is None
    assert not Datastream.objects.public().filter(pk=made.pk).exists()
    made.profile = other
    made.save()
    assert key.ask("POST", f"Datastreams({made.pk})/Observations", {"result": 1}).status in {403, 404}
    assert key.ask("DELETE", f"Things({foreign})").status in {403, 404}
    assert key.ask("DELETE", f"Things({pk})").status == 200


def rows(client: Client, *parts: dict[str, Any], status: int = 201) -> Any:  # noqa: ANN401
    """Send data arrays."""
    answer = post(client, "CreateObservations", list(parts))
    assert answer.status_code == status, answer.content
    return answer.json()


def test_data_array_answers_each_row(client: Client, is_open: None) -> None:
    """/req/data-array/data-array: addresses, and what is wrong with the rows that are."""
    writer.make("Things", thing(Datastreams=[datastream()], MultiDatastreams=[multi_datastream()]))
    single, multi = Datastream.objects.order_by("is_multi")
    time = "2026-01-01T00:00:{:02}Z"
    answers = rows(
        client,
        {
            "Datastream": {"@iot.id": single.pk},
            "components": ["phenomenonTime", "result", "parameters"],
            "dataArray@iot.count": 5,
            "dataArray": [
                [time.format(1), 1.5, {"a": 1}],
                [time.format(2), "warm", None],
                ["1700000000000", 3, None],
                [time.format(4)],
                [time.format(5), 5, None],
            ],
        },
        {
            "MultiDatastream": {"@iot.id": multi.pk},
            "components": ["result"],
            "dataArray": [[[1, 2]], [[1]]],
        },
        {"Datastream": {"@iot.id": 4711}, "components": ["result"], "dataArray": [[1]]},
    )
    assert ["error" in answer for answer in answers] == [False, True, True, True, False, False, True, True]
    assert "result has to be a number" in answers[1]
    assert "there is no Datastream 4711" in answers[7]
    assert Observation.objects.count() == 3
    assert LatestObservation.objects.get(datastream=single).count == 2
    found = client.get(answers[0])
    assert (found.json()["result"], found.json()["parameters"]) == (1.5, {"a": 1})


@pytest.mark.parametrize(
    "part",
    [
        5,
        {},
        {"Datastream": {"@iot.id": 1}, "dataArray": []},
        {"Datastream": {"@iot.id": 1}, "components": "result", "dataArray": []},
        {"Datastream": {"@iot.id": 1}, "components": ["result", "result"], "dataArray": []},
        {"Datastream": {"@iot.id": 1}, "components": ["colour", "result"], "dataArray": []},
        {"Datastream": {"@iot.id": 1}, "components": ["phenomenonTime"], "dataArray": []},
        {"Datastream": {"@iot.id": 1}, "components": ["result"], "dataArray": 5},
    ],
)
def test_broken_data_arrays_are_refused_as_a_whole(client: Client, is_open: None, part: Any) -> None:  # noqa: ANN401
    """What is wrong with all rows at once."""
    assert rows(client, part, status=400)["message"]


def test_answers_are_json_for_programs(client: Client, is_open: None) -> None:
    """Even wrong methods and preflights of browsers."""
    pk = writer.make("Things", thing())
    for answer in (
        client.post(f"{ROOT}Things({pk})", b"{}", "application/json"),
        client.delete(ROOT + "Things"),
    ):
        assert answer.status_code == 405
        assert json.loads(answer.content)["code"] == 405
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.options(ROOT + "Things").status_code == 204
