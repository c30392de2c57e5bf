"""The kept cockpit is the same for everybody, and never somebody's own."""

from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from stadtkern.dashboards import front_page
from stadtkern.dashboards.front_page import forget


class Drawn:
    """Draws an answer and counts how often."""

    def __init__(self) -> None:
        self.count = 0
        self.cookie = ""

    def __call__(self, _request: HttpRequest) -> HttpResponse:
        self.count += 1
        response = HttpResponse(f"drawing {self.count}", headers={"Content-Language": "de"})
        if self.cookie:
            response.set_cookie(self.cookie, "x")
        return response


@pytest.fixture(autouse=True)
def _kept(settings: Settings) -> Iterator[None]:
    settings.FRONT_PAGE_SECONDS = 10
    forget()
    yield
    forget()


def ask(drawn: Drawn, path: str = "/de/", **headers: str) -> HttpResponse:
    """Ask for a page."""
    request = RequestFactory().get(path, headers=headers)
    request.COOKIES = {"sessionid": "1"} if headers.get("X-Signed-In") else {}
    return front_page.front_page(drawn)(request)  # type: ignore[return-value]  # a plain function gives a plain answer


def test_readers_share_one_drawing_with_its_headers() -> None:
    drawn = Drawn()
    assert [ask(drawn).content for _ in range(3)] == [b"drawing 1"] * 3
    assert ask(drawn)["Content-Language"] == "de"


@pytest.mark.parametrize("path", ["/de/?page=2", "/de/map/", "/admin/", "/xx/", "/"])
def test_other_addresses_are_not_kept(path: str) -> None:
    drawn = Drawn()
    ask(drawn, path)
    ask(drawn, path)
    assert drawn.count == 2


def test_who_is_signed_in_gets_an_own_drawing_and_leaves_none_behind() -> None:
    drawn = Drawn()
    ask(drawn, **{"X-Signed-In": "yes"})
    assert ask(drawn).content == b"drawing 2"
    assert ask(drawn, **{"X-Signed-In": "yes"}).content == b"drawing 3"


def test_an_answer_with_a_cookie_is_not_kept() -> None:
    drawn = Drawn()
    drawn.cookie = "csrftoken"
    ask(drawn)
    assert ask(drawn).content == b"drawing 2"


def test_compressed_and_plain_answers_are_kept_apart() -> None:
    drawn = Drawn()
    ask(drawn, **{"Accept-Encoding": "gzip, br"})
    assert ask(drawn).content == b"drawing 2"


def test_one_reader_redraws_while_the_others_get_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Drawn()
    now = 100.0
    monkeypatch.setattr("stadtkern.dashboards.front_page.time.monotonic", lambda: now)
    ask(drawn)
    now = 111.0
    key = ("", "/de/", False)
    assert front_page.find(key, now) is None, "the first one redraws"
    found = front_page.find(key, now)
    assert found is not None
    assert found.content == b"drawing 1"


@pytest.mark.parametrize("path", ["/de/", "/static/web/stadtkern.css"])
def test_a_streamed_answer_passes_and_is_not_kept(path: str) -> None:
    def streamed(_request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(iter([b"a", b"b"]))

    for _ in range(2):
        answer = front_page.front_page(streamed)(RequestFactory().get(path))
        assert isinstance(answer, StreamingHttpResponse)
        assert answer.getvalue() == b"ab"


def test_publishing_forgets() -> None:
    drawn = Drawn()
    ask(drawn)
    forget(sender=None)
    assert ask(drawn).content == b"drawing 2"
