"""An editor makes a rule, tries it on the past, sees it fire, and takes a mark on values back."""

from datetime import timedelta

import pytest
from django.utils.timezone import localtime
from playwright.sync_api import Page, expect

from stadtkern.base import clock
from stadtkern.dashboards.fixtures import Store, _fresh, profile, store
from stadtkern.observations.models import Datastream, Observation
from stadtkern.observations.quality import QualityFlag
from stadtkern.people.models import User
from stadtkern.people.roles import create_roles
from stadtkern.people.services import add_person
from stadtkern.warnings.models import Alert, Rule
from stadtkern.warnings.services import Watcher
from tests.browser.conftest import Open
from tests.browser.office import PASSWORD, press_until, sign_in

__all__ = ["_fresh", "profile", "store"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alice(transactional_db: None) -> User:
    """Return an editor."""
    create_roles()
    return add_person("alice@guben.example", password=PASSWORD, roles=["editor"], language="en")


@pytest.fixture
def gauge(store: Store) -> Datastream:
    """Return the series of a gauge that saw one flood this year, and is calm today."""
    now = clock.now()
    store([210, 340, 360, 215], end=now - timedelta(days=100))
    store([211, 212, 211, 212], end=now - timedelta(minutes=15))
    return Datastream.objects.get()


def open_office(visit: Open, user: User) -> tuple[Page, str]:
    """Return a page of somebody who has signed in, and the address of the town."""
    seen = visit("/de/", expect_error=True)
    address = seen.page.url.removesuffix("/de/")
    sign_in(seen.page, address, user)
    return seen.page, address


def values() -> list[tuple[float | None, int]]:
    """Return results and flags, the newest last."""
    return list(Observation.objects.order_by("phenomenon_time").values_list("result", "quality"))


def make_rule(page: Page, address: str) -> None:
    """Fill the form in, try it on the past, save it."""
    page.goto(f"{address}/admin/rules/")
    expect(page.get_by_text("There is no rule yet.")).to_be_visible()
    page.get_by_role("link", name="New rule").click()
    page.get_by_role("button", name="Test against the last year").click()
    expect(page.get_by_text("A value is needed here.")).to_be_visible()
    first = page.get_by_role("group", name="Condition 1")
    first.get_by_label("what happens").select_option("reaches or exceeds a value")
    first.get_by_label("series", exact=True).fill("Guben water")
    first.get_by_label("value", exact=True).fill("3")
    first.get_by_label("unit (UCUM)").fill("m")
    page.get_by_label("Short name").fill("high-water")
    page.locator("[name=title_en]").fill("High water on the Neisse")
    page.locator("[name=title_de]").fill("Hochwasser an der Neiße")
    page.get_by_label("Severity").select_option("danger")
    page.get_by_label("public", exact=False).first.check()
    page.get_by_role("button", name="Test against the last year").click()
    expect(page.get_by_text("It would have been raised once in the last year.")).to_be_visible()
    expect(page.locator("#trial td", has_text="340")).to_be_visible()
    assert not Rule.objects.exists()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The rule was saved.")).to_be_visible()


def see_it_fire(page: Page, address: str) -> None:
    """Find the alert in the list and say that somebody looks after it; people find it, too."""
    page.goto(f"{address}/admin/alerts/")
    expect(page.get_by_text("One alert stands.")).to_be_visible()
    page.get_by_role("link", name="High water on the Neisse").click()
    expect(page.get_by_text("Guben 2: Water level 355\u00a0cm (limit 300\u00a0cm)")).to_be_visible()
    page.get_by_label("note").fill("The fire brigade looks at the bank.")
    page.get_by_role("button", name="I look after it").click()
    expect(page.get_by_text("acknowledged", exact=True)).to_be_visible()
    page.goto(f"{address}/de/warnings/")
    expect(page.get_by_role("heading", name="Hochwasser an der Neiße")).to_be_visible()


def mark_the_newest(page: Page, address: str) -> None:
    """Find the sensor, then its series, and say that the newest value is bad."""
    page.goto(f"{address}/admin/things/")
    page.get_by_role("link", name="Guben 2", exact=True).click()
    page.get_by_role("link", name="Water level").click()
    page.get_by_label("From").fill(f"{localtime() - timedelta(minutes=10):%Y-%m-%dT%H:%M}")
    page.get_by_label("Until").fill(f"{localtime() + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Show").click()
    page.get_by_label("bad", exact=True).check()
    page.get_by_label("Reason").fill("A tree lay before the gauge.")
    page.get_by_role("button", name="Mark", exact=True).click()
    expect(page.get_by_text("1 value changed its flag.")).to_be_visible()


def test_a_rule_is_made_tried_fires_and_a_mark_is_undone(
    visit: Open, alice: User, gauge: Datastream, store: Store
) -> None:
    page, address = open_office(visit, alice)
    watcher = Watcher()
    make_rule(page, address)
    watcher.tick()
    page.goto(f"{address}/admin/alerts/?show=standing")
    expect(page.get_by_text("No alert stands.")).to_be_visible()
    store([355], end=clock.now())
    watcher.tick()
    see_it_fire(page, address)
    mark_the_newest(page, address)
    assert values()[-1] == (355, QualityFlag.BAD)
    watcher.tick()
    assert Alert.objects.get(ended__isnull=False, raised__gt=clock.now() - timedelta(hours=1)).is_withdrawn
    page.get_by_role("button", name="A tree lay before the gauge.").click()
    expect(page.get_by_text("undone by alice")).to_be_visible()
    assert values()[-1][1] != QualityFlag.BAD
    watcher.tick()
    assert Alert.objects.standing().get().value == 355


def test_a_rule_is_made_with_the_keyboard_alone(visit: Open, alice: User, gauge: Datastream) -> None:
    page, address = open_office(visit, alice)
    page.goto(f"{address}/admin/rules/new/")
    press_until(page, "what happens")
    page.keyboard.type("rises")
    press_until(page, "series")
    page.keyboard.type(gauge.key)
    press_until(page, "value")
    page.keyboard.type("100")
    press_until(page, "within")
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.type("hours")
    press_until(page, "Short name")
    page.keyboard.type("rises-fast")
    press_until(page, "English")
    page.keyboard.type("The Neisse rises fast")
    press_until(page, "Test against the last year")
    page.keyboard.press("Enter")
    expect(page.get_by_text("It would have been raised once in the last year.")).to_be_visible()
    press_until(page, "Save")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The rule was saved.")).to_be_visible()
    condition = Rule.objects.get().conditions.get()
    assert (condition.datastream, condition.value, condition.span) == (gauge, 100, timedelta(hours=2))


def test_values_are_marked_with_the_keyboard_alone(visit: Open, alice: User, gauge: Datastream) -> None:
    page, address = open_office(visit, alice)
    page.goto(f"{address}/admin/quality/")
    press_until(page, "Word")
    page.keyboard.type("Guben")
    page.keyboard.press("Enter")
    page.wait_for_url("**?q=Guben")
    press_until(page, "Water level")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/quality/{gauge.pk}/")
    press_until(page, "good")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    press_until(page, "Reason")
    page.keyboard.type("Ice on the gauge")
    page.keyboard.press("Enter")
    expect(page.get_by_text("4 values changed their flag.")).to_be_visible()
    assert [flag for _value, flag in values()][-4:] == [QualityFlag.QUESTIONABLE] * 4
    press_until(page, "Undo")
    page.keyboard.press("Enter")
    expect(page.get_by_text("undone by alice")).to_be_visible()
    assert QualityFlag.QUESTIONABLE not in [flag for _value, flag in values()][-4:]
