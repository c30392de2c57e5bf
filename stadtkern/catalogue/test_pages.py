"""The pages of the back office."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from stadtkern.catalogue.fixtures import TREES, _own_folder, make_dataset, make_profile, make_table
from stadtkern.catalogue.models import Dataset, Version
from stadtkern.catalogue.services import approval, versions, work
from stadtkern.people.models import User

__all__ = ["_own_folder"]
pytestmark = pytest.mark.django_db
State = Version.State


@pytest.fixture
def office(alice: User, client: Client) -> Client:
    """Return a browser of Alice, in the back office, in English."""
    from wagtail.users.models import UserProfile  # noqa: PLC0415

    preferences = UserProfile.get_for_user(alice)
    preferences.preferred_language = "en"
    preferences.save()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


def send(office: Client, data: bytes = TREES, name: str = "bäume.csv", **more: object) -> Any:  # noqa: ANN401  # a response
    """Fill in the first step."""
    facts = {"title": "Bäume", "profile": make_profile().pk, "file": SimpleUploadedFile(name, data), **more}
    return office.post(reverse("open-data-publish"), facts)


def answers(office: Client, version: Version) -> dict[str, Any]:
    """Return the form of the columns as it stands on the page."""
    page = office.get(reverse("open-data-version", args=[version.pk]))
    form = page.context["form"]
    found: dict[str, Any] = {}
    for part in (form.file, form.places, *form.columns):
        for field in part:
            value = field.value()
            if value not in (None, False, "", []):
                found[field.html_name] = "on" if value is True else value
    return found


def test_a_table_goes_from_file_to_approval_in_four_steps(office: Client) -> None:
    assert office.get(reverse("open-data-publish")).status_code == 200
    answer = send(office)
    version = Version.objects.get()
    assert answer["Location"] == reverse("open-data-version", args=[version.pk])
    waiting = office.get(answer["Location"])
    assert b"is being looked at" in waiting.content
    work.look_at_new()
    columns = office.get(answer["Location"])
    assert b"Winterlinde" in columns.content
    filled = answers(office, version)
    preview = office.post(reverse("open-data-preview", args=[version.pk]), filled)
    assert b"1234.5" in preview.content
    answer = office.post(reverse("open-data-version", args=[version.pk]), {**filled, "action": "read"})
    assert answer["Location"] == reverse("open-data-describe", args=[Dataset.objects.get().pk])
    work.read_small()
    version.refresh_from_db()
    assert version.state == State.READY
    described = {
        "title": "Bäume",
        "description": "Alle Bäume",
        "keywords": "Baum, Straße",
        "themes": ["ENVI"],
    }
    answer = office.post(answer["Location"], described)
    assert answer["Location"] == reverse("open-data-dataset", args=[Dataset.objects.get().pk])
    assert b"Submit for approval" in office.get(answer["Location"]).content
    office.post(reverse("open-data-dataset-action", args=[Dataset.objects.get().pk, "submit"]))
    dataset = Dataset.objects.get()
    assert dataset.workflow_in_progress
    assert dataset.description == {"en": "Alle Bäume"}
    assert {one.word for one in dataset.keywords.all()} == {"Baum", "Straße"}


def test_the_preview_follows_what_is_typed_and_stores_nothing(office: Client) -> None:
    send(office)
    work.look_at_new()
    version = Version.objects.get()
    filled = answers(office, version)
    number = next(k for k, one in enumerate(version.plan["columns"]) if one["kind"] == "number")
    before = office.post(reverse("open-data-preview", args=[version.pk]), filled).content
    after = office.post(
        reverse("open-data-preview", args=[version.pk]), {**filled, f"c{number}-kind": "integer"}
    )
    assert b"12.5" in before
    assert "12,5" in after.content.decode()  # left out, as it stands in the file
    assert Version.objects.get().plan == version.plan


@pytest.mark.parametrize("field", ["c0-kind", "c0-name", "places-how", "places-crs"])
def test_nonsense_in_the_form_is_told_and_not_carried_out(field: str, office: Client) -> None:
    send(office)
    work.look_at_new()
    version = Version.objects.get()
    filled = {**answers(office, version), field: "<script>", "action": "read"}
    answer = office.post(reverse("open-data-version", args=[version.pk]), filled)
    assert answer.status_code == 422
    assert b"<script>alert" not in answer.content
    assert Version.objects.get().state == State.ASKING


def test_without_columns_nothing_is_read(office: Client) -> None:
    send(office)
    work.look_at_new()
    version = Version.objects.get()
    filled = {k: v for k, v in answers(office, version).items() if not k.endswith("is_kept")}
    answer = office.post(reverse("open-data-version", args=[version.pk]), {**filled, "action": "read"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"", "leer.csv"), (b"%PDF-1.4\n1 0 obj", "liste.csv"), (b"<html><body>404</body></html>", "liste.csv")],
)
def test_a_file_that_is_no_table_is_refused_in_words(data: bytes, name: str, office: Client) -> None:
    answer = send(office, data, name)
    if answer.status_code == 422:  # seen at once
        assert not Dataset.objects.exists()
        return
    work.look_at_new()
    page = office.get(answer["Location"])
    assert page.context["failure"]
    assert b"Upload another file" in page.content


def test_either_a_file_or_an_address(office: Client) -> None:
    both = send(office, url="https://example.org/x.csv")
    none = office.post(reverse("open-data-publish"), {"title": "x", "profile": make_profile().pk})
    assert (both.status_code, none.status_code) == (422, 422)
    assert not Dataset.objects.exists()


def test_who_may_not_is_turned_away(charlie: User, client: Client, alice: User) -> None:
    table = make_table(alice)
    client.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    for name, key in (("open-data-table", table.pk), ("open-data-dataset", table.dataset_id)):
        assert client.get(reverse(name, args=[key])).status_code in (302, 403)


def test_the_advice_follows_what_is_typed(office: Client, alice: User) -> None:
    from stadtkern.catalogue import advice  # noqa: PLC0415

    def rule(dataset: Dataset, _distributions: object) -> advice.Advice:
        is_short = len(dataset.get_title()) < 5
        findings = [advice.Finding("title", "A longer title, please", "warning", 30)] if is_short else []
        return advice.Advice(findings, 375 if is_short else 405)

    advice.register("test", rule)
    try:
        dataset = make_dataset(alice)
        address = reverse("open-data-advice-short", args=[dataset.pk])
        bad = office.post(address, {"title": "B", "description": "x"}).content.decode()
        good = office.post(address, {"title": "Bäume an Straßen", "description": "x"}).content.decode()
    finally:
        advice.forget("test")
    assert "A longer title, please" in bad
    assert "375" in bad
    assert "A longer title, please" not in good
    assert Dataset.objects.get().title == dataset.title


def test_pages_ask_a_fixed_number_of_questions(
    office: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    dataset = make_dataset(alice)
    tables = [approval.add_distribution(dataset, by=alice, slug=f"t{number}") for number in range(5)]
    for table in tables:
        versions.fetch(table, "https://example.org/a.csv", by=alice)
    for name, args, most in (
        ("open-data-uploads", [], 25),
        ("open-data-dataset", [dataset.pk], 60),
        ("open-data-table", [tables[0].pk], 30),
    ):
        office.get(reverse(name, args=args))
        with django_assert_max_num_queries(most):
            assert office.get(reverse(name, args=args)).status_code == 200


def test_the_list_and_the_whole_form_open(office: Client, alice: User) -> None:
    dataset = make_dataset(alice)
    for name, args in (
        ("open-data-catalogue:list", []),
        ("open-data-catalogue:add", []),
        ("open-data-catalogue:edit", [dataset.pk]),
        ("open-data-series:index", []),
        ("open-data-publishers:index", []),
        ("open-data-services:add", []),
        ("open-data-add", [dataset.pk]),
        ("open-data-describe", [dataset.pk]),
        ("wagtailadmin_home", []),
    ):
        assert office.get(reverse(name, args=args)).status_code == 200, name


def test_who_approves_finds_it_on_the_first_page(client: Client, alice: User) -> None:
    from conftest import person  # noqa: PLC0415

    dataset = make_dataset(alice)
    approval.add_distribution(dataset, by=alice, access_url="https://example.org/", title={"de": "Karte"})
    approval.submit(dataset, by=alice)
    client.force_login(person("mia", "moderator"), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("wagtailadmin_home"))
    address = reverse("open-data-catalogue:edit", args=[dataset.pk])
    assert address in page.content.decode()
    assert b"Stra\xc3\x9fenb\xc3\xa4ume" in page.content
    form = client.get(address)
    assert form.status_code == 200
    assert b"workflow-action" in form.content or b"Approve" in form.content or b"Freigeben" in form.content
