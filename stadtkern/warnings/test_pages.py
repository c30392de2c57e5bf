"""What the public sees of warnings."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from stadtkern.governance.models import DataProfile
from stadtkern.warnings.banner import warnings
from stadtkern.warnings.conftest import Clock, Send, above, rule
from stadtkern.warnings.models import Alert, PushSubscription
from stadtkern.warnings.services import Watcher

pytestmark = pytest.mark.django_db
KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"


@pytest.fixture
def flood(at: Clock, send: Send, watcher: Watcher) -> Alert:
    """Give a standing public alert."""
    send(500, 650)
    rule(above(600), is_public=True, advice={"en": "Stay away from the <bank>."})
    watcher.tick()
    return Alert.objects.get()


def test_list_shows_what_stands_and_what_ended(
    client: Client, at: Clock, send: Send, watcher: Watcher, flood: Alert
) -> None:
    page = client.get("/en/warnings/").content.decode()
    assert "One warning stands now." in page
    assert "Guben: Water level 650" in page
    at.forward(minutes=15)
    send(500)
    watcher.tick()
    page = client.get("/en/warnings/").content.decode()
    assert "No warning stands now. Nothing to do." in page
    assert "High water" in page


def test_page_of_a_warning_draws_its_series(client: Client, flood: Alert) -> None:
    page = client.get(f"/en/warnings/{flood.pk}/").content.decode()
    assert "Stay away from the &lt;bank&gt;." in page
    assert "<svg" in page
    assert "This stands now." in page


def test_alert_stands_on_every_page_instead_of_its_level(client: Client, flood: Alert) -> None:
    assert [warning.url[3:] for warning in warnings()] == [f"/warnings/{flood.pk}/"]
    page = client.get("/en/account/login/").content.decode()
    assert "High water. Guben: Water level 650" in page


def test_nobody_sees_what_is_not_public(client: Client, flood: Alert, profile: DataProfile) -> None:
    Alert.objects.update(is_public=False)
    assert client.get(f"/en/warnings/{flood.pk}/").status_code == 404
    Alert.objects.update(is_public=True)
    profile.is_published = False
    profile.save()
    assert client.get(f"/en/warnings/{flood.pk}/").status_code == 404
    assert "High water" not in client.get("/en/warnings/").content.decode()
    assert "High water" not in client.get("/en/warnings/feed.atom").content.decode()
    assert list(warnings()) == []


def test_feed_is_atom(client: Client, flood: Alert) -> None:
    answer = client.get("/en/warnings/feed.atom")
    assert answer["Content-Type"].startswith("application/atom+xml")
    text = answer.content.decode()
    assert "warning: High water" in text
    assert f"/en/warnings/{flood.pk}/</id>" not in text
    assert "&lt;bank&gt;" in text


def test_number_of_queries_does_not_grow(
    client: Client,
    at: Clock,
    send: Send,
    watcher: Watcher,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(12):
        send(500, 650, thing=f"gauge-{number}")
    from stadtkern.observations.models import ObservedProperty  # noqa: PLC0415  # models, when they are loaded

    level = ObservedProperty.objects.get(slug="water_level")
    rule(above(600, datastream=None, observed_property=level), is_public=True)
    watcher.tick()
    client.get("/en/warnings/")
    with django_assert_max_num_queries(8):
        page = client.get("/en/warnings/")
    assert page.content.decode().count("sk-warnings__item--warning") == 12


def test_browser_subscribes_and_takes_it_back(client: Client) -> None:
    told = {
        "endpoint": "https://push.example.org/a1",
        "keys": {"p256dh": KEY, "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
    }
    answer = client.post("/pl/warnings/push/", json.dumps(told), content_type="application/json")
    assert answer.status_code == 204
    assert PushSubscription.objects.get().language == "pl"
    client.post("/de/warnings/push/", json.dumps(told), content_type="application/json")
    assert PushSubscription.objects.get().language == "de"
    client.delete("/de/warnings/push/", json.dumps(told), content_type="application/json")
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "[]", "{}", '{"endpoint": 5}', '{"endpoint": "https://x", "keys": []}', '{"endpoint": "https://x", "keys": {"p256dh": "AA", "auth": "AA"}}',
        json.dumps({"endpoint": "http://push.example.org/", "keys": {"p256dh": KEY, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}),
        json.dumps({"endpoint": "https://push.example.org/" + "a" * 2000, "keys": {"p256dh": KEY, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}),
        json.dumps({"endpoint": "https://push.example.org/", "keys": {"p256dh": KEY, "auth": "short"}}),
    ],
)  # fmt: skip
def test_anything_else_is_refused(client: Client, body: str) -> None:
    answer = client.post("/de/warnings/push/", body, content_type="application/json")
    assert answer.status_code in {422, 429}
    assert not PushSubscription.objects.exists()


def test_worker_script_stands_at_the_root(client: Client) -> None:
    answer = client.get("/push-worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert b"showNotification" in answer.content


def test_withdrawn_alert_disappears(client: Client, at: Clock, flood: Alert) -> None:
    Alert.objects.update(is_withdrawn=True, ended=at.now + timedelta(minutes=1))
    assert client.get(f"/en/warnings/{flood.pk}/").status_code == 404
