"""Tables that are fetched by schedule, from a server on this machine."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stadtkern.base import clock
from stadtkern.catalogue.fixtures import MORE_TREES, TREES, _own_folder, bring, make_table
from stadtkern.catalogue.models import Dataset, Distribution, Pull, Version
from stadtkern.catalogue.services import approval, pulls, versions, work
from stadtkern.people.models import User

__all__ = ["_own_folder"]
pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]
State = Version.State


@dataclass
class Shop:
    """What a server offers, and what it was asked."""

    body: bytes = TREES
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Serve one file with an ETag."""
    facts = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            facts.asked.append(dict(self.headers))
            tag = f'"{hash(facts.body)}"'
            is_same = self.headers.get("If-None-Match") == tag
            status = 304 if is_same and facts.status == 200 else facts.status
            self.send_response(status)
            self.send_header("ETag", tag)
            self.send_header("Content-Type", "text/csv")
            self.send_header("Content-Length", "0" if status == 304 else str(len(facts.body)))
            self.end_headers()
            if status != 304:
                self.wfile.write(facts.body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    monkeypatch.setenv("STADTKERN_ALLOW_PRIVATE_HOSTS", f"127.0.0.1:{port}")
    facts.url = f"http://127.0.0.1:{port}/daten/bäume"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield facts
    server.shutdown()
    thread.join()
    server.server_close()


def scheduled(alice: User, shop: Shop) -> Pull:
    """Return a schedule of a public table."""
    table = make_table(alice)
    bring(table, by=alice)
    approval.publish(table.dataset, by=None)
    pull = Pull(distribution=Distribution.objects.get(), url=shop.url)
    pulls.schedule(pull, by=None)
    return pull


def again() -> int:
    """Have all schedules be due, and do what follows."""
    Pull.objects.update(next_at=clock.now())
    count = pulls.pull_due()
    work.look_at_new()
    work.read_small()
    return count


def test_only_a_changed_file_becomes_a_version(alice: User, shop: Shop) -> None:
    scheduled(alice, shop)
    assert again() == 1
    assert Version.objects.count() == 1  # the same bytes as the upload
    again()
    assert "If-None-Match" in shop.asked[-1]
    shop.body = MORE_TREES
    again()
    current = Version.objects.current().get()
    assert (current.number, current.rows, current.is_automatic) == (2, 4, True)
    assert current.original_name == "bäume.csv"


def test_other_columns_wait_for_a_person(alice: User, shop: Shop) -> None:
    scheduled(alice, shop)
    shop.body = b"Nr;Art;Zustand\n1;Linde;gut\n"
    again()
    newest = Version.objects.order_by("-number")[0]
    assert newest.state == State.ASKING
    assert Version.objects.current().get().number == 1


def test_a_schedule_that_nobody_approved_publishes_nothing(alice: User, shop: Shop) -> None:
    table = make_table(alice)
    bring(table, by=alice)
    approval.publish(table.dataset, by=None)
    pulls.schedule(Pull(distribution=Distribution.objects.get(), url=shop.url), by=alice)
    shop.body = MORE_TREES
    again()
    fetched = Version.objects.get(number=2)
    assert (fetched.state, fetched.is_current, fetched.is_proposed) == (State.READY, False, True)
    approval.publish(Dataset.objects.get(), by=None)
    assert Version.objects.current().get() == fetched
    assert Pull.objects.get().is_approved


def test_failures_are_noted_and_told_once_and_so_is_their_end(
    alice: User, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    scheduled(alice, shop)
    shop.status = 404
    with caplog.at_level(logging.INFO, logger="stadtkern.catalogue"):
        again()
        again()
        assert "404" in Pull.objects.get().problem
        shop.status = 200
        again()
        again()
    assert Pull.objects.get().problem == ""
    told = [one.getMessage() for one in caplog.records if "fetching table" in one.getMessage()]
    assert [text.split(" ")[-1] == "again" for text in told] == [False, True]


def test_addresses_inside_the_town_are_not_asked(alice: User) -> None:
    version = versions.fetch(make_table(alice), "http://127.0.0.1:9/geheim.csv", by=alice)
    work.look_at_new()
    version.refresh_from_db()
    assert version.state == State.FAILED
    assert not version.folder.exists()


def test_a_file_is_fetched_from_an_address(alice: User, shop: Shop) -> None:
    version = versions.fetch(make_table(alice), shop.url, by=alice)
    work.look_at_new()
    version.refresh_from_db()
    assert (version.state, version.byte_size) == (State.ASKING, len(TREES))


def test_a_withdrawn_dataset_is_not_fetched(alice: User, shop: Shop) -> None:
    scheduled(alice, shop)
    versions.withdraw(Dataset.objects.get(), "Fehler", by=None)
    assert again() == 0
