"""Anybody can see what the town holds, and why."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from stadtkern.governance import register
from stadtkern.governance.durations import in_words, iso
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Organisation

pytestmark = pytest.mark.django_db


def organisation(slug: str = "water-office", **names: str) -> Organisation:
    """Make an owner."""
    found, _new = Organisation.objects.get_or_create(slug=slug, defaults={"name": names or {"en": slug}})
    return found


def profile(slug: str, *, owner: Organisation | None = None, **values: object) -> DataProfile:
    """Make a complete published profile."""
    facts: dict[str, object] = {
        "title": {"en": slug.title()},
        "purpose": {"en": f"Why {slug}"},
        "legal_basis": {"en": "§ 1 Water Act"},
        "licence": "dl-de/by-2-0",
        "is_published": True,
    }
    return DataProfile.objects.create(slug=slug, owner=owner or organisation(), **(facts | values))


def page(client: Client, query: str = "") -> str:
    """Return the register."""
    answer = client.get(f"/en/sensors/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_register_says_what_will_be_there(client: Client) -> None:
    text = page(client)
    assert "does not publish any data yet" in text
    assert '<form class="sk-filter"' not in text


def test_a_draft_is_not_in_the_register(client: Client) -> None:
    profile("levels", is_published=False)
    assert "does not publish any data yet" in page(client)
    assert client.get("/en/sensors/profile/levels/").status_code == 404
    assert client.get("/sensors.json").json()["count"] == 0


def test_an_entry_tells_purpose_ground_owner_licence_and_end(client: Client) -> None:
    profile(
        "levels",
        owner=organisation(en="Water office"),
        retention=timedelta(days=3653),
        update_rhythm=timedelta(minutes=15),
        attribution="WSV",
        has_personal_data=False,
    )
    text = page(client)
    for fact in ("Why levels", "§ 1 Water Act", "Water office", "Namensnennung 2.0", "name as source: WSV"):
        assert fact in text
    assert "10 years, then deleted" in text
    assert "about every 15 minutes" in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"levels", "noise"}),
        ("?q=NEISSE", {"levels"}),
        ("?q=why+noise", {"noise"}),
        ("?q=nothing-like-this", set()),
        ("?owner=order-office", {"noise"}),
        ("?owner=unknown", set()),
        ("?personal=yes", {"noise"}),
        ("?personal=no", {"levels"}),
        ("?personal=perhaps", {"levels", "noise"}),
        ("?page=zzz", {"levels", "noise"}),
    ],
)
def test_filter(client: Client, query: str, shown: set[str]) -> None:
    profile("levels", quality={"de": "Pegel der Neiße", "pl": "Poziom Nysy", "en": "Level of the Neisse"})
    profile("noise", owner=organisation("order-office"), has_personal_data=True)
    text = page(client, query)
    assert {slug for slug in ("levels", "noise") if f"/sensors/profile/{slug}/" in text} == shown


def test_search_finds_umlauts_in_any_case(client: Client) -> None:
    profile("levels", title={"de": "Ölstände der ÄRZTE"})
    assert "/sensors/profile/levels/" in page(client, "?q=ölstände+ärzte")


def test_a_hostile_search_is_only_text(client: Client) -> None:
    profile("levels")
    text = page(client, "?q=%3Cscript%3Ealert(1)%3C/script%3E%00%27")
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_a_text_in_another_language_says_so(client: Client) -> None:
    profile("levels", title={"pl": "Stany wód"})
    assert '<span lang="pl">Stany wód</span>' in page(client)


def test_a_long_register_is_paged(client: Client) -> None:
    for number in range(23):
        profile(f"p{number:02}")
    first, second = page(client), page(client, "?page=2")
    assert first.count("/sensors/profile/") == 20
    assert second.count("/sensors/profile/") == 3
    assert 'rel="next"' in first


@pytest.mark.parametrize("number", [1, 15])
def test_queries_do_not_grow(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    for index in range(number):
        profile(f"p{index:02}", owner=organisation(f"o{index}"))
    client.get("/en/sensors/")
    with django_assert_num_queries(1 + len(register._holders)):  # noqa: SLF001
        client.get("/en/sensors/")
    with django_assert_num_queries(1 + 2 * len(register._holders)):  # noqa: SLF001
        client.get("/en/sensors/profile/p00/")
    with django_assert_num_queries(1 + len(register._holders)):  # noqa: SLF001
        client.get("/sensors.json")


def test_machines_get_all_languages(client: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://town.example"
    profile("levels", title={"de": "Pegel", "pl": "Stany wód"}, retention=timedelta(days=30))
    answer = client.get("/sensors.json").json()
    (entry,) = answer["profiles"]
    assert entry["title"] == {"de": "Pegel", "pl": "Stany wód"}
    assert entry["retention"] == "P30DT00H00M00S"
    assert entry["licence"]["uri"] == "http://dcat-ap.de/def/licenses/dl-by-de/2.0"
    assert entry["page"] == "https://town.example/de/sensors/profile/levels/"
    assert answer["next"] is None


def test_machines_follow_pages(client: Client) -> None:
    for number in range(101):
        profile(f"p{number:03}")
    first = client.get("/sensors.json").json()
    assert len(first["profiles"]) == 100
    assert first["next"].endswith("/sensors.json?page=2")
    assert len(client.get("/sensors.json?page=2").json()["profiles"]) == 1


def test_what_is_held_is_counted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "_holders", {})
    levels = profile("levels")
    register.add_holder(
        "test",
        count=lambda keys: {key: register.Counts(sensors=2, streams=3) for key in keys},
        list_items=lambda _profile, most: [register.Item("Level", "Guben 2", "/x/")][:most],
    )
    assert "2 sensors" in page(client)
    text = client.get(f"/en/sensors/profile/{levels.slug}/").content.decode()
    assert "3 series of values" in text
    assert '<a href="/x/">Level</a>' in text
    assert "The first 1 of 3" in text


@pytest.mark.parametrize("name", ["purpose", "legal_basis"])
def test_the_database_refuses_a_published_profile_without_why(name: str) -> None:
    with pytest.raises(IntegrityError):
        profile("levels", owner=None, **{name: {}})


def test_the_database_refuses_a_published_profile_without_licence() -> None:
    with pytest.raises(IntegrityError):
        profile("levels", licence="")


def test_the_form_says_at_each_field_what_is_missing() -> None:
    draft = DataProfile(
        slug="x", title={"en": "X"}, owner=organisation(), purpose={"en": "  "}, is_published=True
    )
    with pytest.raises(ValidationError) as caught:
        draft.full_clean()
    assert set(caught.value.message_dict) >= {"purpose", "legal_basis", "licence"}


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=15), "15 minutes"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=14), "2 weeks"),
        (timedelta(days=90), "3 months"),
        (timedelta(days=100), "100 days"),
        (timedelta(days=365), "1 year"),
        (timedelta(days=1826), "5 years"),
        (timedelta(days=3650), "10 years"),
        (timedelta(days=36525), "100 years"),
    ],
)
def test_spans_in_words(span: timedelta, words: str) -> None:
    with translation.override("en"):
        assert in_words(span) == words


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=200 * 366)))
def test_spans_in_words_are_near_the_truth(span: timedelta) -> None:
    units = {
        "second": 1,
        "minute": 60,
        "hour": 3600,
        "day": 86400,
        "week": 604800,
        "month": 2592000,
        "year": 31557600,
    }
    with translation.override("en"):
        number, unit = in_words(span).split()
    said = int(number) * units[unit.rstrip("s")]
    assert abs(said - span.total_seconds()) <= max(1, 0.34 * span.total_seconds())


def test_no_span_has_no_iso_form() -> None:
    assert iso(None) is None


def test_the_register_is_valid_json_in_utf_8(client: Client) -> None:
    profile("levels", title={"dsb": "Mócnosć"})
    assert "Mócnosć" in client.get("/sensors.json").content.decode()
    json.loads(client.get("/sensors.json").content)
