"""The back office waits for a second factor, and nothing is lost meanwhile."""

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from pytest_django import Settings

from stadtkern.people.models import User
from stadtkern.people.services import add_person

pytestmark = pytest.mark.django_db
PASSWORD = "Neisse-Bruecke-1908"
PAGE = "/en/account/second-factor/"


@pytest.fixture(autouse=True)
def _required(settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = True


@pytest.fixture
def alice() -> User:
    """Return an editor."""
    return add_person("alice@guben.example", password=PASSWORD, roles=["editor"])


@pytest.fixture
def editor(alice: User, client: Client) -> Client:
    """Return the browser of the editor."""
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_editor_is_led_to_the_page_and_from_there_back(editor: Client, alice: User) -> None:
    answer = editor.get("/admin/pages/?q=1", HTTP_ACCEPT_LANGUAGE="en")
    assert answer["Location"] == PAGE
    page = editor.get(PAGE).content.decode()
    assert "/en/account/2fa/totp/activate/" in page
    assert "/en/account/2fa/webauthn/add/" in page
    assert "Continue to the back office" not in editor.get("/en/account/").content.decode()
    TOTP.activate(alice, generate_totp_secret())
    assert "Continue to the back office" in editor.get("/en/account/").content.decode()
    assert editor.get(PAGE)["Location"] == "/admin/pages/?q=1"
    assert editor.get("/admin/").status_code == 200
    assert "Continue to the back office" not in editor.get("/en/account/").content.decode()


def test_what_was_typed_is_kept_by_the_browser(editor: Client) -> None:
    """A sent form is refused, not led elsewhere: loading the answer anew sends it again."""
    answer = editor.post("/admin/dataprofile/new/", {"slug": "a"}, HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 403
    assert "What you typed is not lost" in answer.content.decode()


def test_recovery_codes_alone_are_no_second_factor(editor: Client, alice: User) -> None:
    RecoveryCodes.activate(alice)
    assert editor.get("/admin/").status_code == 302


def test_login_of_the_town_counts(editor: Client, alice: User) -> None:
    session = editor.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "socialaccount", "at": 0, "provider": "town"}]
    session.save()
    assert editor.get("/admin/").status_code == 302  # of somebody else
    session["account_authentication_methods_user"] = str(alice.pk)
    session.save()
    assert editor.get("/admin/").status_code == 200


def test_account_and_public_pages_stay_open(editor: Client) -> None:
    for path in ("/en/account/", "/en/account/2fa/", "/en/map/", "/healthz"):
        assert editor.get(path).status_code == 200, path


def test_strangers_are_asked_to_sign_in_first(client: Client) -> None:
    assert "/account/login/" in client.get("/admin/", follow=True).redirect_chain[-1][0]
    assert client.get(PAGE).status_code == 302


def test_it_is_off_where_the_town_says_so(editor: Client, settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = False
    assert editor.get("/admin/").status_code == 200
