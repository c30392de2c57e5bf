"""Accounts begin, sign in, are handed out as data, and end."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from auditlog.models import LogEntry
from axes.models import AccessAttempt
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.translation import override
from pytest_django import Settings

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput, NotFound, NotPermitted
from stadtkern.people import expiry
from stadtkern.people.models import Membership, Organisation, User
from stadtkern.people.services import add_person, erase_person, export_person, find_person, one_time_password

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse  # exists only in the stubs

pytestmark = pytest.mark.django_db
PASSWORD = "Neisse-Bruecke-1908"


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> None:
    """Forget how often other tests tried."""
    cache.clear()


@pytest.fixture
def alice() -> User:
    """Return a person with an account."""
    return add_person("alice@guben.example", password=PASSWORD, first_name="Alice", last_name="Kulke")


def sign_in(
    client: Client, password: str = PASSWORD, email: str = "alice@guben.example"
) -> _MonkeyPatchedWSGIResponse:
    """Fill in the form."""
    return client.post("/en/account/login/", {"login": email, "password": password})


def confirm(client: Client) -> None:
    """Type the password once more, as sensitive pages ask for it."""
    assert client.post("/en/account/reauthenticate/", {"password": PASSWORD}).status_code == 302


def test_account_is_made_by_mail_alone() -> None:
    user = User.objects.create_user("Bob@Guben.Example", PASSWORD)
    assert user.email == "bob@guben.example"
    assert user.check_password(PASSWORD)
    assert "bob" not in user.username
    assert User.objects.create_superuser("root@guben.example", PASSWORD).is_superuser


@pytest.mark.parametrize("email", ["", "bob", None])
def test_account_needs_a_mail_address(email: str) -> None:
    with pytest.raises(ValueError, match="mail address"):
        User.objects.create_user(email, PASSWORD)


def test_sign_in_leads_to_the_account(client: Client, alice: User) -> None:
    answer = sign_in(client)
    assert answer.status_code == 302
    page = client.get("/en/account/").content.decode()
    assert alice.email in page
    assert "Delete my account" in page


def test_mail_address_in_another_case_is_the_same(client: Client, alice: User) -> None:
    assert sign_in(client, email="ALICE@guben.example").status_code == 302


def test_wrong_password_keeps_what_was_typed(client: Client, alice: User) -> None:
    answer = sign_in(client, password="wrong")
    page = answer.content.decode()
    assert 'value="alice@guben.example"' in page
    assert "kern-alert--danger" in page


def test_ten_wrong_passwords_pause_signing_in(client: Client, alice: User) -> None:
    for _ in range(10):
        answer = sign_in(client, password="wrong")
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()
    assert sign_in(client).status_code == 429
    attempt = AccessAttempt.objects.get()
    assert PASSWORD not in f"{attempt.get_data}{attempt.post_data}"


def test_a_pause_ends_and_its_trace_is_deleted(client: Client, alice: User) -> None:
    for _ in range(10):
        sign_in(client, password="wrong")
    later = now() + timedelta(minutes=16)
    assert expiry.delete_login_attempts(now()) == 0
    assert expiry.delete_login_attempts(later) == 1
    assert sign_in(client).status_code == 302


def test_back_office_asks_for_the_second_factor(client: Client, alice: User) -> None:
    alice.groups.add(Group.objects.get(name="editor"))
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    answer = client.get("/admin/", follow=True)
    assert answer.request["PATH_INFO"] == "/de/account/login/"
    assert client.post("/admin/login/", {"username": alice.email, "password": PASSWORD}).status_code == 302
    assert sign_in(client)["Location"].startswith("/en/account/2fa/authenticate/")
    assert client.get("/admin/").status_code == 302
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    assert client.post("/en/account/2fa/authenticate/", {"code": code}).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_a_passkey_page_has_no_inline_script(client: Client, alice: User) -> None:
    sign_in(client)
    confirm(client)
    for path in ("/en/account/2fa/webauthn/add/", "/en/account/2fa/", "/en/account/2fa/totp/activate/"):
        answer = client.get(path, follow=True)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert 'style="' not in page
        assert "onclick" not in page
        scripts = [part.split(">")[0] for part in page.split("<script")[1:]]
        assert all("src=" in script or 'type="application/json"' in script for script in scripts)
    assert "people/passkey.js" in client.get("/en/account/2fa/webauthn/add/").content.decode()


def test_sign_up_makes_a_citizen_with_a_mail_in_their_language(client: Client) -> None:
    form = {"email": "bob@guben.example", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/pl/account/signup/", form).status_code == 302
    bob = User.objects.get(email="bob@guben.example")
    assert bob.roles == {"citizen"}
    assert bob.language == "pl"
    assert "bob" not in bob.username
    (letter,) = mail.outbox
    assert "/pl/account/confirm-email/" in letter.body


def test_sign_up_can_be_closed(client: Client, settings: Settings) -> None:
    settings.SIGNUP_OPEN = False
    assert "Accounts are made by the town" in client.get("/en/account/signup/").content.decode()
    assert "Accounts are made by the town" in client.get("/en/account/login/").content.decode()
    form = {"email": "bob@guben.example", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/en/account/signup/", form)
    assert not User.objects.exists()


def test_language_of_the_account_is_kept(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post("/en/account/", {"first_name": "Ala", "last_name": "", "language": "pl"})
    assert answer["Location"] == "/pl/account/"
    alice.refresh_from_db()
    assert (alice.first_name, alice.language) == ("Ala", "pl")


def test_unknown_language_is_refused_at_the_field(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post("/en/account/", {"first_name": "Ala", "language": "xx"})
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()


def test_person_takes_their_data_along(client: Client, alice: User) -> None:
    Membership.objects.create(
        user=alice, organisation=Organisation.objects.create(slug="town"), role="editor"
    )
    sign_in(client)
    confirm(client)
    answer = client.get("/en/account/export/")
    data = json.loads(answer.content)
    assert "attachment" in answer["Content-Disposition"]
    assert data["account"]["email"] == "alice@guben.example"
    assert data["people"]["organisations"] == [{"organisation": "town", "role": "editor"}]


def test_export_asks_for_the_password_again(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "/reauthenticate/" in client.get("/en/account/export/")["Location"]
    assert "/reauthenticate/" in client.post("/en/account/delete/")["Location"]


def test_nobody_takes_the_data_of_others(alice: User) -> None:
    bob = User.objects.create_user("bob@guben.example", PASSWORD)
    with pytest.raises(NotPermitted):
        export_person(alice, by=bob)
    with pytest.raises(NotPermitted):
        erase_person(alice, by=bob)


def test_erased_person_leaves_no_name(client: Client, alice: User) -> None:
    town = Organisation.objects.create(slug="town")
    Membership.objects.create(user=alice, organisation=town)
    alice.groups.add(Group.objects.get(name="editor"))
    sign_in(client)
    confirm(client)
    assert client.post("/en/account/delete/").status_code == 302
    alice.refresh_from_db()
    assert alice.erased_at
    assert "Alice" not in str(alice)
    assert not alice.has_usable_password()
    assert (alice.first_name, alice.last_name, alice.roles) == ("", "", frozenset())
    for table in (EmailAddress, Authenticator, Membership, AccessAttempt):
        assert not table.objects.exists()
    trail = json.dumps(
        list(LogEntry.objects.values("object_repr", "changes", "actor_email", "additional_data"))
    )
    assert LogEntry.objects.exists()
    for trace in ("alice@guben.example", "Alice", "Kulke"):
        assert trace not in trail
    assert client.get("/en/account/").status_code == 302
    assert sign_in(client).status_code == 200


def test_trail_of_an_erased_person_stays_without_a_name(client: Client, alice: User) -> None:
    alice.groups.add(Group.objects.get(name="admin"))
    client.force_login(alice)
    entry = LogEntry.objects.log_create(Organisation.objects.create(slug="town"), force_log=True, action=1)
    LogEntry.objects.filter(pk=entry.pk).update(actor=alice, actor_email=alice.email)
    erase_person(alice, by=None)
    entry.refresh_from_db()
    assert entry.actor == alice
    assert entry.actor_email is None


def test_erased_mail_address_is_free_again(alice: User) -> None:
    erase_person(alice, by=None)
    with pytest.raises(NotFound):
        find_person("alice@guben.example")
    assert add_person("alice@guben.example", password=PASSWORD).pk != alice.pk


@pytest.mark.parametrize(
    ("email", "password", "roles", "why"),
    [
        ("no-mail", PASSWORD, (), "email"),
        ("bob@guben.example", "12345", (), "short"),
        ("bob@guben.example", PASSWORD, ("king",), "king"),
        ("ALICE@guben.example", PASSWORD, (), "already"),
    ],
)
def test_an_account_is_refused_with_the_reason(
    alice: User, email: str, password: str, roles: tuple[str, ...], why: str
) -> None:
    with override("en"), pytest.raises(BadInput, match=f"(?i){why}"):
        add_person(email, password=password, roles=roles)
    assert User.objects.count() == 1


def test_command_makes_an_account_and_prints_its_password_once(client: Client) -> None:
    out = io.StringIO()
    call_command("user", "mia@guben.example", "--role", "moderator", stdout=out)
    password = out.getvalue().partition("Password: ")[2].split()[0]
    assert User.objects.get().roles == {"moderator"}
    assert sign_in(client, password=password, email="mia@guben.example").status_code == 302


def test_command_reads_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    out = io.StringIO()
    call_command("user", "mia@guben.example", "--password-stdin", stdout=out)
    assert User.objects.get().check_password(PASSWORD)
    assert PASSWORD not in out.getvalue()


def test_commands_say_what_was_wrong(alice: User) -> None:
    with pytest.raises(CommandError, match="already"):
        call_command("user", alice.email)
    with pytest.raises(CommandError, match="no account"):
        call_command("person", "export", "charlie@guben.example")


def test_command_hands_out_and_erases(alice: User) -> None:
    out = io.StringIO()
    call_command("person", "export", alice.email, stdout=out)
    assert json.loads(out.getvalue())["account"]["last_name"] == "Kulke"
    call_command("person", "erase", alice.email, "--yes", stdout=out)
    alice.refresh_from_db()
    assert alice.erased_at


def test_passwords_made_by_us_differ() -> None:
    made = {one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(word) == 23 for word in made)


def test_accounts_nobody_confirmed_end(client: Client) -> None:
    form = {"email": "bob@guben.example", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/en/account/signup/", form)
    add_person("alice@guben.example", password=PASSWORD)
    User.objects.create_user("made-by-an-admin@guben.example", PASSWORD)
    assert expiry.delete_unconfirmed_accounts(now() + timedelta(days=29)) == 0
    assert expiry.delete_unconfirmed_accounts(now() + timedelta(days=31)) == 1
    assert not User.objects.filter(email="bob@guben.example").exists()


def test_second_factor_is_named_after_us() -> None:
    assert get_adapter().get_totp_issuer() == "Stadtkern"


def test_nobody_is_greeted_by_a_random_handle(client: Client, alice: User) -> None:
    sign_in(client)
    page = client.get("/en/account/").content.decode()
    assert "Alice" in page
    assert alice.username not in page
