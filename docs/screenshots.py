"""Make the pictures in docs/images/ from a fresh demo town: `make screenshots`."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

DOCS = Path(__file__).parent
IMAGES = DOCS / "images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip
PORT = 8767
DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=320, height=640)
WALL = ViewportSize(width=3840, height=2160)
SHOTS: dict[str, tuple[str, ViewportSize, Literal["light", "dark"], bool]] = {
    "cockpit-desktop": ("de/", DESKTOP, "light", True),
    "cockpit-dark": ("de/", DESKTOP, "dark", True),
    "cockpit-polish": ("pl/", DESKTOP, "light", True),
    "cockpit-phone": ("de/", PHONE, "light", True),
    "cockpit-phone-dark-polish": ("pl/", PHONE, "dark", True),
    "kiosk": ("de/kiosk/", WALL, "light", False),
    "map": ("de/map/", DESKTOP, "light", False),
    "register": ("de/sensors/", DESKTOP, "light", True),
}


def shoot(browser: Browser, name: str) -> None:
    """Take one picture."""
    path, viewport, scheme, whole = SHOTS[name]
    context = browser.new_context(viewport=viewport, color_scheme=scheme, locale="de-DE")
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{PORT}/{path}", wait_until="load")
    height = page.evaluate("document.documentElement.scrollHeight") if whole else 0
    for top in range(0, height, 600):  # maps draw when they come into sight
        page.evaluate(f"window.scrollTo(0, {top})")
        page.wait_for_timeout(400)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(4000)
    page.screenshot(path=IMAGES / f"{name}.png", full_page=whole, scale="css")
    context.close()


def main() -> None:
    """Start the demo, take the named pictures or all, stop."""
    IMAGES.mkdir(exist_ok=True)
    names = sys.argv[1:] or list(SHOTS)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = subprocess.Popen(
            [sys.executable, "-m", "stadtkern", "demo", "--offline", "--port", str(PORT),
             "--data-dir", f"{folder}/d"],
            cwd=DOCS.parent, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            if not any("is running" in line for line in demo.stdout or ()):
                sys.exit("the demo did not start")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for name in names:
                shoot(browser, name)
            browser.close()
        finally:
            demo.terminate()
            demo.wait(30)


if __name__ == "__main__":
    main()
