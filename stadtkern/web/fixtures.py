"""A web server that takes messages, for tests of what is sent out."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Receiver:
    """A web server that takes messages; a test decides how it answers."""

    url: str
    status: int = 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Give a receiver on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(found.status)
            self.send_header("Location", found.url)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Stay silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = http.server_address[1]
    found = Receiver(f"http://127.0.0.1:{port}/hook")
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setenv("STADTKERN_ALLOW_PRIVATE_HOSTS", f"127.0.0.1:{port}")
    yield found
    http.shutdown()
    http.server_close()
    thread.join()
