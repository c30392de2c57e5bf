"""Editors look after data sources in the back office."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from stadtkern.base.clock import now
from stadtkern.base.errors import NotPermitted
from stadtkern.ingest import services
from stadtkern.ingest.accounts import key_digest
from stadtkern.ingest.conftest import Server
from stadtkern.ingest.models import Source, SourceState, UnclaimedTopic, Validator
from stadtkern.ingest.test_polling import ask, rows
from stadtkern.people.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(alice: User) -> Client:
    """Give the browser of Alice."""
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def typed(server: Server, **more: str) -> dict[str, str]:
    """Return what Alice types for a new source."""
    return {
        "slug": "levels",
        "title_de": "Pegel",
        "option_url": server.url(),
        "option_rows": "rows",
        "option_values": "level = water_level [cm]",
        "option_time": "t",
        "option_thing_path": "nr",
        "option_timezone": "Europe/Berlin",
        "option_decimal": ".",
        **more,
    }


def test_list_shows_how_each_source_is_doing(client: Client, server: Server, json_source: Source) -> None:
    """Word, error line, counters and buttons."""
    server.gives("<html>")
    ask(json_source)
    page = client.get(reverse("sources")).content.decode()
    for text in ("Pegel", "Not working", "HTML", "Try now", "Pause"):
        assert text in page


def test_number_of_queries_does_not_grow_with_the_sources(client: Client) -> None:
    """One query more would be one for each source."""

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(reverse("sources")).status_code == 200
        return len(seen)

    queries()
    before = queries()
    for number in range(60):
        source = Source.objects.create(slug=f"s{number}", connector="http_json", title={"de": str(number)})
        SourceState.objects.create(source=source)
    assert queries() <= before + 1
    assert "Page 1 of 2" in client.get(reverse("sources")).content.decode()


def test_charlie_sees_and_does_nothing(charlie: User, json_source: Source) -> None:
    """Neither the pages nor the services."""
    browser = Client()
    browser.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    for address in (
        reverse("sources"),
        reverse("source", args=[json_source.pk]),
        reverse("source-edit", args=[json_source.pk]),
        reverse("source-choose"),
    ):
        assert browser.get(address).status_code in {302, 403}
    assert browser.post(reverse("source-action", args=[json_source.pk, "pause"])).status_code in {302, 403}
    for service in (services.pause, services.try_now, services.new_key, services.delete_source):
        with pytest.raises(NotPermitted):
            service(json_source, by=charlie)
    assert not Source.objects.get().is_paused


def test_buttons_pause_resume_and_try(client: Client, json_source: Source) -> None:
    """Each does what it says, at once."""

    def call(verb: str) -> int:
        address = reverse("source-action", args=[json_source.pk, verb])
        return client.post(address, {"from": "detail"}).status_code

    SourceState.objects.create(source=json_source, next_try=now() + timedelta(hours=1))
    assert call("pause") == 302
    assert Source.objects.get().is_paused
    call("try")
    assert SourceState.objects.get().try_requested
    call("resume")
    assert not Source.objects.get().is_paused
    assert SourceState.objects.get().next_try is None


def test_detail_lists_what_was_rejected(client: Client, server: Server, json_source: Source) -> None:
    """With reason, place and the piece itself."""
    server.gives(rows(100, "k. A."))
    ask(json_source)
    page = client.get(reverse("source", args=[json_source.pk])).content.decode()
    assert "k. A." in page
    assert "cannot be read" in page


def test_key_is_shown_once(client: Client, json_source: Source) -> None:
    """And never again."""
    page = client.post(reverse("source-action", args=[json_source.pk, "key"]), follow=True).content.decode()
    source = Source.objects.get()
    shown = page.split("<code>")[1].split("</code>")[0]
    assert key_digest(shown) == source.key_hash
    assert shown not in client.get(reverse("source", args=[source.pk])).content.decode()


def test_editor_tests_and_saves_a_source(client: Client, server: Server) -> None:
    """Connector first, then its settings, the test before anything is stored."""
    server.gives(rows(100, 101))
    assert reverse("source-new", args=["http_json"]) in client.get(reverse("source-choose")).content.decode()
    address = reverse("source-new", args=["http_json"])
    assert 'name="option_url"' in client.get(address).content.decode()
    page = client.post(address, typed(server, action="test")).content.decode()
    assert "1: water_level" in page
    assert 'value="levels"' in page
    assert not Source.objects.exists()
    saved = client.post(address, typed(server, action="save"), follow=True)
    assert saved.status_code == 200
    source = Source.objects.get()
    assert source.options["values"] == ["level = water_level [cm]"]
    assert ask(source).state.readings_in == 2


def test_mistakes_stand_at_their_field_and_nothing_is_lost(client: Client, server: Server) -> None:
    """What the connector finds wrong, and what the form finds."""
    address = reverse("source-new", args=["http_json"])
    mistakes = typed(
        server, option_values="level is water", title_de="", option_timezone="Mars/Base", action="save"
    )
    answer = client.post(address, mistakes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "level is water" in page
    assert "Mars/Base" in page
    assert set(answer.context["form"].errors) == {"title_de", "option_values", "option_timezone"}
    assert not Source.objects.exists()


def test_failing_test_says_why(client: Client, server: Server) -> None:
    """The form stays filled."""
    server.gives("<html>")
    page = client.post(
        reverse("source-new", args=["http_json"]), typed(server, action="test")
    ).content.decode()
    assert "HTML" in page
    assert 'value="levels"' in page


def test_changing_a_source_keeps_its_name(client: Client, server: Server, json_source: Source) -> None:
    """The short name is part of the keys of the readings."""
    address = reverse("source-edit", args=[json_source.pk])
    assert server.url() in client.get(address).content.decode()
    new = typed(server, slug="other", title_de="Neu", interval_minutes="5", action="save")
    answer = client.post(address, new)
    assert answer.status_code == 302, answer.context["form"].errors
    source = Source.objects.get()
    assert (source.slug, source.title, source.interval) == ("levels", {"de": "Neu"}, timedelta(minutes=5))


def test_unknown_connector_is_not_found(client: Client) -> None:
    """No crash."""
    assert client.get(reverse("source-new", args=["nonsense"])).status_code == 404


def test_tables_that_grow_have_an_end(json_source: Source) -> None:
    """Retention deletes what nobody uses any more."""
    for age in (1, 40):
        used = now() - timedelta(days=age)
        Validator.objects.create(source=json_source, url=f"http://x/{age}", used=used)
        UnclaimedTopic.objects.create(topic=f"t/{age}", seen=used)
    call_command("retention", verbosity=0)
    assert (Validator.objects.count(), UnclaimedTopic.objects.count()) == (1, 1)
