"""Every kind of page of `web` in a real browser."""

from collections.abc import Mapping
from typing import Any

import pytest
from wagtail.models import Locale, Page, Site

from stadtkern.web import map_layers
from stadtkern.web.models import AccessibilityStatementPage, ContentPage, EasyLanguagePage
from tests.browser.conftest import DESKTOP, MODES, PHONE, Mode, Open
from tests.browser.sample import LONG_WORD

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TWO = pytest.mark.parametrize("mode", [DESKTOP, PHONE], ids=str)


@pytest.fixture(autouse=True)
def _sample(settings: Any) -> None:  # noqa: ANN401
    settings.ROOT_URLCONF = "tests.browser.sample"
    settings.DEMO = True


def gauges() -> Mapping[str, Any]:
    """Return places on both banks."""
    kinds = ["water", "weather", "air", "traffic", "energy", "nature", "other"]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": kind,
                "geometry": {"type": "Point", "coordinates": [14.69 + n / 100, 51.93 + n / 150]},
                "properties": {
                    "name": f"Messstelle {kind}",
                    "text": "212 cm",
                    "kind": kind,
                    "url": "/de/sample/",
                },
            }
            for n, kind in enumerate(kinds)
        ],
    }


@pytest.fixture
def _places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_layers, "_layers", {})
    map_layers.register("gauges", "Messstellen", gauges)


@pytest.fixture
def pages() -> dict[str, str]:
    """Return the addresses of one page of each type."""
    locale = Locale.objects.get_or_create(language_code="de")[0]
    root = Page.objects.filter(depth=1).first() or Page.add_root(
        instance=Page(title="Root", slug="root", locale=locale)
    )
    home = root.add_child(instance=ContentPage(title="Start", slug="start", locale=locale))
    Site.objects.update_or_create(is_default_site=True, defaults={"hostname": "localhost", "root_page": home})
    made = [
        ContentPage(
            title=f"Impressum und {LONG_WORD}",
            slug="imprint",
            introduction="Wer hinter dieser Seite steht.",
            body=[
                ("heading", "Anschrift"),
                ("paragraph", "<p>Ein Absatz mit <a href='/de/'>Verweis</a>.</p><ul><li>Punkt</li></ul>"),
                ("quote", {"quote": "Klar gesagt.", "source": "Mia"}),
                ("accordion", {"entries": [{"title": "Eine Frage?", "text": "<p>Eine Antwort.</p>"}]}),
                ("contact", {"name": "Rathaus", "email": "rathaus@example.org", "phone": "03561 1"}),
                ("video", {"title": "Film", "url": "https://example.org/film", "has_sign_language": True}),
            ],
        ),
        EasyLanguagePage(title="Leichte Sprache", slug="easy", introduction="Die Seite ist für alle da."),
        AccessibilityStatementPage(
            title="Barrierefreiheit",
            slug="accessibility",
            barriers=[
                ("barrier", {"barrier": "Alte PDF-Dateien", "reason": "burden", "explanation": "9000 Stück"})
            ],
            enforcement="<p>Durchsetzungsstelle</p>",
        ),
    ]
    return {page.slug: home.add_child(instance=page).get_url() for page in made}


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_all_parts_pass_in_every_mode(visit: Open, mode: Mode) -> None:
    seen = visit("/de/sample/", mode)
    seen.check()
    seen.page.locator("summary").first.click()
    assert seen.axe() == []


@TWO
@pytest.mark.parametrize("slug", ["imprint", "easy", "accessibility"])
def test_editorial_pages(visit: Open, pages: dict[str, str], slug: str, mode: Mode) -> None:
    visit(pages[slug], mode).check()


@TWO
@pytest.mark.parametrize("path", ["/pl/account/login/", "/dsb/accessibility/report/"])
def test_forms(visit: Open, path: str, mode: Mode) -> None:
    visit(path, mode).check()


@TWO
def test_error_pages(visit: Open, mode: Mode) -> None:
    visit("/en/nowhere/", mode, expect_error=True).check()


@TWO
@pytest.mark.usefixtures("_places")
def test_map_is_drawn_and_follows_its_list(visit: Open, mode: Mode) -> None:
    seen = visit("/en/map/", mode)
    page = seen.page
    page.locator("sk-map").scroll_into_view_if_needed()
    page.wait_for_selector("sk-map[data-state=ready]", timeout=60_000)
    button = page.locator(".sk-place__show").nth(2)
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert page.locator(".sk-place.is-chosen").count() == 1
    assert page.locator(".maplibregl-ctrl-attrib").inner_text().count("dl-de/by-2-0") == 1
    assert page.locator(".maplibregl-canvas").get_attribute("aria-label") == "Map of the places in the list"
    seen.check()


@pytest.mark.usefixtures("_places")
def test_map_page_works_without_scripts(visit: Open) -> None:
    seen = visit("/de/map/", java_script_enabled=False)
    assert seen.page.locator(".sk-place").count() == 7
    assert not seen.page.locator("sk-map").is_visible()
    assert seen.page.locator(".sk-nav a").first.is_visible()


def test_first_tab_stop_is_the_skip_link_and_it_skips(visit: Open) -> None:
    seen = visit("/en/sample/")
    seen.page.keyboard.press("Tab")
    assert seen.focused() == "To the content"
    place = seen.page.locator(".sk-skip").bounding_box()
    assert place
    assert place["y"] >= 0
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.id") == "main"


def test_language_switch_by_keyboard_keeps_the_page(visit: Open) -> None:
    seen = visit("/de/sample/?page=4")
    seen.page.locator(".sk-languages a[lang=pl]").focus()
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_url("**/pl/sample/?page=4")
    assert seen.page.evaluate("document.documentElement.lang") == "pl"


def test_theme_is_kept_only_once_chosen_and_without_cookie(visit: Open) -> None:
    seen = visit("/de/sample/")
    page = seen.page
    assert page.evaluate("localStorage.length") == 0
    page.locator("#sk-theme").select_option("dark")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.kernTheme") == "dark"
    assert page.locator("#sk-theme").input_value() == "dark"
    page.locator("#sk-theme").select_option("")
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []


def test_menu_opens_and_closes_by_keyboard_on_a_phone(visit: Open) -> None:
    seen = visit("/en/sample/", PHONE)
    page = seen.page
    assert not page.locator(".sk-nav").is_visible()
    page.locator(".sk-menu-button").focus()
    page.keyboard.press("Enter")
    assert page.locator(".sk-nav").is_visible()
    assert seen.axe() == []
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not page.locator(".sk-nav").is_visible()
    assert seen.focused() == "Menu"


def test_twice_the_text_size_still_fits(visit: Open) -> None:
    seen = visit("/de/sample/")
    seen.page.add_init_script("document.documentElement.style.fontSize = '200%'")
    seen.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert seen.sideways() == 0


@pytest.mark.parametrize("mode", MODES[:2], ids=str)
def test_words_in_charts_can_be_read(visit: Open, mode: Mode) -> None:
    seen = visit("/de/sample/", mode)
    ratio = seen.page.evaluate(
        """() => {
          const c = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
          const light = colour => {
            c.fillStyle = colour; c.fillRect(0, 0, 1, 1);
            const linear = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
            const [r, g, b] = [...c.getImageData(0, 0, 1, 1).data].map(linear);
            return .2126 * r + .7152 * g + .0722 * b;
          };
          const paper = light(getComputedStyle(document.body).backgroundColor);
          return Math.min(...[...document.querySelectorAll('svg text')].map(t => {
            const [a, b] = [light(getComputedStyle(t).fill), paper].sort((x, y) => y - x);
            return (a + .05) / (b + .05);
          }));
        }"""
    )
    assert ratio >= 4.5


def test_long_chart_takes_over_on_request(visit: Open) -> None:
    seen = visit("/de/sample/")
    page = seen.page
    assert page.locator("sk-plot > svg").is_visible()
    button = page.locator(".sk-plot__ranges button").nth(2)
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".uplot canvas")
    assert button.get_attribute("aria-pressed") == "true"
    assert not page.locator("sk-plot > svg").is_visible()
    seen.check()


def test_error_summary_leads_to_the_field(visit: Open) -> None:
    seen = visit("/en/accessibility/report/", expect_error=True)
    page = seen.page
    page.locator("#id_email").fill("alice@")
    page.locator("main button[type=submit]").click()
    page.wait_for_selector("#errors")
    assert page.locator("#id_email").input_value() == "alice@"
    page.locator("#errors a", has_text="email").click()
    assert page.evaluate("document.activeElement.id") == "id_email"
    seen.check()


def test_printed_page_ends_with_a_code_back_to_it(visit: Open) -> None:
    seen = visit("/de/sample/")
    seen.page.emulate_media(media="print")
    assert seen.page.locator(".sk-qr img").is_visible()
    assert not seen.page.locator(".sk-nav").is_visible()


def test_forced_colours_keep_the_marks_of_state(visit: Open) -> None:
    seen = visit("/de/sample/", forced_colors="active")
    assert seen.page.locator(".sk-tabs a[aria-current]").is_visible()
    seen.check()
