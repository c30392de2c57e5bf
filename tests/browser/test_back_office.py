"""Every page of the back office that is ours: accessible, nothing cut off, in German and Polish."""

from typing import Any

import pytest

from stadtkern.people.models import User
from tests.browser.conftest import MODES, Open
from tests.browser.guben import guben, site
from tests.browser.office import alice, day, faults, sign_in

__all__ = ["alice", "day", "guben", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PAGES = [
    "alerts/",
    "alerts/?show=standing",
    "alerts/{alert}/",
    "rules/",
    "rules/new/",
    "rules/{rule}/",
    "channels/",
    "channels/new/",
    "channels/{channel}/",
    "tickets/",
    "things/",
    "things/?q=nothing+of+that+kind",
    "things/{thing}/",
    "derived/",
    "derived/new/formula/",
    "derived/new/discharge/",
    "derived/{derived}/",
    "quality/",
    "quality/{gauge}/",
    "maintenance-log/",
    "maintenance-log/new/?thing={thing}",
    "maintenance-log/edit/{entry}/",
    "quarantine/",
    "quarantine/?q=nothing+of+that+kind",
    "sources/",
    "sources/new/",
    "sources/new/http_json/",
    "sources/{source}/",
    "sources/{source}/edit/",
    "sources/setup/",
    "keys/",
    "keys/new/",
    "reports/refusals/",
    "lorawan/",
    "lorawan/?show=unknown",
    "lorawan/?show=trouble",
    "lorawan/new/",
    "lorawan/import/",
    "lorawan/labels/",
    "lorawan/gateways/",
    "lorawan/gateways/{gateway}/",
    "lorawan/profiles/",
    "lorawan/profiles/new/",
    "lorawan/profiles/{profile}/",
    "lorawan/redecodings/{redecoding}/",
    "lorawan/{device}/",
    "lorawan/{device}/label/",
    "lorawan/{stranger}/",
    "lorawan/{stranger}/kind/",
    "lorawan/{stranger}/fields/?profile={profile}",
]
PUBLIC = [
    "warnings/",
    "warnings/{alert}/",
    "sensors/coverage/",
    "account/keys/",
    "sensors/things/{thing}/label/",
]


TURNS = tuple(zip(("de", "pl", "de", "pl"), MODES, (0, 1, 1, 0), strict=True))
"""Language, mode, and whether even or odd pages are seen: each one wide and narrow, light and dark, in both languages."""


def test_every_page_holds_in_both_languages_wide_and_narrow(
    visit: Open, alice: User, day: dict[str, Any]
) -> None:
    """One test for all, since the town is built anew for each."""
    found: list[str] = []
    for language, mode, first in TURNS:
        seen = visit("/de/", mode)
        page, address = seen.page, seen.page.url.removesuffix("/de/")
        sign_in(page, address, alice, language=language)
        for path in PAGES[first::2]:
            answer = page.goto(f"{address}/admin/{path.format(**day)}")
            assert answer is not None
            assert answer.status == 200, path
            found += [f"{path} {language} {mode}: {one}" for one in faults(seen)]
            seen.problems.clear()
        for path in PUBLIC:  # what people find there depends on the day, too, or on who they are
            page.goto(f"{address}/{language}/{path.format(**day)}")
            found += [f"{path} {language} {mode}: {one}" for one in faults(seen)]
        page.goto(f"{address}/admin/things/")
        page.locator("input[name=row]").nth(1).check()
        page.locator("main form[method=post] button[type=submit]").click()
        page.wait_for_url("**/things/many/")
        found += [f"bulk {language} {mode}: {one}" for one in faults(seen)]
        page.context.close()
    assert found == []
