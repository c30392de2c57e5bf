"""Messages by POST: 2xx only for what is on disk, a clear problem otherwise."""

import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from stadtkern.contracts.connector import Connector, Context, Item
from stadtkern.ingest import hooks, registry, services, storing
from stadtkern.ingest.models import Source
from stadtkern.ingest.test_polling import reading
from stadtkern.observations.models import Observation, QuarantinedReading

pytestmark = pytest.mark.django_db


def parse(body: bytes, _context: Context) -> Iterator[Item]:
    """Yield one reading: the number in the message."""
    yield reading(json.loads(body))


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch, db: None) -> str:
    """Give the key of a source that takes messages."""
    plugin = Connector(
        title="Test",
        description="",
        publisher="",
        homepage="",
        licence="",
        attribution="",
        parse=parse,
        transport="webhook",
    )
    monkeypatch.setitem(registry.connectors(), "test", plugin)
    source = Source.objects.create(slug="test", connector="test", title={"de": "Test"})
    return services.new_key(source)


def post(body: Any = b"7", slug: Any = "test", **headers: str) -> Any:  # noqa: ANN401  # Django patches it
    """Bring a message."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client().post(f"/hooks/{slug}/", body, content_type="application/json", headers=named)


def title(response: Any) -> str:  # noqa: ANN401
    """Return the line of a problem document."""
    assert response["Content-Type"] == "application/problem+json"
    document = json.loads(response.content)
    assert document["status"] == response.status_code
    return str(document["title"])


def test_message_with_the_key_is_stored(key: str) -> None:
    """By header, bearer token or signature; a repetition is harmless."""
    signature = hmac.new(key.encode(), b"7", "sha256").hexdigest()
    ways = [
        {"X_Stadtkern_Key": key},
        {"Authorization": f"Bearer {key}"},
        {"X_Stadtkern_Signature": f"sha256={signature}"},
        {"X_Hub_Signature_256": signature},
    ]
    answers = [post(**way) for way in ways]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert json.loads(answers[0].content) == {"stored": 1, "repeated": 0, "rejected": 0}
    assert json.loads(answers[3].content) == {"stored": 0, "repeated": 1, "rejected": 0}
    state = Source.objects.get().state
    assert (state.readings_in, state.messages_in, state.last_error) == (1, 4, "")
    assert state.last_success is not None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_Stadtkern_Key": "wrong"},
        {"X_Stadtkern_Key": ""},
        {"Authorization": "Basic abc"},
        {"X_Stadtkern_Signature": "sha256=00"},
        {"X_Stadtkern_Key": "ä"},
    ],
)
def test_message_without_the_key_is_refused(key: str, headers: dict[str, str]) -> None:
    """An unknown source gives the same answer, so that nobody learns which there are."""
    assert key
    answer, unknown = post(**headers), post(slug="unknown", **headers)
    assert answer.status_code == unknown.status_code == 401
    assert title(answer) == title(unknown)
    assert not Observation.objects.exists()


def test_guessing_is_slowed_down(key: str) -> None:
    """After thirty wrong keys there is a pause, which the right key ends."""
    answers = [post(X_Stadtkern_Key="wrong").status_code for _ in range(40)]
    assert answers[:30] == [401] * 30
    assert 429 in answers
    assert post(X_Stadtkern_Key=key).status_code == 200


def test_too_many_messages_are_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer says when to come again."""
    monkeypatch.setattr(hooks.CALLS, "burst", 1)
    assert post(X_Stadtkern_Key=key).status_code == 200
    refused = post(X_Stadtkern_Key=key)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1


def test_too_large_message_is_refused(key: str) -> None:
    """Before anything of it is read."""
    assert post(b" " * (hooks.LARGEST_BODY + 1), X_Stadtkern_Key=key).status_code == 413


def test_unreadable_message_is_kept_in_quarantine(key: str) -> None:
    """The sender and the editor learn why."""
    answer = post(b"<html>", X_Stadtkern_Key=key)
    assert answer.status_code == 422
    assert "JSONDecodeError" in title(answer)
    assert QuarantinedReading.objects.get().raw == "<html>"
    state = Source.objects.get().state
    assert (state.readings_rejected, state.last_success) == (1, None)
    assert "JSONDecodeError" in state.last_error


def test_database_outage_is_told(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """503: the sender keeps the message."""

    def away(*_things: object, **_more: object) -> None:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(storing, "record", away)
    answer = post(X_Stadtkern_Key=key)
    assert answer.status_code == 503
    assert answer["Retry-After"]


def test_paused_source_takes_nothing(key: str) -> None:
    """503: the sender tries again later."""
    services.pause(Source.objects.get())
    assert post(X_Stadtkern_Key=key).status_code == 503
    assert not Observation.objects.exists()


def test_source_that_is_asked_takes_nothing_by_post(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only connectors that say so take messages."""
    plugin = replace(registry.connectors()["test"], transport="http")
    monkeypatch.setitem(registry.connectors(), "test", plugin)
    assert post(X_Stadtkern_Key=key).status_code == 404


def test_reading_the_address_tells_how(key: str) -> None:
    """GET is answered with a problem document, not with a page."""
    assert key
    answer = Client().get("/hooks/test/")
    assert answer.status_code == 405
    assert "POST" in title(answer)


def test_new_key_ends_the_old_one(key: str) -> None:
    """The database never holds a key."""
    new = services.new_key(Source.objects.get())
    assert post(X_Stadtkern_Key=key).status_code == 401
    assert post(X_Stadtkern_Key=new).status_code == 200
    assert new not in str(Source.objects.values())
