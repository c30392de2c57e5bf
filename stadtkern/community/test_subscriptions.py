"""Who subscribed hears of news, once, and nobody else does."""

import hmac
import json
from datetime import timedelta
from email.message import Message
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from time_machine import travel

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, NotFound, Unavailable
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.community.fixtures import make_dataset
from stadtkern.community.models import DatasetEvent, Subscription
from stadtkern.community.services import events, retention, subscribing, telling
from stadtkern.community.services.news import note_published
from stadtkern.people.services import add_person
from stadtkern.web.fixtures import Receiver, receiver

pytestmark = pytest.mark.django_db
__all__ = ["receiver"]
WHERE = "/en/data/cyclists/subscribe/"


@pytest.fixture(name="dataset")
def _dataset() -> Dataset:
    return make_dataset()


def new_version(dataset: Dataset, number: int = 1, **facts: Any) -> Version:  # noqa: ANN401
    """Let a new version of the data come."""
    table, _is_new = Distribution.objects.get_or_create(dataset=dataset, slug="counts")
    version = Version.objects.create(
        distribution=table, number=number, original_name="counts.csv", state="ready", **{"rows": 12, **facts}
    )
    events.new_version(version)
    return version


def subscribed(dataset: Dataset, **facts: Any) -> Subscription:  # noqa: ANN401
    """Return a confirmed subscription."""
    made = subscribing.subscribe(dataset=dataset, email="alice@example.org", language="en", **facts)
    subscribing.confirm(made)
    mail.outbox.clear()
    return made


def body_of(number: int = 0) -> str:
    """Return the text of a mail that was sent."""
    return str(mail.outbox[number].body)


def test_a_reader_subscribes_confirms_hears_and_ends_it(
    client: Client,
    dataset: Dataset,
    django_capture_on_commit_callbacks: Any,  # noqa: ANN401
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(WHERE, {"email": "Alice@example.org", "rhythm": "daily"})
    assert answer.status_code == 200
    (found,) = Subscription.objects.all()
    assert found.email == "alice@example.org"
    assert found.confirmed_at is None
    new_version(dataset)
    assert telling.tell_due() == 0
    link = f"/en/data/subscriptions/{found.token}/"
    assert link + "confirm/" in body_of().replace("/de/", "/en/")
    client.get(link + "confirm/")
    assert Subscription.objects.filter(confirmed_at=None).exists(), "a program that follows links confirmed"
    client.post(link + "confirm/")
    mail.outbox.clear()
    assert telling.tell_due() == 1
    assert "Cyclists on the bridge: new data, 12 rows" in body_of()
    assert found.token in body_of()
    assert telling.tell_due() == 0
    client.post(link + "end/")
    assert not Subscription.objects.exists()
    assert client.get(link + "end/").status_code == 404


def test_a_digest_holds_all_news_of_a_day(dataset: Dataset) -> None:
    subscribed(dataset)
    new_version(dataset, 1)
    new_version(dataset, 2, note="corrected")
    assert telling.tell_due() == 1
    assert mail.outbox[0].subject == "2 pieces of news on data"
    assert "(corrected)" in body_of()
    new_version(dataset, 3)
    assert telling.tell_due() == 0
    with travel(clock.now() + timedelta(days=1, minutes=1), tick=False):
        assert telling.tell_due() == 1
    assert "(corrected)" not in body_of(1)


def test_a_mail_can_be_ended_by_one_click(client: Client, dataset: Dataset) -> None:
    made = subscribed(dataset)
    new_version(dataset)
    telling.tell_due()
    message: Message = mail.outbox[0].message()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = message["List-Unsubscribe"].strip("<>").partition("//")[2].partition("/")[2]
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/{path}", {"List-Unsubscribe": "One-Click"}).status_code == 204
    assert not Subscription.objects.filter(pk=made.pk).exists()
    assert client.get(f"/{path}").status_code == 405


def test_the_same_wish_twice_is_one_subscription(dataset: Dataset) -> None:
    first = subscribing.subscribe(dataset=dataset, email="alice@example.org")
    assert subscribing.subscribe(dataset=dataset, email="ALICE@example.org") == first


def test_what_is_not_public_is_not_told(dataset: Dataset) -> None:
    subscribed(dataset)
    new_version(dataset)
    Dataset.objects.update(live=False)
    assert telling.tell_due() == 0
    assert mail.outbox == []


def test_a_withdrawal_is_told_with_its_reason(dataset: Dataset) -> None:
    subscribed(dataset)
    Dataset.objects.update(withdrawn_at=clock.now(), withdrawn_reason={"en": "Counted twice."})
    assert note_published() == 1
    assert note_published() == 0
    assert telling.tell_due() == 1
    assert "withdrawn. Counted twice." in body_of()


def test_a_search_tells_of_datasets_that_fit(dataset: Dataset) -> None:
    other = make_dataset("trees", profile=dataset.profile, title={"en": "Trees"}, themes=["ENVI"])
    made = subscribing.subscribe(query="theme=ENVI", email="alice@example.org", language="en")
    subscribing.confirm(made)
    mail.outbox.clear()
    assert note_published() == 2
    assert telling.tell_due() == 1
    assert "Trees: newly published" in body_of()
    assert "Cyclists" not in body_of()
    assert other.slug == "trees"


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("q=cycl", True),
        ("q=loop+bridge", True),
        ("q=boats", False),
        ("publisher=town", True),
        ("theme=ENVI", False),
    ],
)
def test_words_and_facets_decide_what_a_search_finds(dataset: Dataset, query: str, *, fits: bool) -> None:
    made = subscribing.subscribe(query=query, email="alice@example.org", language="en")
    subscribing.confirm(made)
    new_version(dataset)
    assert bool(telling.news_for(Subscription.objects.get(pk=made.pk)).events) is fits


def test_a_webhook_needs_an_account(client: Client, dataset: Dataset) -> None:
    with pytest.raises(BadInput):
        subscribing.subscribe(dataset=dataset, url="https://example.org/hook")
    assert client.get("/en/data/cyclists/webhook/").status_code == 302


@pytest.fixture(name="hook")
def _hook(dataset: Dataset, receiver: Receiver) -> Subscription:
    """Give the subscription of a program."""
    alice = add_person("alice@example.org", password="Neisse-Bruecke-1908", language="en")
    return subscribing.subscribe(dataset=dataset, url=receiver.url, user=alice)


def test_a_webhook_is_called_signed_and_tried_again(
    dataset: Dataset, hook: Subscription, receiver: Receiver
) -> None:
    receiver.status = 503
    new_version(dataset)
    assert telling.tell_due() == 0
    hook.refresh_from_db()
    assert hook.failures == 1
    assert "503" in hook.problem
    receiver.status = 204
    with travel(clock.now() + timedelta(minutes=2), tick=False):
        assert telling.tell_due() == 1
    (headers, body), (_again, same) = receiver.got
    assert body == same
    told = json.loads(body)
    assert (told["event"], told["dataset"], told["facts"]["rows"]) == ("version", "cyclists", 12)
    signed = headers["Stadtkern-Time"].encode() + b"." + body
    expected = hmac.new(telling.key_of(hook).encode(), signed, "sha256").hexdigest()
    assert headers["Stadtkern-Signature"] == f"sha256={expected}"


def test_a_webhook_that_never_answers_is_given_up(
    dataset: Dataset, hook: Subscription, receiver: Receiver
) -> None:
    receiver.status = 500
    new_version(dataset)
    for _number in telling.PAUSES:
        Subscription.objects.update(next_at=clock.now())
        telling.tell_due()
    assert Subscription.objects.filter(pk=hook.pk).exists()
    Subscription.objects.update(next_at=clock.now())
    telling.tell_due()
    assert not Subscription.objects.exists()


def test_a_webhook_that_is_gone_is_forgotten(
    dataset: Dataset, hook: Subscription, receiver: Receiver
) -> None:
    receiver.status = 410
    new_version(dataset)
    telling.tell_due()
    assert not Subscription.objects.filter(pk=hook.pk).exists()


def test_a_webhook_never_reaches_our_own_machines(dataset: Dataset) -> None:
    alice = add_person("alice@example.org", password="Neisse-Bruecke-1908", language="en")
    made = subscribing.subscribe(dataset=dataset, url="http://127.0.0.1:9/hook", user=alice)
    new_version(dataset)
    assert telling.tell_due() == 0
    made.refresh_from_db()
    assert "internal" in made.problem


def test_an_address_that_nobody_confirms_is_forgotten(dataset: Dataset) -> None:
    subscribing.subscribe(dataset=dataset, email="alice@example.org")
    assert retention.unconfirmed(clock.now()) == 0
    assert retention.unconfirmed(clock.now() + timedelta(days=4)) == 1


def test_one_address_has_an_end_of_subscriptions(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribing, "MOST_OF_ONE", 1)
    subscribing.subscribe(dataset=dataset, email="alice@example.org")
    with pytest.raises(Unavailable):
        subscribing.subscribe(query="q=x", email="alice@example.org")


@pytest.mark.parametrize("email", ["", "alice", "alice@", "a@b.c\nBcc: all@example.org", "x" * 300 + "@b.de"])
def test_a_wrong_address_is_said_at_the_field(client: Client, dataset: Dataset, email: str) -> None:
    assert dataset.is_public
    assert client.post(WHERE, {"email": email, "rhythm": "daily"}).status_code == 422
    assert not Subscription.objects.exists()


def test_a_robot_is_thanked_and_forgotten(client: Client, dataset: Dataset) -> None:
    assert dataset.is_public
    sent = {"email": "alice@example.org", "rhythm": "daily", "homepage": "https://spam.example"}
    assert client.post(WHERE, sent).status_code == 200
    assert not Subscription.objects.exists()


def test_hidden_datasets_cannot_be_subscribed_to(client: Client, dataset: Dataset) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(live=False)
    assert client.get(WHERE).status_code == 404


def test_an_unknown_token_is_nobodys() -> None:
    with pytest.raises(NotFound):
        subscribing.by_token("nothing")


def test_telling_costs_the_same_for_many_events(
    dataset: Dataset, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    subscribed(dataset)
    for number in range(1, 21):
        new_version(dataset, number)
    assert DatasetEvent.objects.count() == 20
    with django_assert_num_queries(6):
        assert telling.tell_due() == 1
