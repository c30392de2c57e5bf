"""Keys on the pages of the account and in the back office."""

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from stadtkern.people import refusals
from stadtkern.people.keys import create_key, credential_of
from stadtkern.people.models import ApiKey, Organisation, User
from stadtkern.people.services import add_person

pytestmark = pytest.mark.django_db
PASSWORD = "Neisse-Bruecke-1908"
FORM = {"name": "bridge", "scopes": ["sta:read", "sta:write"], "days": "365", "profiles": "", "streams": ""}


@pytest.fixture(autouse=True)
def _rested() -> None:
    """Forget how often the password was typed in other tests."""
    cache.clear()


def somebody(client: Client, role: str | None = None, name: str = "alice") -> User:
    """Sign somebody in who has just shown the password."""
    user = add_person(f"{name}@example.org", password=PASSWORD, roles=[role] if role else [], language="en")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/en/account/reauthenticate/", {"password": PASSWORD})
    return user


def test_a_person_makes_a_key_sees_it_once_and_ends_it(client: Client) -> None:
    alice = somebody(client)
    answer = client.post("/en/account/keys/new/", {**FORM, "profiles": "water, air", "streams": "7 8"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    page = answer.content.decode()
    secret = page.split('sk-secret">')[1].split("<")[0]
    grant = credential_of(secret).grant
    assert (grant.profiles, grant.streams) == (frozenset({"water", "air"}), frozenset({7, 8}))
    key = ApiKey.objects.get(person=alice)
    listed = client.get("/en/account/keys/").content.decode()
    assert key.prefix in listed
    assert secret not in listed
    assert client.post(f"/en/account/keys/{key.pk}/revoke/").status_code == 302
    key.refresh_from_db()
    assert key.revoked_at
    assert "revoked" in client.get("/en/account/keys/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"scopes": []},
        {"scopes": ["root"]},
        {"days": "99999"},
        {"days": "abc"},
        {"streams": "1; DROP TABLE"},
        {"streams": "9" * 30},
        {"streams": "²"},
        {"profiles": "a " * 300},
    ],
)
def test_a_wrong_form_makes_no_key(client: Client, wrong: dict[str, object]) -> None:
    somebody(client)
    assert client.post("/en/account/keys/new/", {**FORM, **wrong}).status_code == 422
    assert not ApiKey.objects.exists()


def test_the_keys_of_others_are_out_of_reach(client: Client) -> None:
    bob = add_person("bob@example.org", password=PASSWORD)
    key, _secret = create_key("bobs", person=bob, scopes=["sta:read"], by=None)
    somebody(client)
    assert client.post(f"/en/account/keys/{key.pk}/revoke/").status_code == 404
    assert "bobs" not in client.get("/en/account/keys/").content.decode()
    assert Client().get("/en/account/keys/").status_code == 302
    assert Client().post("/en/account/keys/new/", FORM).status_code == 302
    key.refresh_from_db()
    assert key.revoked_at is None


def test_who_signed_in_long_ago_shows_the_password_first(client: Client) -> None:
    alice = add_person("alice@example.org", password=PASSWORD)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/en/account/keys/new/", FORM).status_code == 302
    assert not ApiKey.objects.exists()


def test_an_administrator_makes_a_key_for_an_organisation(client: Client) -> None:
    somebody(client, "admin")
    gubin = Organisation.objects.create(slug="gubin", name={"en": "Gubin"})
    form = {**FORM, "organisation": str(gubin.pk), "per_minute": "60", "profiles": "water"}
    answer = client.post("/admin/keys/new/", form)
    assert "no-store" in answer["Cache-Control"]
    secret = answer.content.decode().split("<code>")[1].split("<")[0]
    credential = credential_of(secret)
    assert credential.per_minute == 60
    assert credential.grant.profiles == frozenset({"water"})
    key = ApiKey.objects.get(organisation=gubin)
    page = client.get("/admin/keys/?q=gubin").content.decode()
    assert "Gubin" in page
    assert secret not in page
    client.post(f"/admin/keys/{key.pk}/revoke/")
    assert "Gubin" not in client.get("/admin/keys/").content.decode()
    assert "Gubin" in client.get("/admin/keys/?ended=yes&q=%00bridge").content.decode()
    assert client.post("/admin/keys/new/", {**form, "organisation": "x"}).status_code == 422


@pytest.mark.parametrize("role", ["editor", "moderator", "citizen"])
def test_only_administrators_see_the_keys_of_all(client: Client, role: str) -> None:
    somebody(client, role)
    for path in ("keys/", "keys/new/"):
        assert client.get(f"/admin/{path}").status_code in {302, 403}


def test_refusals_are_a_report(client: Client) -> None:
    somebody(client, "editor")
    refusals.forget_pending()
    refusals.note_refusal("key:sk_abc", door="http", reason="no right to write <here>")
    page = client.get("/admin/reports/refusals/").content.decode()
    assert "no right to write &lt;here&gt;" in page
    assert "key:sk_abc" not in client.get("/admin/reports/refusals/?principal=bob").content.decode()


def test_lists_of_keys_ask_a_constant_number_of_times(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice = somebody(client, "admin")
    for number in range(1, 16):
        create_key("x", person=alice, scopes=["sta:read"], by=None)
        if number in {1, 15}:
            client.get("/en/account/keys/")
            with django_assert_num_queries(4):  # session, person, count, keys
                client.get("/en/account/keys/")
