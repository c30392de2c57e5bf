"""The back office of virtual series."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from stadtkern.governance.models import DataProfile
from stadtkern.observations.derived.conftest import Put, make
from stadtkern.observations.derived.kinds import KINDS
from stadtkern.observations.derived.models import DerivedStream
from stadtkern.observations.derived.work import work
from stadtkern.observations.models import Datastream
from stadtkern.people.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client: Client) -> Client:
    """Give the browser of Alice, an editor."""
    alice = User.objects.create_user(username="alice", email="alice@example.org")
    alice.groups.set(Group.objects.filter(name="editor"))
    client.force_login(alice)
    client.cookies["django_language"] = "en"
    return client


def filled(inputs: dict[str, str], *tables: dict[str, str], **more: str) -> dict[str, str]:
    """Return what the form sends."""
    data = {"slug": "made", "alignment": "same", "bucket": "60", "observed_property": "", "action": "save"}
    data |= {"input-TOTAL_FORMS": str(len(inputs)), "input-INITIAL_FORMS": "0"}
    data |= {"table-TOTAL_FORMS": str(len(tables)), "table-INITIAL_FORMS": "0"}
    for number, (alias, key) in enumerate(inputs.items()):
        data |= {f"input-{number}-alias": alias, f"input-{number}-series": key}
    for number, table in enumerate(tables):
        data |= {f"table-{number}-{name}": value for name, value in table.items()}
    return data | more


RATING = {
    "name": "rating",
    "x_unit": "cm",
    "y_unit": "m3/s",
    "between": "log",
    "rows": "100; 2\n200 8\n400\t32,0",
}
LEVEL = {"h": "test:guben:water_level"}


def test_discharge_is_made_by_its_form(office: Client, put: Put, profile: DataProfile) -> None:
    put("water_level", {30: 390, 15: 395, 0: 405})
    page = office.post(
        "/admin/derived/new/discharge/", filled(LEVEL, RATING, action="preview")
    ).content.decode()
    assert "3 results" in page
    assert "one of them doubtful" in page
    assert "<svg" in page
    assert not DerivedStream.objects.exists()
    answer = office.post("/admin/derived/new/discharge/", filled(LEVEL, RATING, profile=str(profile.pk)))
    assert answer.status_code == 302
    made = DerivedStream.objects.get()
    assert made.datastream.observed_property.slug == "discharge"
    assert made.datastream.unit == "m3/s"
    assert "0 % computed" in office.get("/admin/derived/").content.decode()
    work()
    assert "up to date" in office.get("/admin/derived/").content.decode()
    page = office.get(f"/admin/derived/{made.pk}/").content.decode()
    assert "100; 2\n200; 8\n400; 32" in page
    assert (
        office.post(
            f"/admin/derived/{made.pk}/", filled(LEVEL, RATING | {"rows": "100; 4\n200; 9"})
        ).status_code
        == 302
    )
    office.post(f"/admin/derived/{made.pk}/delete/")
    assert not DerivedStream.objects.exists()
    assert Datastream.objects.filter(pk=made.datastream_id).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_form(office: Client, kind: str) -> None:
    assert office.get(f"/admin/derived/new/{kind}/").status_code == 200


def test_every_kind_is_offered(office: Client) -> None:
    page = office.get("/admin/derived/").content.decode()
    assert all(str(kind.title) in page for kind in KINDS.values())
    assert office.get("/admin/derived/new/nonsense/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "inputs", "tables", "more", "words"),
    [
        ("formula", LEVEL, (), {"formula": "h +", "observed_property": "x"}, "Character 4"),
        (
            "formula",
            LEVEL,
            (),
            {"formula": "h", "observed_property": "air_temperature"},
            "“cm” cannot become a result in “Cel”",
        ),
        ("formula", LEVEL, (), {"formula": "h", "observed_property": "Bad Name"}, "Use small letters"),
        (
            "formula",
            LEVEL,
            (),
            {"formula": "h", "observed_property": "x", "unit": "furlong"},
            "There is no unit",
        ),
        ("formula", {"H!": LEVEL["h"]}, (), {"formula": "h", "observed_property": "x"}, "Use small letters"),
        ("formula", LEVEL, (), {"formula": "1", "observed_property": "x", "unit": "1"}, "does not use: h"),
        ("discharge", {"h": ""}, (RATING,), {}, "A series is missing: h"),
        ("discharge", LEVEL, (RATING | {"rows": "1; 2\nx; 3"},), {}, "Line 2 is no pair of numbers."),
        ("discharge", LEVEL, (RATING | {"rows": "2; 2\n1; 3"},), {}, "Row 2: the left column does not rise."),
        ("discharge", LEVEL, (RATING | {"rows": "1; nan"},), {}, "Line 1 is no pair of numbers."),
        ("discharge", LEVEL, (RATING | {"x_unit": "Cel"},), {}, "be looked up in a table of"),
        ("discharge", LEVEL, (), {}, "lookup"),
        ("mean", LEVEL, (), {"observed_property": "water_level"}, "A series is missing"),
    ],
)
def test_mistakes_are_told(  # noqa: PLR0913, PLR0917
    office: Client,
    put: Put,
    kind: str,
    inputs: dict[str, str],
    tables: tuple[dict[str, str], ...],
    more: dict[str, str],
    words: str,
) -> None:
    put("water_level", {0: 100})
    answer = office.post(f"/admin/derived/new/{kind}/", filled(inputs, *tables, **more))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not DerivedStream.objects.exists()


def test_one_more_line_keeps_what_was_typed(office: Client, put: Put) -> None:
    put("water_level", {0: 100})
    page = office.post(
        "/admin/derived/new/formula/", filled(LEVEL, formula="h * 3", action="more-input")
    ).content.decode()
    assert 'name="input-1-series"' in page
    assert "h * 3" in page
    page = office.post(
        "/admin/derived/new/formula/", filled(LEVEL, formula="h * 3", action="more-table")
    ).content.decode()
    assert 'name="table-0-rows"' in page


def test_who_may_not(client: Client, put: Put) -> None:
    made = make("h", {"h": put("water_level", {0: 1})}, prop="water_level", unit="cm")
    charlie = User.objects.create_user(username="charlie", email="charlie@example.org")
    client.force_login(charlie)
    for address in ("/admin/derived/", "/admin/derived/new/formula/", f"/admin/derived/{made.pk}/"):
        assert client.get(address).status_code in {302, 403}
    assert client.post(f"/admin/derived/{made.pk}/delete/").status_code in {302, 403}
    assert DerivedStream.objects.exists()
