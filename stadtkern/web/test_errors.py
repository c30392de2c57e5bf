"""Errors as pages and as problem documents; limits; health."""

import asyncio
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path
from prometheus_client.core import GaugeMetricFamily, Metric

from stadtkern.base.errors import BadInput
from stadtkern.web import metrics
from stadtkern.web.limits import limit_body

OURS = import_module(settings.ROOT_URLCONF)
handler400, handler403 = OURS.handler400, OURS.handler403
handler404, handler500 = OURS.handler404, OURS.handler500


def bad(request: HttpRequest) -> HttpResponse:
    raise BadInput("row 3: no number <here>")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret detail")


def database_gone(request: HttpRequest) -> HttpResponse:
    raise OperationalError("no such host")


def events(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"data: 1\n\n"]), content_type="text/event-stream")


urlpatterns = [
    path("de/bad", bad),
    path("api/bad", bad),
    path("de/broken", broken),
    path("de/gone", database_gone),
    path("events", events),
    *OURS.urlpatterns,
]


@pytest.fixture
def broken_pages(settings: Any) -> None:  # noqa: ANN401
    """Add pages that fail."""
    settings.ROOT_URLCONF = __name__


@pytest.mark.usefixtures("broken_pages")
class TestErrors:
    """What people and programs see."""

    def test_person_reads_what_is_wrong_in_a_page(self, client: Client) -> None:
        answer = client.get("/de/bad", headers={"Accept": "text/html"})
        assert answer.status_code == 422
        assert "row 3: no number &lt;here&gt;" in answer.content.decode()

    def test_program_gets_a_problem_document(self, client: Client) -> None:
        answer = client.get("/api/bad")
        assert answer["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == answer.status_code == 422
        assert problem["detail"] == "row 3: no number <here>"
        assert problem["instance"] == "/api/bad"

    def test_wish_for_json_is_heard_on_pages_too(self, client: Client) -> None:
        answer = client.get("/de/bad", headers={"Accept": "application/json"})
        assert answer["Content-Type"] == "application/problem+json"

    def test_our_mistake_tells_no_detail(self) -> None:
        answer = Client(raise_request_exception=False).get("/de/broken", headers={"Accept": "text/html"})
        assert answer.status_code == 500
        assert "secret detail" not in answer.content.decode()
        assert "Guben" in answer.content.decode()

    def test_database_out_of_reach_is_503_with_retry(self, client: Client) -> None:
        answer = client.get("/de/gone", headers={"Accept": "text/html"})
        assert answer.status_code == 503
        assert answer["Retry-After"] == "60"

    def test_events_are_never_compressed(self, client: Client) -> None:
        assert "Content-Encoding" not in client.get("/events", headers={"Accept-Encoding": "gzip"})


def test_missing_page_is_friendly_without_database(client: Client) -> None:
    answer = client.get("/tiles/unknown/1/1/1.png")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/xx/", "/de/nirgends/", "/xx/map/"])
def test_unknown_language_or_page_is_a_friendly_404(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"}, follow=True)
    assert answer.status_code == 404
    page = answer.content.decode()
    assert '<html lang="de"' in page
    assert 'href="/pl/"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "place"), [("pl,en;q=0.5", "/pl/"), ("dsb", "/dsb/"), ("fr", "/de/"), ("en-GB", "/en/")]
)
def test_root_leads_to_the_language_of_the_visitor(client: Client, wanted: str, place: str) -> None:
    answer = client.get("/", headers={"Accept-Language": wanted})
    assert answer.status_code == 302
    assert answer["Location"] == place
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.django_db
def test_address_for_programs_is_not_led_to_a_language(client: Client) -> None:
    assert client.get("/media/nothing.png").status_code == 404


def test_alive_without_database(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_ready_with_all_tables(client: Client) -> None:
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_not_ready_while_migrations_are_missing(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="people").delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "stadtkern migrate" in answer.json()["detail"]


@pytest.mark.django_db
def test_metrics_are_for_this_machine_or_the_token(client: Client, settings: Any) -> None:  # noqa: ANN401
    assert b"stadtkern_requests_total" in client.get("/metrics").content
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.7").status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 403
    settings.METRICS_TOKEN = "t0ken"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code == 200


@pytest.mark.django_db
def test_metrics_have_the_figures_that_apps_register(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def figures() -> Iterator[Metric]:
        yield GaugeMetricFamily("stadtkern_test_gauge", "A figure of an app", value=7)

    monkeypatch.setattr(metrics, "_collectors", [figures])
    assert b"\nstadtkern_test_gauge 7.0\n" in client.get("/metrics").content


def test_metrics_of_the_process_come_without_a_database(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def figures() -> Iterator[Metric]:
        raise OperationalError("no such host")

    monkeypatch.setattr(metrics, "_collectors", [figures])
    assert b"stadtkern_requests_total" in client.get("/metrics").content


@pytest.fixture
def upload(settings: Any, tmp_path: Path) -> Path:  # noqa: ANN401
    """Give the folder of uploaded files."""
    for folder in ("documents", "images"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "page.html").write_text("<script src=x></script>")
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.mark.django_db
@pytest.mark.usefixtures("upload")
def test_uploaded_file_cannot_act_as_a_page_of_ours(client: Client) -> None:
    answer = client.get("/media/images/page.html")
    answer.close()
    assert answer.status_code == 200
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
@pytest.mark.usefixtures("upload")
@pytest.mark.parametrize(
    "path", ["documents/page.html", "./documents/page.html", "images/../documents/page.html"]
)
def test_documents_are_only_handed_out_by_the_page_that_knows_their_rights(client: Client, path: str) -> None:
    assert client.get(f"/media/{path}").status_code == 404


def test_security_txt_names_a_contact_and_a_date(client: Client) -> None:
    text = client.get("/.well-known/security.txt").content.decode()
    assert text.startswith("Contact: mailto:")
    assert "\nExpires: 20" in text


@pytest.mark.django_db
def test_page_forbids_inline_code_and_unneeded_powers(client: Client) -> None:
    answer = client.get("/de/account/login/")
    assert "'unsafe" not in answer["Content-Security-Policy"]
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert " style=" not in answer.content.decode()
    assert "<style" not in answer.content.decode()


def send(
    chunks: list[bytes], headers: list[tuple[bytes, bytes]] | None = None, most: int = 10
) -> list[dict[str, Any]]:
    """Send chunks through `limit_body` to an application that reads all; return what it answers."""
    sent: list[dict[str, Any]] = []
    waiting = [
        {"type": "http.request", "body": c, "more_body": n < len(chunks)} for n, c in enumerate(chunks, 1)
    ]

    async def application(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def collect(message: Any) -> None:  # noqa: ANN401
        sent.append(message)

    asyncio.run(limit_body(application, most)({"type": "http", "headers": headers or []}, receive, collect))
    return sent


def test_declared_giant_is_refused_before_reading() -> None:
    assert send([b"x"], [(b"content-length", b"999999")])[0]["status"] == 413


def test_chunks_are_counted() -> None:
    assert send([b"123456", b"123456"])[0]["status"] == 413
    assert send([b"12345", b"12345"])[0]["status"] == 200


def test_nonsense_length_does_not_crash() -> None:
    assert send([b"1"], [(b"content-length", b"-5")])[0]["status"] == 200
