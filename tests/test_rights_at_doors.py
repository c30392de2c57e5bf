"""Every kind of caller at the doors of SensorThings: HTTP and MQTT keep to the same table of rights."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from stadtkern.contracts.messages import Arrival
from stadtkern.observations.models import Datastream, Observation, Thing
from stadtkern.observations.test_access_matrix import MANAGERS, RIGHTS, Caller, World, expected, world
from stadtkern.people import refusals
from stadtkern.people.models import Refusal
from stadtkern.standards.sensorthings.mqtt import SensorThingsMessages

__all__ = ["world"]
pytestmark = pytest.mark.django_db
ROOT = "/sta/v1.1"
LATER = datetime(2026, 11, 24, 12, tzinfo=UTC)


def browser(caller: Caller) -> Client:
    """Return a client that shows what the caller has."""
    if caller.secret:
        return Client(headers={"Authorization": f"Bearer {caller.secret}"})
    client = Client()
    if caller.user:
        client.force_login(caller.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(client: Client, path: str, body: Any) -> int:  # noqa: ANN401  # JSON
    return client.post(f"{ROOT}/{path}", json.dumps(body), content_type="application/json").status_code


def observation(minute: int) -> dict[str, Any]:
    return {"phenomenonTime": (LATER + timedelta(minutes=minute)).isoformat(), "result": 2}


@pytest.mark.parametrize("name", RIGHTS)
def test_reading_by_http(world: World, name: str) -> None:
    client = browser(world.callers[name])
    listed = client.get(f"{ROOT}/Datastreams?$top=100&$select=id").json()["value"]
    ids = {one["@iot.id"] for one in listed}
    assert {stream for stream, pk in world.streams.items() if pk in ids} == expected(name, "r")
    for path in ("", "/Observations", "/Thing"):
        seen = {
            stream
            for stream, pk in world.streams.items()
            if client.get(f"{ROOT}/Datastreams({pk}){path}").status_code == 200
        }
        assert seen == expected(name, "r"), path
    counted = client.get(f"{ROOT}/Observations?$count=true&$top=0").json()["@iot.count"]
    assert counted == len(expected(name, "r"))
    things = client.get(f"{ROOT}/Things?$expand=Datastreams($expand=Observations)&$top=100").json()["value"]
    shown = {one["@iot.id"] for thing in things for one in thing["Datastreams"]}
    assert shown == ids
    csv = b"".join(client.get(f"{ROOT}/Observations?$resultFormat=CSV")).decode()
    assert len(csv.splitlines()) == 1 + len(expected(name, "r"))


@pytest.mark.parametrize("name", RIGHTS)
def test_writing_by_http(world: World, name: str) -> None:
    """Sessions write nothing here: an interface for programs asks for no form token."""
    caller = world.callers[name]
    client = browser(caller)
    may = expected(name, "w") if caller.secret else set()
    written = {
        stream
        for number, (stream, pk) in enumerate(world.streams.items())
        if post(client, f"Datastreams({pk})/Observations", observation(number)) == 201
    }
    assert written == may
    array = [
        {
            "Datastream": {"@iot.id": pk},
            "components": ["phenomenonTime", "result"],
            "dataArray": [[observation(100 + number)["phenomenonTime"], 3]],
        }
        for number, pk in enumerate(world.streams.values())
    ]
    post(client, "CreateObservations", array)
    stored = Observation.objects.filter(phenomenon_time__gte=LATER).values_list("datastream", "result")
    by_result = {result: {pk for pk, one in stored if one == result} for result in (2, 3)}
    assert by_result[2] == by_result[3] == {world.streams[stream] for stream in may}


@pytest.mark.parametrize("name", RIGHTS)
def test_managing_by_http(world: World, name: str) -> None:
    caller = world.callers[name]
    client = browser(caller)
    manages = bool(caller.secret) and name in MANAGERS
    new = {"name": "New", "description": "A thing without series", "properties": {}}
    assert (post(client, "Things", new) == 201) is manages
    things = Datastream.objects.filter(pk__in=world.streams.values()).values_list("thing__key", "thing")

    def changes(pk: int) -> bool:
        body = '{"description": "x"}'
        answer = client.patch(f"{ROOT}/Things({pk})", body, content_type="application/json")
        return answer.status_code == 200

    own = {key for key, pk in things if changes(pk)}
    assert own == (expected(name, "w") if manages else set())
    assert Thing.objects.filter(description="x").count() == len(own)
    gone = {
        stream
        for stream, pk in world.streams.items()
        if client.delete(f"{ROOT}/Datastreams({pk})").status_code == 200
    }
    assert gone == (expected(name, "w") if manages else set())


@pytest.mark.parametrize("name", [name for name in RIGHTS if "key" in name or name == "anonymous"])
def test_mqtt(world: World, name: str) -> None:
    interface = SensorThingsMessages()
    secret = world.callers[name].secret
    access = interface.sign_in(*(("sensor", secret) if secret else (None, None)))
    assert access is not None
    topics = {stream: f"v1.1/Datastreams({pk})/Observations" for stream, pk in world.streams.items()}
    assert {s for s, topic in topics.items() if not interface.refusal(topic, access)} == expected(name, "r")
    assert {s for s, topic in topics.items() if interface.may_write(topic, access)} == expected(name, "w")
    bodies = [observation(0) | {"Datastream": {"@iot.id": pk}} for pk in world.streams.values()]
    arrivals = [Arrival("v1.1/Observations", json.dumps(body).encode(), access, LATER) for body in bodies]
    refusals.forget_pending()
    lines = interface.store(arrivals)
    stored = {stream for stream, line in zip(world.streams, lines, strict=True) if not line}
    assert stored == expected(name, "w")
    refused = Refusal.objects.filter(door="mqtt").first()
    assert (refused is not None) is (len(stored) < len(world.streams))


def test_a_flood_of_refused_writes_leaves_a_line_for_each_kind(world: World) -> None:
    refusals.forget_pending()
    client = browser(world.callers["read key"])
    readable = {world.streams[stream] for stream in expected("read key", "r")}
    for number in range(20):
        for pk in world.streams.values():
            status = post(client, f"Datastreams({pk})/Observations", observation(number))
            assert status == (403 if pk in readable else 404)
        assert post(client, "Things", {"name": "x", "description": "x"}) == 403
        post(client, f"<script>({number})", {})
    assert set(Refusal.objects.values_list("reason", flat=True)) >= {"POST Observations", "POST Things"}
    assert Refusal.objects.count() <= 4
    assert all(one.principal.startswith("key:sk_") for one in Refusal.objects.all())


@pytest.mark.parametrize("header", ["Bearer sk_wrong", "Basic eA==", "nonsense"])
def test_a_wrong_key_is_refused_even_for_what_is_public(world: World, header: str) -> None:
    client = Client(headers={"Authorization": header})
    for answer in (
        client.get(f"{ROOT}/Things"),
        client.post(f"{ROOT}/Things", "{}", content_type="application/json"),
    ):
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_key_used_too_often_is_told_when_to_come_back(world: World) -> None:
    from stadtkern.observations.test_access_matrix import key_of  # noqa: PLC0415

    secret = key_of(person=world.callers["editor"].user, per_minute=2)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    answers = [client.get(f"{ROOT}/Things") for _number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"] == "30"
