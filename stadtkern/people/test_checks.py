"""`stadtkern check` finds what is unsafe in settings and accounts, and is silent about what is not."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.checks import run_checks
from pytest_django import Settings

from stadtkern.base.clock import now
from stadtkern.people.services import add_person

pytestmark = pytest.mark.django_db
PASSWORD = "Neisse-Bruecke-1908"


@pytest.fixture
def safe(settings: Settings, tmp_path: Path) -> Settings:
    """Return the settings of an installation as it should be."""
    settings.PUBLIC_URL = "https://guben.example"
    settings.ALLOWED_HOSTS = [".guben.example"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DATA_DIR = tmp_path
    settings.DEMO = ""
    settings.REQUIRE_SECOND_FACTOR = True
    settings.SECRET_KEY = "kV3nX9tQ2bL7wR5yP1zM8cF4hJ6dS0gAeUoIiTqZ-_abcdEFGHijkl"
    (tmp_path / "last_backup").write_text((now() - timedelta(days=1)).isoformat())
    return settings


def found(databases: Sequence[str] = ("default",)) -> set[str]:
    """Return the numbers of what the checks of this app say."""
    said = run_checks(tags=["stadtkern"], include_deployment_checks=True, databases=databases)
    return {str(m.id) for m in said if str(m.id).startswith("people.")}


def test_a_safe_installation_is_told_nothing(safe: Settings) -> None:
    assert found() == set()


def test_django_itself_is_content_too(safe: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)  # the browser tests set it
    ours = run_checks(tags=["stadtkern"], include_deployment_checks=True, databases=["default"])
    messages = run_checks(include_deployment_checks=True, databases=["default"])
    assert [m.id for m in messages if m not in ours and not m.is_silenced()] == []


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("PUBLIC_URL", "http://guben.example", "people.W001"),
        ("ALLOWED_HOSTS", ["*"], "people.W002"),
        ("ALLOWED_HOSTS", ["cottbus.example"], "people.W003"),
        ("STA_ANONYMOUS_WRITE", True, "people.E001"),
        ("TRUSTED_PROXIES", ["10.0.0.0/8", "proxy.guben.example"], "people.W010"),
        ("TRUSTED_PROXIES", ["0.0.0.0/0"], "people.W011"),
        ("REQUIRE_SECOND_FACTOR", False, "people.W012"),
        ("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend", "people.W005"),
    ],
)
def test_an_unsafe_setting_is_named(safe: Settings, name: str, value: object, number: str) -> None:
    setattr(safe, name, value)
    assert found() == {number}


def test_a_key_that_others_can_read_is_named(safe: Settings, tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.write_text("x")
    path.chmod(0o644)
    assert found() == {"people.W004"}
    path.chmod(0o600)
    assert found() == set()


@pytest.mark.parametrize("content", [None, "", "yesterday", "2020-01-01T00:00:00+00:00"])
def test_an_old_or_missing_backup_is_named(safe: Settings, tmp_path: Path, content: str | None) -> None:
    marker = tmp_path / "last_backup"
    marker.unlink()
    if content is not None:
        marker.write_text(content)
    assert found() == {"people.W006"}


def test_accounts_of_the_demo_are_named_outside_the_demo(safe: Settings) -> None:
    add_person("editor@demo.example", password=PASSWORD, roles=["editor"])
    assert found() == {"people.W007"}
    safe.DEMO = "replay"
    assert found() == set()


def test_an_administrator_needs_a_second_factor(safe: Settings) -> None:
    mia = add_person("mia@guben.example", password=PASSWORD, roles=["admin"])
    assert found() == {"people.W008"}
    TOTP.activate(mia, generate_totp_secret())
    assert found() == set()


def test_without_a_database_nobody_is_asked(safe: Settings) -> None:
    add_person("mia@guben.example", password=PASSWORD, roles=["admin"])
    assert found(databases=()) == set()
