"""Closed data: asked for, granted for a time, opened by a key, written down, taken back."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from time_machine import travel

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, Conflict, NotPermitted
from stadtkern.catalogue import access
from stadtkern.catalogue.models import Dataset
from stadtkern.community.fixtures import make_dataset, make_profile
from stadtkern.community.models import AccessRequest, ClosedRead, Offer
from stadtkern.community.services import closed, retention
from stadtkern.people.models import ApiKey, User
from stadtkern.people.services import add_person

pytestmark = pytest.mark.django_db
PASSWORD = "Neisse-Bruecke-1908"


@pytest.fixture(autouse=True)
def _rested() -> None:
    cache.clear()


@pytest.fixture(name="offer")
def _offer() -> Offer:
    """Give closed data on request."""
    profile = make_profile("meters", access="partner")
    return Offer.objects.create(
        dataset=make_dataset("meters", profile=profile, title={"en": "Heat meters"}),
        terms={"en": "Only for planning of the heat network."},
        longest=timedelta(days=90),
        contact_email="energy@example.org",
    )


def person(name: str, *roles: str) -> User:
    """Return somebody with roles."""
    return add_person(f"{name}@example.org", password=PASSWORD, roles=roles, language="en")


def day(number: int) -> date:
    """Return a day from now."""
    return clock.now().date() + timedelta(days=number)


def asked(offer: Offer, who: User, until: int = 30) -> AccessRequest:
    """Return a request."""
    return closed.ask(offer, by=who, organisation="Netz GmbH", purpose="Heat plan", until=day(until))


def can_read(who: User, dataset: Dataset) -> bool:
    """Return whether somebody may read the rows."""
    return access.can_read(access.Reader(user=who), dataset)


def test_a_planner_asks_in_the_browser_and_reads_by_key(client: Client, offer: Offer) -> None:
    charlie = person("charlie")
    client.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(offer.dataset.get_absolute_url()).content.decode()
    assert "Only for planning of the heat network." in page
    sent = {
        "organisation": "Netz GmbH",
        "purpose": "Heat plan",
        "wanted_until": day(30).isoformat(),
        "agreed": "on",
    }
    assert client.post("/en/data/meters/request/", {**sent, "agreed": ""}).status_code == 422
    assert client.post("/en/data/meters/request/", sent).status_code == 302
    assert client.post("/en/data/meters/request/", sent).status_code == 422
    assert mail.outbox[0].to == ["energy@example.org"]
    found = AccessRequest.objects.get()
    assert found.terms == "Only for planning of the heat network."
    assert not can_read(charlie, offer.dataset)
    closed.decide(found, by=person("alice", "admin"), granted=True, reason="")
    assert can_read(charlie, offer.dataset)
    client.post("/en/account/reauthenticate/", {"password": PASSWORD})
    page = client.post(f"/en/data/requests/{found.pk}/key/").content.decode()
    secret = page.split('sk-secret">')[1].split("<")[0]
    key = ApiKey.objects.get()
    assert secret.startswith(key.prefix)
    assert access.can_read(access.Reader(user=charlie, key=key), offer.dataset)


def test_a_grant_ends_by_itself(offer: Offer) -> None:
    charlie = person("charlie")
    closed.decide(asked(offer, charlie), by=person("alice", "admin"), granted=True, reason="")
    with travel(clock.now() + timedelta(days=32), tick=False):
        assert not can_read(charlie, offer.dataset)


def test_a_grant_is_taken_back_with_its_key(offer: Offer) -> None:
    charlie, alice = person("charlie"), person("alice", "admin")
    found = asked(offer, charlie)
    closed.decide(found, by=alice, granted=True, reason="")
    closed.make_key(found, by=charlie)
    found = AccessRequest.objects.select_related("key", "dataset__profile").get()
    with pytest.raises(BadInput):
        closed.revoke(found, by=alice, reason=" ")
    closed.revoke(found, by=alice, reason="Handed on to others.")
    assert not can_read(charlie, offer.dataset)
    assert ApiKey.objects.get().revoked_at is not None


def test_a_new_key_ends_the_one_before(offer: Offer) -> None:
    charlie = person("charlie")
    closed.decide(asked(offer, charlie), by=person("alice", "admin"), granted=True, reason="")
    for _twice in range(2):
        closed.make_key(AccessRequest.objects.select_related("key", "dataset__profile").get(), by=charlie)
    assert [key.revoked_at is None for key in ApiKey.objects.order_by("pk")] == [False, True]


@pytest.mark.parametrize("until", [-1, 0, 91, 10_000])
def test_nobody_asks_for_longer_than_offered(offer: Offer, until: int) -> None:
    with pytest.raises(BadInput):
        asked(offer, person("charlie"), until)


def test_a_request_is_decided_once_and_by_who_may(offer: Offer) -> None:
    found = asked(offer, person("charlie"))
    for nobody in (person("bob"), person("mia", "moderator")):
        with pytest.raises(NotPermitted):
            closed.decide(found, by=nobody, granted=True, reason="")
    alice = person("alice", "admin")
    with pytest.raises(BadInput):
        closed.decide(found, by=alice, granted=False, reason="  ")
    closed.decide(found, by=alice, granted=False, reason="Too wide.")
    stale = AccessRequest.objects.get()
    stale.state = AccessRequest.State.ASKED
    with pytest.raises(Conflict):
        closed.decide(stale, by=alice, granted=True, reason="")


def test_a_refusal_without_a_reason_cannot_be_stored(offer: Offer) -> None:
    found = asked(offer, person("charlie"))
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRequest.objects.filter(pk=found.pk).update(state="declined")


def test_others_get_nothing_of_a_grant(client: Client, offer: Offer) -> None:
    charlie, bob = person("charlie"), person("bob")
    found = asked(offer, charlie)
    closed.decide(found, by=person("alice", "admin"), granted=True, reason="")
    assert not can_read(bob, offer.dataset)
    assert not access.can_read(None, offer.dataset)
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/en/account/reauthenticate/", {"password": PASSWORD})
    assert client.post(f"/en/data/requests/{found.pk}/key/").status_code == 404
    assert client.post(f"/en/data/requests/{found.pk}/withdraw/").status_code == 404
    with pytest.raises(NotPermitted):
        closed.make_key(found, by=bob)


def test_every_reading_is_written_down_and_ends(offer: Offer) -> None:
    charlie = person("charlie")
    found = asked(offer, charlie)
    closed.decide(found, by=person("alice", "admin"), granted=True, reason="")
    access.note_read(access.Reader(user=charlie), offer.dataset, "csv", 120)
    read = ClosedRead.objects.get()
    assert (read.user, read.request, read.what, read.rows) == (charlie, found, "csv", 120)
    access.note_read(access.Reader(user=charlie), make_dataset(), "csv", 5)
    assert ClosedRead.objects.count() == 1
    assert retention.reads(clock.now() + timedelta(days=4 * 366)) == 1
    assert retention.requests(clock.now() + timedelta(days=4 * 366)) == 1


def test_an_officer_decides_in_the_back_office(client: Client, offer: Offer) -> None:
    found = asked(offer, person("charlie"))
    client.force_login(person("alice", "editor"))
    assert "Netz GmbH" in client.get("/admin/data-requests/").content.decode()
    page = f"/admin/data-requests/{found.pk}/"
    assert client.post(page, {"action": "decline", "reason": ""}).status_code == 422
    assert (
        client.post(page, {"action": "grant", "reason": "", "until": day(10).isoformat()}).status_code == 302
    )
    found.refresh_from_db()
    assert found.state == "granted"
    assert found.decided_by is not None
    client.force_login(person("mia", "moderator"))
    assert client.get("/admin/data-requests/").status_code in {302, 403}


def test_one_takes_ones_own_request_back(client: Client, offer: Offer) -> None:
    charlie = person("charlie")
    found = asked(offer, charlie)
    client.force_login(charlie)
    assert "Heat meters" in client.get("/en/data/requests/").content.decode()
    client.post(f"/en/data/requests/{found.pk}/withdraw/")
    found.refresh_from_db()
    assert found.state == "withdrawn"
    assert asked(offer, charlie).pk != found.pk


def test_the_marketplace_lists_what_is_offered(client: Client, offer: Offer) -> None:
    assert "Heat meters" in client.get("/en/data/marketplace/").content.decode()
    Offer.objects.filter(pk=offer.pk).update(is_on=False)
    assert "Heat meters" not in client.get("/en/data/marketplace/").content.decode()
