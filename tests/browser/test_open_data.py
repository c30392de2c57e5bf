"""An editor publishes a German workbook in the browser, and a moderator approves it."""

import os
import time
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from stadtkern.catalogue.fixtures import make_profile
from stadtkern.catalogue.models import Dataset, Version
from stadtkern.catalogue.services import approval, work
from stadtkern.people.models import User
from stadtkern.people.roles import create_roles
from stadtkern.people.services import add_person
from stadtkern.tables import Table
from tests.browser.conftest import MODES, Mode, Open, Visit
from tests.browser.office import PASSWORD, faults, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TWO_MINUTES = 120
OF_WAGTAIL = ("page-has-heading-one", "w-minimap", "w-tabs", "tab-label", "cut off: <span>")
"""The frame around Wagtail's own form."""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Return a workbook as a German office keeps it: a title above, figures as text, a sum below."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Baumkataster"
    sheet.append(["Baumkataster der Stadt Guben, Stand 2026"])
    sheet.append([])
    sheet.append(["Nr.", "Baumart", "Höhe [m]", "Pflanzdatum", "Kosten [€]", "Gemeindeschlüssel"])
    for number, (kind, height, planted, cost) in enumerate(
        (
            ("Winterlinde", "12,5", date(1990, 10, 3), "1.234,50"),
            ("Stieleiche", "18,25", date(1962, 4, 17), "980,00"),
            ("Roßkastanie", "15,0", date(1977, 3, 11), "640,00"),
        ),
        start=1,
    ):
        sheet.append([number, kind, height, planted, cost, "12071160"])
    path = tmp_path / "Baumkataster 2026.xlsx"
    book.save(path)
    return path


def office(visit: Open, user: User, language: str = "de", mode: Mode = MODES[0]) -> tuple[Visit, str]:
    """Open the back office in a language."""
    seen = visit("/de/", mode, expect_error=True)
    address = seen.page.url.removesuffix("/de/")
    sign_in(seen.page, address, user, language=language)
    seen.problems.clear()
    return seen, address


def alice() -> User:
    create_roles()
    approval.create_workflow()
    return add_person("alice@example.org", password=PASSWORD, roles=["editor"])


def test_a_german_workbook_is_published_within_two_minutes_of_clicks(visit: Open, workbook: Path) -> None:
    editor = alice()
    make_profile()
    seen, address = office(visit, editor)
    page: Page = seen.page
    begun = time.monotonic()
    page.goto(f"{address}/admin/open-data/publish/")
    page.locator("#id_title").fill("Baumkataster 2026")
    page.locator("#id_file").set_input_files(workbook)
    page.locator("main button[type=submit]").click()
    expect(page.locator("#progress")).to_be_visible()
    work.look_at_new()
    expect(page.locator(".od-columns")).to_be_visible(timeout=10_000)
    types = page.locator(".od-columns tbody select[name$='-kind']")
    expect(types).to_have_count(6)
    preview = page.locator("#preview")
    expect(preview).to_contain_text("12,5")
    expect(preview).to_contain_text("03.10.1990")
    types.nth(0).select_option("text")
    expect(page.locator("#preview tbody tr")).to_have_count(3)
    page.locator("button[value=read]").click()
    expect(page.locator("#id_description")).to_be_visible()
    work.read_small()
    page.locator("#id_summary").fill("Welche Bäume stehen in Guben, und wie hoch sind sie?")
    page.locator("#id_description").fill("Alle Bäume an Straßen und in Parks mit Art, Höhe und Pflanzdatum.")
    page.locator("#id_keywords").fill("Baum, Straße, Grün")
    page.locator("form.od-beside button[type=submit]").click()
    page.locator("form[action$='/submit/'] button").click()
    expect(page.locator(".messages")).to_be_visible()
    assert time.monotonic() - begun < TWO_MINUTES
    dataset = Dataset.objects.get()
    assert dataset.workflow_in_progress
    assert not Dataset.objects.public().exists()

    moderator = add_person("mia@example.org", password=PASSWORD, roles=["moderator"])
    sign_in(page, address, moderator, language="de")
    page.goto(f"{address}/admin/")
    page.get_by_role("link", name="Baumkataster 2026").first.click()
    expect(page.locator("#w-editor-form")).to_be_visible()
    dataset.current_workflow_task_state.approve(user=moderator)
    assert Dataset.objects.public().get() == dataset
    version = Version.objects.current().get()
    table = Table(version.table_path)
    assert [one.kind for one in table.columns] == ["text", "text", "number", "date", "number", "text"]
    assert version.rows == 3


def test_pages_are_clean_in_every_width_and_light(visit: Open, workbook: Path) -> None:
    editor = alice()
    make_profile()
    from stadtkern.catalogue.services.datasets import new_table  # noqa: PLC0415

    with workbook.open("rb") as file:
        version = new_table(
            "Hochwasserrückhaltebeckenverordnung und Baumkataster",
            make_profile(),
            by=editor,
            file=file,
            name=workbook.name,
        )
    work.look_at_new()
    pages = {
        "publish": "publish/",
        "columns": f"versions/{version.pk}/",
        "describe": f"datasets/{version.distribution.dataset_id}/describe/",
        "dataset": f"datasets/{version.distribution.dataset_id}/",
        "table": f"tables/{version.distribution_id}/",
        "add": f"datasets/{version.distribution.dataset_id}/add/",
        "uploads": "uploads/",
        "edit": f"catalogue/edit/{version.distribution.dataset_id}/",
        "list": "catalogue/",
    }
    wrong = []
    for mode, language in zip(MODES, ("de", "pl", "de", "pl"), strict=True):
        seen, address = office(visit, editor, language, mode)
        for name, path in pages.items():
            seen.page.goto(f"{address}/admin/open-data/{path}")
            seen.page.wait_for_timeout(300)
            if folder := os.environ.get("SHOTS"):
                seen.page.screenshot(path=f"{folder}/{name}-{mode}-{language}.png", full_page=True)
            found = [f"{name} {mode}: {one}" for one in faults(seen)]
            is_ours = name not in {"edit", "list"}
            wrong += [one for one in found if is_ours or not any(part in one for part in OF_WAGTAIL)]
            seen.problems.clear()
    assert wrong == [], "\n".join(wrong)
