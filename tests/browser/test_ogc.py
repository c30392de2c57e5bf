"""The pages of layers: accessible, quiet, narrow enough, with the same in a table as on the map."""

from pathlib import Path

import pytest
import shapely
from pytest_django import Settings

from stadtkern.features import access, services
from stadtkern.features.services import Described, NewFeature
from tests.browser.conftest import DESKTOP, MODES, PHONE, Open

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LONG = "Hochwasserrückhaltebeckenverordnung"
PATHS = [
    "/ogc/", "/ogc/collections", "/ogc/collections/trees", "/ogc/collections/trees/items?limit=20",
    "/ogc/collections/trees/items/1", "/ogc/collections/trees/queryables", "/ogc/api", "/ogc/conformance",
    "/ogc/collections/catalogue/items", "/ogc/collections/trees/tiles/WebMercatorQuad",
]  # fmt: skip


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    """Fill a layer with long words."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setitem(access._sources, "test", lambda _request: [1])  # noqa: SLF001  # for the test alone
    trees = [
        NewFeature(
            shapely.Point(14.7 + n / 1000, 51.95), {"Name": f"{LONG} {n}", "Höhe": n / 2, LONG: LONG * 3}
        )
        for n in range(40)
    ]
    about = Described(source="test", reference=1, title={"de": f"Bäume {LONG}"}, attribution="Stadt Guben")
    services.replace("trees", trees, about=about)


@pytest.mark.parametrize("path", PATHS)
def test_pages_of_layers_are_for_everybody(visit: Open, layer: None, path: str) -> None:
    for mode in MODES if "items?" in path else (DESKTOP, PHONE):
        seen = visit(f"{path}{'&' if '?' in path else '?'}f=html", mode)
        seen.check()
        seen.page.context.close()


def test_everything_on_the_map_stands_in_the_list_and_the_table(visit: Open, layer: None) -> None:
    seen = visit("/ogc/collections/trees/items?limit=20&f=html")
    seen.page.wait_for_selector("sk-map[data-state=ready]", timeout=60_000)
    assert seen.page.locator(".sk-place").count() == 20
    assert seen.page.locator(".ogc-table tbody tr").count() == 20
    seen.page.click(".sk-languages a[lang=pl]")
    assert seen.page.evaluate("document.documentElement.lang") == "pl"
    assert seen.page.locator(".ogc-table tbody tr").count() == 20
