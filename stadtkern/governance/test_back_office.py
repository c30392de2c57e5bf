"""Editors keep the data concept in the browser."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext
from pytest_django import DjangoAssertNumQueries

from stadtkern.base.clock import now
from stadtkern.governance.forms import SpanField, SpanWidget
from stadtkern.governance.models import DataProfile, RetentionRun
from stadtkern.people.models import Membership, Organisation, User
from stadtkern.people.services import add_person

pytestmark = pytest.mark.django_db
PASSWORD = "Neisse-Bruecke-1908"


@pytest.fixture
def town() -> Organisation:
    """Return an owner."""
    return Organisation.objects.create(slug="town", name={"de": "Stadt"})


def somebody(client: Client, role: str) -> User:
    """Sign somebody with this role in."""
    user = add_person(f"{role}@guben.example", password=PASSWORD, roles=[role], language="en")
    client.force_login(user)
    return user


def form(owner: Organisation, **values: str) -> dict[str, str]:
    """Return a filled form."""
    filled = {
        "slug": "levels",
        "title_de": "Pegel",
        "purpose_de": "Hochwasser",
        "legal_basis_de": "§ 1",
        "owner": str(owner.pk),
        "licence": "dl-de/by-2-0",
        "retention_number": "90",
        "retention_unit": "86400",
        "update_rhythm_number": "15",
        "update_rhythm_unit": "60",
        "is_published": "on",
        "access": "public",
        "smallest_group": "5",
    }
    return filled | values


def test_an_editor_publishes_a_profile(client: Client, town: Organisation) -> None:
    somebody(client, "editor")
    answer = client.post("/admin/dataprofile/new/", form(town))
    assert answer.status_code == 302, answer.context["form"].errors
    profile = DataProfile.objects.published().get()
    assert profile.retention == timedelta(days=90)
    assert profile.update_rhythm == timedelta(minutes=15)
    assert "Pegel" in client.get("/de/sensors/").content.decode()


def test_a_profile_without_purpose_is_not_published(client: Client, town: Organisation) -> None:
    somebody(client, "editor")
    answer = client.post("/admin/dataprofile/new/", form(town, purpose_de=""))
    assert answer.status_code == 200
    assert "purpose" in answer.context["form"].errors
    assert "Pegel" in answer.content.decode()
    assert not DataProfile.objects.exists()


def test_the_form_shows_what_is_stored_and_its_help(client: Client, town: Organisation) -> None:
    somebody(client, "editor")
    client.post("/admin/dataprofile/new/", form(town))
    page = client.get(f"/admin/dataprofile/edit/{DataProfile.objects.get().pk}/").content.decode()
    with translation.override("de"):
        help_text = gettext("Who answers for these data and is named in the register.")
    for part in ('value="90"', 'value="15"', "Pegel", help_text):
        assert part in page


def test_an_editor_of_one_office_does_not_change_the_data_of_another(
    client: Client, town: Organisation
) -> None:
    editor = somebody(client, "editor")
    water = Organisation.objects.create(slug="water")
    Membership.objects.create(user=editor, organisation=water, role="editor")
    foreign = DataProfile.objects.create(slug="budget", owner=town)
    own = DataProfile.objects.create(slug="levels", owner=water)
    assert not editor.has_perm("governance.change_dataprofile", foreign)
    assert editor.has_perm("governance.change_dataprofile", own)
    assert client.get(f"/admin/dataprofile/edit/{foreign.pk}/").status_code == 302
    assert client.get(f"/admin/dataprofile/edit/{own.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("role", "status"), [("editor", 200), ("admin", 200), ("moderator", 302), ("citizen", 302)]
)
def test_who_makes_profiles(client: Client, role: str, status: int) -> None:
    somebody(client, role)
    assert client.get("/admin/dataprofile/new/").status_code == status


def test_the_list_of_profiles(
    client: Client, town: Organisation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    somebody(client, "editor")
    for number in range(60):
        DataProfile.objects.create(slug=f"p{number:02}", owner=town)
    client.get("/admin/dataprofile/")
    with django_assert_max_num_queries(20):
        assert client.get("/admin/dataprofile/").status_code == 200
    assert client.get("/admin/dataprofile/?p=2&is_published=false").status_code == 200


def test_deletions_are_shown(client: Client) -> None:
    somebody(client, "analyst")
    RetentionRun.objects.create(name="observations.readings", started_at=now(), deleted=12345)
    page = client.get("/admin/reports/retention/").content.decode()
    assert "observations.readings" in page
    assert "12345" in page


@pytest.mark.parametrize(
    ("number", "unit", "span"),
    [
        ("", "60", None),
        ("0", "60", None),
        ("15", "60", timedelta(minutes=15)),
        ("90", "86400", timedelta(days=90)),
        ("36", "3600", timedelta(hours=36)),
    ],
)
def test_a_span_is_a_number_and_a_unit(number: str, unit: str, span: timedelta | None) -> None:
    field = SpanField(required=False)
    assert field.clean([number, unit]) == span
    if span:
        assert field.clean([str(part) for part in SpanWidget().decompress(span)]) == span
