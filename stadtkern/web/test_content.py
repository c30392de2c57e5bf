"""Editorial pages, and reports of barriers."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from wagtail.models import Locale, Page, Site

from stadtkern.base import clock
from stadtkern.web.models import AccessibilityStatementPage, BarrierReport, ContentPage, EasyLanguagePage
from stadtkern.web.services import delete_old_reports

pytestmark = pytest.mark.django_db
REPORT = {
    "description": "The map has no list for my screen reader.",
    "path": "/de/map/",
    "email": "alice@example.org",
}


@pytest.fixture(autouse=True)
def _no_counts() -> None:
    cache.clear()


@pytest.fixture
def home() -> Page:
    """Return the German start page of a site."""
    German = Locale.objects.get_or_create(language_code="de")[0]  # noqa: N806
    root = Page.objects.get(depth=1)
    home = root.add_child(instance=ContentPage(title="Start", slug="start-de", locale=German))
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "testserver", "root_page": home}
    )
    return home


def test_page_shows_every_block(client: Client, home: Page) -> None:
    page = home.add_child(
        instance=ContentPage(
            title="Impressum",
            slug="imprint",
            introduction="Wer steht hinter dieser Seite?",
            body=[
                ("heading", "Anschrift"),
                ("paragraph", "<p>Text mit <b>Nachdruck</b></p>"),
                ("quote", {"quote": "Klar <gesagt>", "source": "Mia"}),
                ("accordion", {"entries": [{"title": "Frage?", "text": "<p>Antwort</p>"}]}),
                ("contact", {"name": "Rathaus", "email": "rathaus@example.org", "phone": "03561 1"}),
                ("video", {"title": "Film", "url": "https://example.org/film", "has_sign_language": True}),
            ],
        )
    )
    html = client.get(page.url).content.decode()
    for text in (
        "<h1>Impressum</h1>",
        "<h2>Anschrift</h2>",
        "Klar &lt;gesagt&gt;",
        "<summary>Frage?</summary>",
        "tel:035611",
    ):
        assert text in html
    assert 'property="og:title" content="Impressum"' in html
    assert 'aria-current="page">Impressum' in html
    assert " style=" not in html


def test_statement_names_barriers_and_leads_to_the_form(client: Client, home: Page) -> None:
    page = home.add_child(
        instance=AccessibilityStatementPage(
            title="Barrierefreiheit",
            slug="accessibility",
            barriers=[("barrier", {"barrier": "Alte PDF", "reason": "burden", "explanation": "9000 Stück"})],
            enforcement="<p>Durchsetzungsstelle Brandenburg</p>",
        )
    )
    html = client.get(page.url).content.decode()
    assert "Alte PDF" in html
    assert "9000 Stück" in html
    assert "Durchsetzungsstelle Brandenburg" in html
    assert "/de/accessibility/report/" in html


def test_easy_language_says_who_checked_it(client: Client, home: Page) -> None:
    page = home.add_child(
        instance=EasyLanguagePage(title="Leichte Sprache", slug="easy", checked_by="Lebenshilfe")
    )
    assert "Lebenshilfe" in client.get(page.url).content.decode()


def test_report_becomes_a_ticket_due_in_a_month_and_a_mail(client: Client) -> None:
    answer = client.post("/de/accessibility/report/", REPORT)
    assert answer.status_code == 302
    report = BarrierReport.objects.get()
    assert report.description == REPORT["description"]
    assert timedelta(days=29) < report.due_at - clock.now() <= timedelta(days=30)
    assert "my screen reader" in mail.outbox[0].body
    assert client.get(answer["Location"]).status_code == 200


def test_error_stands_at_the_field_and_nothing_typed_is_lost(client: Client) -> None:
    answer = client.post("/en/accessibility/report/", {**REPORT, "email": "alice@", "path": "The <map>"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in html
    assert 'id="id_email_error"' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'href="#id_email"' in html
    assert "my screen reader" in html
    assert 'value="The &lt;map&gt;"' in html
    assert not BarrierReport.objects.exists()


def test_robot_gets_thanks_and_leaves_no_trace(client: Client) -> None:
    assert client.post("/de/accessibility/report/", {**REPORT, "homepage": "http://spam"}).status_code == 302
    assert not BarrierReport.objects.exists()


def test_sixth_report_within_an_hour_is_asked_to_wait(client: Client) -> None:
    answers = [
        client.post("/de/accessibility/report/", REPORT, headers={"Accept": "text/html"}) for _ in range(6)
    ]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]


def test_mail_that_fails_loses_no_report(client: Client, settings: Any) -> None:  # noqa: ANN401
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert client.post("/de/accessibility/report/", REPORT).status_code == 302
    assert BarrierReport.objects.count() == 1


def test_page_of_several_lines_makes_no_second_mail_header(client: Client) -> None:
    answer = client.post(
        "/de/accessibility/report/", {**REPORT, "path": "/de/map/\r\nBcc: charlie@x.example"}
    )
    assert answer.status_code == 302
    assert mail.outbox[0].subject.endswith("/de/map/ Bcc: charlie@x.example")
    assert not mail.outbox[0].bcc


def test_form_wants_the_csrf_secret() -> None:
    answer = Client(enforce_csrf_checks=True).post(
        "/de/accessibility/report/", REPORT, headers={"Accept": "text/html"}
    )
    assert answer.status_code == 403
    assert '<html lang="de"' in answer.content.decode()


def test_answered_report_is_not_overdue_and_goes_after_a_year() -> None:
    now = clock.now()
    old = BarrierReport.objects.create(description="a", due_at=now - timedelta(days=1))
    assert old.is_overdue
    assert list(BarrierReport.objects.overdue()) == [old]
    old.status = BarrierReport.Status.ANSWERED
    old.save()
    assert not old.is_overdue
    assert delete_old_reports(now + timedelta(days=300)) == 0
    assert delete_old_reports(now + timedelta(days=366)) == 1


def test_report_that_nobody_answered_goes_after_two_years() -> None:
    BarrierReport.objects.create(description="a")
    assert delete_old_reports(clock.now() + timedelta(days=729)) == 0
    assert delete_old_reports(clock.now() + timedelta(days=731)) == 1


def test_office_sees_what_is_overdue(admin_client: Client) -> None:
    BarrierReport.objects.create(description="Zu alt", due_at=clock.now() - timedelta(days=1))
    html = admin_client.get("/admin/snippets/web/barrierreport/").content.decode()
    assert "Zu alt" in html
