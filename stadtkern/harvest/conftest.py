"""A catalogue on this machine, and a source that harvests it."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test.utils import override_settings

from stadtkern.catalogue.models import Agent
from stadtkern.governance.models import DataProfile
from stadtkern.harvest import running, services
from stadtkern.harvest.models import HarvestRun, HarvestSource
from stadtkern.people.models import Organisation


@dataclass
class Reply:
    """What the catalogue answers."""

    body: bytes = b""
    content_type: str = "application/json"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Answering = Callable[[str, dict[str, str]], Reply]


class Catalogue:
    """A real server; `answer` decides by path and parameters."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.unchanged = 0
        self.answer: Answering = lambda _path, _query: Reply(status=404)
        self.has_etags = True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # as the class demands
                outer.asked.append(self.path)
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                reply = outer.answer(parts.path, query)
                body = reply.body.replace(b"{BASE}", outer.url.encode())
                etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
                if (
                    outer.has_etags
                    and reply.status == HTTPStatus.OK
                    and self.headers.get("If-None-Match") == etag
                ):
                    outer.unchanged += 1
                    self.send_response(304)
                    self.send_header("ETag", etag)
                    self.end_headers()
                    return
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(body)))
                if outer.has_etags:
                    self.send_header("ETag", etag)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalogue]:
    """Give a catalogue on loopback that may be asked."""
    server = Catalogue()
    monkeypatch.setenv("STADTKERN_ALLOW_PRIVATE_HOSTS", server.url.partition("://")[2])
    with override_settings(PUBLIC_URL="https://data.guben.example"):
        yield server
    server.stop()


@pytest.fixture
def profile(db: None) -> DataProfile:
    """Give a published profile."""
    return DataProfile.objects.create(
        slug="taken-over",
        title={"de": "Daten anderer", "en": "Data of others"},
        purpose={"de": "Überblick"},
        legal_basis={"de": "Satzung"},
        owner=Organisation.objects.create(slug="town", name={"de": "Stadt"}),
        licence="dl-de/by-2-0",
        is_published=True,
    )


@pytest.fixture
def publisher(db: None) -> Agent:
    """Give who is named where a record names nobody."""
    return Agent.objects.create(slug="town", name={"de": "Stadt Guben"})


@pytest.fixture
def source(profile: DataProfile, publisher: Agent, catalogue: Catalogue) -> HarvestSource:
    """Give a source of the catalogue."""
    return HarvestSource.objects.create(
        name="Neighbour", kind="ckan", url=catalogue.url, profile=profile, publisher=publisher
    )


def harvest(source: HarvestSource) -> HarvestRun:
    """Harvest a source from beginning to end, as the worker does."""
    HarvestSource.objects.filter(pk=source.pk).update(is_wanted=True)
    services.plan_due()
    run = HarvestRun.objects.filter(source=source).latest("created_at", "pk")
    assert running.claim(run)
    running.work(run)
    run.refresh_from_db()
    source.refresh_from_db()
    return run


def package(number: int, **more: Any) -> dict[str, Any]:
    """Return a package of CKAN."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "name": f"package-{number}",
        "title": f"Baumkataster {number}",
        "notes": "Alle Bäume der Stadt.",
        "license_id": "dl-de/by-2-0",
        "organization": {"title": "Gartenamt", "name": "gartenamt"},
        "metadata_modified": "2026-01-02T03:04:05",
        "tags": [{"name": "baum"}],
        "groups": [{"name": "umwelt_klima"}],
        "resources": [
            {
                "id": f"r{number}",
                "name": "Bäume",
                "format": "CSV",
                "url": f"https://data.example/{number}.csv",
            }
        ],
        **more,
    }


def ckan(packages: list[dict[str, Any]]) -> Answering:
    """Return the answers of a CKAN that has these packages."""

    def answer(path: str, query: dict[str, str]) -> Reply:
        if not path.endswith("/package_search"):
            return Reply(status=404)
        ordered = sorted(packages, key=lambda one: one["id"])
        start, rows = int(query.get("start", 0)), int(query.get("rows", 10))
        result = {"count": len(ordered), "results": ordered[start : start + rows]}
        return Reply(json.dumps({"success": True, "result": result}).encode())

    return answer
