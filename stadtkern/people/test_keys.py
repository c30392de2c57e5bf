"""API keys: made once, stored as a digest, ended for all at once."""

import hashlib
from datetime import timedelta
from io import StringIO

import pytest
from auditlog.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput, NotAuthenticated, NotPermitted
from stadtkern.people import keys, refusals, rights
from stadtkern.people.models import ApiKey, Organisation, Refusal, User
from stadtkern.people.rates import Rates
from stadtkern.people.services import add_person, erase_person, export_person

PASSWORD = "Neisse-Bruecke-1908"


@pytest.fixture
def alice(db: None) -> User:
    return add_person("alice@example.org", password=PASSWORD, roles=["editor"])


@pytest.fixture
def bob(db: None) -> User:
    return add_person("bob@example.org", password=PASSWORD)


def made(alice: User, **facts: object) -> tuple[ApiKey, str]:
    given_facts: dict[str, object] = {"person": alice, "scopes": ["sta:read"], "by": alice, **facts}
    return keys.create_key("bridge", **given_facts)  # type: ignore[arg-type]  # facts of the test


def test_only_the_digest_is_stored(alice: User) -> None:
    key, secret = made(alice)
    assert keys.looks_like_key(secret)
    assert secret.startswith(key.prefix + "_")
    assert key.digest == hashlib.sha256(secret.encode()).hexdigest()
    stored = " ".join(str(value) for value in ApiKey.objects.values().get().values())
    trail = " ".join(str(entry.changes) for entry in LogEntry.objects.all())
    assert secret.split("_")[2] not in stored + trail
    assert key.digest not in trail


def test_a_key_opens_what_its_person_may(alice: User) -> None:
    key, secret = made(alice)
    credential = keys.credential_of(secret)
    assert credential.key == key.pk
    assert credential.grant.principal == f"key:{key.prefix}"
    assert credential.grant.roles == {"editor"}
    assert credential.grant.scopes == {"sta:read"}


@pytest.mark.parametrize("end", ["revoked", "expired", "inactive", "erased", "other"])
def test_an_ended_key_opens_nothing(alice: User, end: str) -> None:
    key, secret = made(alice)
    if end == "revoked":
        keys.revoke_key(key, by=alice)
    elif end == "expired":
        ApiKey.objects.update(expires_at=now())
    elif end == "inactive":
        User.objects.update(is_active=False)
    elif end == "erased":
        erase_person(alice, by=None)
    else:
        secret = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    with pytest.raises(NotAuthenticated):
        keys.credential_of(secret)


@pytest.mark.parametrize(
    "facts",
    [
        {"scopes": []},
        {"scopes": ["sta:everything"]},
        {"person": None},
        {"expires_at": now() - timedelta(seconds=1)},
        {"per_minute": 0},
        {"per_minute": 10**9},
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(alice: User, facts: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        made(alice, **facts)
    assert not ApiKey.objects.exists()


def test_personal_data_are_not_for_keys_of_organisations(alice: User) -> None:
    town = Organisation.objects.create(slug="town")
    with pytest.raises(BadInput):
        made(alice, person=None, organisation=town, scopes=["sta:read", "sta:personal"], by=None)


def test_nobody_makes_or_ends_keys_of_others(alice: User, bob: User) -> None:
    town = Organisation.objects.create(slug="town")
    with pytest.raises(NotPermitted):
        made(alice, by=bob)
    with pytest.raises(NotPermitted):
        made(alice, person=None, organisation=town)
    key, _secret = made(alice)
    with pytest.raises(NotPermitted):
        keys.revoke_key(key, by=bob)
    charlie = add_person("charlie@example.org", password=PASSWORD, roles=["admin"])
    keys.revoke_key(key, by=charlie)
    assert ApiKey.objects.get().revoked_at


def test_a_person_has_not_any_number_of_keys(alice: User) -> None:
    for _number in range(keys.MOST_KEYS):
        made(alice)
    with pytest.raises(BadInput):
        made(alice)


def test_the_table_holds_that_a_key_has_one_holder(alice: User) -> None:
    key, _secret = made(alice)
    key.organisation = Organisation.objects.create(slug="town")
    with pytest.raises(IntegrityError), transaction.atomic():
        key.save()


def test_a_key_is_in_the_export_and_goes_with_the_person(alice: User) -> None:
    key, secret = made(alice)
    held = str(export_person(alice, by=None))
    assert key.prefix in held
    assert secret not in held
    erase_person(alice, by=None)
    assert not ApiKey.objects.exists()


def test_the_last_use_is_written_once_an_hour(alice: User) -> None:
    key, _secret = made(alice)
    keys.note_use(key.pk)
    first = ApiKey.objects.get().last_used
    keys.note_use(key.pk)
    assert ApiKey.objects.get().last_used == first is not None
    ApiKey.objects.update(last_used=now() - timedelta(hours=2))
    keys.note_use(key.pk)
    assert ApiKey.objects.filter(last_used__gt=now() - timedelta(minutes=1)).exists()


def test_keys_that_ended_long_ago_are_deleted(alice: User) -> None:
    made(alice)
    _key, _secret = made(alice, expires_at=now() + timedelta(days=1))
    assert keys.delete_ended_keys(now()) == 0
    assert keys.delete_ended_keys(now() + timedelta(days=900)) == 1


@given(st.text())
def test_any_text_is_looked_at_without_harm(text: str) -> None:
    assert not keys.looks_like_key(text)
    assert len(keys.digest_of(text)) == 64


def test_every_change_of_rights_makes_a_version(alice: User, bob: User) -> None:
    seen = {rights.version()}
    key, _secret = made(alice)
    seen.add(rights.version())
    keys.revoke_key(key, by=alice)
    seen.add(rights.version())
    bob.groups.set(alice.groups.all())
    seen.add(rights.version())
    bob.is_active = False
    bob.save()
    seen.add(rights.version())
    assert len(seen) == 5
    bob.save(update_fields=["last_login"])
    keys.note_use(key.pk)
    assert rights.version() in seen


def test_versions_do_not_pile_up(alice: User) -> None:
    before = rights.version()
    assert rights.delete_old_changes(now()) == 0
    assert rights.delete_old_changes(now() + timedelta(hours=2)) > 0
    assert rights.version() == (0, 0) != before


def test_a_bucket_gives_so_many_a_minute() -> None:
    rates = Rates()
    assert [rates.wait(1, 3, at=100.0) for _number in range(3)] == [0, 0, 0]
    assert rates.wait(1, 3, at=100.0) == 20
    assert rates.wait(2, 3, at=100.0) == 0
    assert rates.wait(1, 3, at=120.0) == 0
    assert rates.wait(1, 3, at=119.0) > 0  # a clock that goes back fills nothing
    assert rates.wait(3, 60, count=50, at=0.0) == 0
    assert rates.wait(3, 60, count=50, at=0.0) == 40
    assert rates.wait(3, 60, count=10**9, at=60.0) == 0  # more than a minute holds waits for a full bucket


def test_a_flood_of_refusals_leaves_one_line(db: None) -> None:
    refusals.forget_pending()
    for _number in range(500):
        refusals.note_refusal("key:sk_abc", door="http", reason="no right to write")
    assert Refusal.objects.get().times == 1
    refusals.forget_pending()
    refusals.note_refusal("key:sk_abc", door="http", reason="no right to write")
    refusals.note_refusal("key:sk_abc", door="mqtt", reason="x" * 500)
    assert list(Refusal.objects.order_by("door").values_list("door", "times")) == [("http", 2), ("mqtt", 1)]
    assert refusals.delete_old_refusals(now() + timedelta(days=91)) == 2


def test_the_command_makes_lists_and_ends(alice: User) -> None:
    out = StringIO()
    call_command("key", "add", "bridge", "--person", "alice@example.org", "--scope", "sta:write", stdout=out)
    secret = out.getvalue().split("Key: ")[1].split()[0]
    assert keys.credential_of(secret).grant.scopes == {"sta:write"}
    Organisation.objects.create(slug="gubin")
    call_command("key", "add", "twin town", "--organisation", "gubin", "--profile", "water", "--days", "30")
    out = StringIO()
    call_command("key", "list", stdout=out)
    assert len(out.getvalue().splitlines()) == 2
    assert "never used" in out.getvalue()
    call_command("key", "revoke", secret[:11], stdout=out)
    with pytest.raises(NotAuthenticated):
        keys.credential_of(secret)
    out = StringIO()
    call_command("key", "list", "--all", stdout=out)
    assert "ended" in out.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        ["add", "x", "--person", "nobody@example.org"],
        ["add", "x", "--organisation", "nowhere"],
        ["add", "x", "--person", "alice@example.org", "--days", "0"],
        ["add", " ", "--person", "alice@example.org"],
        ["revoke", "sk_nothing1"],
    ],
)
def test_the_command_says_what_is_wrong(alice: User, words: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("key", *words)
    assert not ApiKey.objects.exists()
