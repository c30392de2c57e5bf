"""A browser, pages opened in it, and the checks every page has to pass."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

# Playwright keeps an event loop in this thread; the tests use the database beside it, never inside it
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
# root needs --no-sandbox; MapLibre needs WebGL 2, which SwiftShader computes without a graphics card
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text(encoding="utf-8")
Wait = Literal["commit", "domcontentloaded", "load", "networkidle"]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "best-practice"]


@dataclass(frozen=True)
class Mode:
    """How a page is looked at."""

    width: int
    is_dark: bool

    def __str__(self) -> str:
        return f"{'dark' if self.is_dark else 'light'}-{self.width}"


DESKTOP, PHONE = Mode(1280, is_dark=False), Mode(320, is_dark=True)
MODES = [DESKTOP, Mode(1280, is_dark=True), Mode(320, is_dark=False), PHONE]


@dataclass
class Visit:
    """An open page, and what went wrong on it: script errors, CSP violations, requests to others."""

    page: Page
    problems: list[str] = field(default_factory=list)

    def axe(self) -> list[str]:
        """Return the violations that axe finds, one line each."""
        self.page.evaluate(AXE)
        found = self.page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
            TAGS,
        )
        return [
            f"{v['impact']} {v['id']}: {v['help']} {[n['target'] for n in v['nodes']][:3]}"
            for v in found["violations"]
        ]

    def sideways(self) -> int:
        """Return by how many pixels the page can be scrolled sideways."""
        width: int = self.page.evaluate(
            "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)"
        )
        return width

    def focused(self) -> str:
        """Return the text of the element that has the focus."""
        text: str = self.page.evaluate(
            "(document.activeElement.innerText || document.activeElement.value || '').trim()"
        )
        return text

    def check(self) -> None:
        """Hold the page to what holds for every page."""
        assert self.problems == []
        assert self.sideways() == 0
        assert self.axe() == []
        assert self.page.locator("h1").count() == 1
        assert self.page.evaluate("document.documentElement.lang") != ""


Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return the browser of this machine."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, live_server: LiveServer) -> Iterator[Open]:
    """Return a function that opens a path of the live server; what it opened is closed at the end."""
    contexts = []

    def open_(
        path: str, mode: Mode = DESKTOP, *, wait: Wait = "load", expect_error: bool = False, **options: Any
    ) -> Visit:
        context = chromium.new_context(
            viewport={"width": mode.width, "height": 900 if mode.width > 600 else 640},
            color_scheme="dark" if mode.is_dark else "light",
            locale="de-DE",
            timezone_id="Europe/Berlin",
            **options,
        )
        contexts.append(context)
        seen = Visit(context.new_page())
        page = seen.page
        page.on(
            "console",
            lambda m: (
                None
                if m.type != "error" or (expect_error and "status of" in m.text)
                else seen.problems.append(m.text)
            ),
        )
        page.on("pageerror", lambda error: seen.problems.append(str(error)))
        page.on(
            "request",
            lambda r: (
                None
                if r.url.startswith((live_server.url, "data:", "blob:"))
                else seen.problems.append(f"asks {r.url}")
            ),
        )
        page.goto(f"{live_server.url}{path}", wait_until=wait)
        return seen

    yield open_
    for context in contexts:
        context.close()
