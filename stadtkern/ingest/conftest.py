"""What the tests of `ingest` share: the people, a source, a server on this machine."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.cache import cache

from stadtkern.ingest import hooks
from stadtkern.ingest.models import Source

Respond = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """A web server whose answers a test decides."""

    port: int
    answers: dict[str, Respond] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        """Return the address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def gives(self, body: bytes | str, *, path: str = "/", status: int = 200, **headers: str) -> str:
        """Let a path answer with a body; return its address."""
        content = body.encode() if isinstance(body, str) else body

        def respond(handler: BaseHTTPRequestHandler) -> None:
            if headers.get("ETag") and handler.headers.get("If-None-Match") == headers["ETag"]:
                handler.send_response(304)
                handler.end_headers()
                return
            handler.send_response(status)
            for name, value in ({"Content_Length": str(len(content))} | headers).items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(content)

        self.answers[path] = respond
        return self.url(path)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Give a server on this machine that sources may ask."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, dict(self.headers)))
            try:
                found.answers[self.path](self)
            except KeyError:
                self.send_error(404)
            except OSError:  # the client has gone
                self.close_connection = True

        def log_message(self, *_words: object) -> None:
            """Stay silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    found = Server(http.server_address[1])
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setenv("STADTKERN_ALLOW_PRIVATE_HOSTS", f"127.0.0.1:{found.port}")
    yield found
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """Let every test begin with full buckets."""
    hooks.CALLS.clear()
    hooks.GUESSES.clear()
    cache.clear()


@pytest.fixture
def json_source(db: None, server: Server) -> Source:  # needs the database
    """Give a source of levels as JSON: rows with `nr`, `t`, `level`."""
    options = {
        "url": server.url(),
        "rows": "rows",
        "values": ["level = water_level [cm]"],
        "time": "t",
        "thing_path": "nr",
    }
    return Source.objects.create(slug="levels", connector="http_json", title={"de": "Pegel"}, options=options)
