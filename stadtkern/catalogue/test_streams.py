"""Measured values become datasets by themselves, and leave the catalogue by themselves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from pytest_django import DjangoAssertNumQueries

from stadtkern.catalogue import streams
from stadtkern.catalogue.models import DataService, Dataset, Distribution
from stadtkern.catalogue.quality import shacl
from stadtkern.catalogue.rdf import catalogue, fixtures
from stadtkern.governance.models import DataProfile
from stadtkern.observations.archive.models import ArchiveFile
from stadtkern.observations.models import Datastream, LatestObservation, ObservedProperty, Thing

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def stream(profile: DataProfile | None, key: str = "neisse:level") -> Datastream:
    prop = ObservedProperty.objects.get_or_create(
        slug="water_level", defaults={"name": {"de": "Wasserstand"}, "unit": "cm"}
    )[0]
    thing = Thing.objects.create(
        source="test", key=key, name=f"Pegel {key}", location=Point(14.72, 51.95, srid=4326)
    )
    made = Datastream.objects.create(key=key, thing=thing, observed_property=prop, unit="cm", profile=profile)
    LatestObservation.objects.create(
        datastream=made, phenomenon_time=NOON, result=1.0, quality=0, received=NOON, version=1, count=2,
        first_time=NOON - timedelta(days=2), last_time=NOON,
    )  # fmt: skip
    return made


def profile(slug: str = "levels", **facts: object) -> DataProfile:
    return fixtures.profile(slug, update_rhythm=timedelta(minutes=15), **facts)


def test_an_open_profile_with_series_is_a_dataset() -> None:
    one, two = stream(profile()), stream(profile(), "spree:level")
    streams.sync()
    made = Dataset.objects.get(origin="streams")
    assert made.is_open
    assert (made.slug, made.profile.slug, made.publisher.organisation) == (
        "streams-levels",
        "levels",
        made.profile.owner,
    )
    assert (made.temporal_start, made.temporal_end, made.modified) == (NOON - timedelta(days=2), NOON, NOON)
    assert made.themes == ["ENVI"]
    assert "Wasserstand" in {word.word for word in made.keywords.all()}
    assert {d.slug for d in made.distributions.all()} == {f"stream-{one.pk}", f"stream-{two.pk}"}
    csv = made.distributions.get(slug=f"stream-{one.pk}")
    assert csv.download_url.endswith(f"/sta/v1.1/Datastreams({one.pk})/Observations?$resultFormat=CSV")
    service = DataService.objects.get()
    assert (service.endpoint_url.endswith("/sta/v1.1"), list(service.datasets.all())) == (True, [made])


def test_the_catalogue_says_so_by_the_rules() -> None:
    one = stream(profile())
    ArchiveFile.objects.create(
        datastream=one, start=NOON - timedelta(days=60), end=NOON - timedelta(days=30), name="a.parquet", size=12,
        digest="ab" * 32, made=NOON, rows=3, first_time=NOON, last_time=NOON, first_number=1, last_number=3,
    )  # fmt: skip
    streams.sync()
    text = "".join(
        catalogue.write(catalogue.FORMS["ttl"], catalogue.whole(), "http://testserver/catalog.ttl")
    )
    assert [found for found in shacl.check(text) if found.severity == "violation"] == []
    assert "file-type/PARQUET" in text
    assert "dcat:accessService" in text
    assert f"archive-{one.pk}" in text


def test_doing_it_twice_changes_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(3):
        stream(profile(f"levels-{number}"), f"level-{number}")
    assert streams.sync().made == 3
    before = list(Dataset.objects.order_by("pk").values())
    with django_assert_num_queries(9):
        assert not streams.sync()
    for number in range(20):
        stream(profile("levels-0"), f"more-{number}")
    assert streams.sync().distributions == 20
    with django_assert_num_queries(9):
        assert not streams.sync()
    assert [one["slug"] for one in before] == list(
        Dataset.objects.order_by("pk").values_list("slug", flat=True)
    )


@pytest.mark.parametrize(
    "facts", [{"is_published": False}, {"access": "partner"}, {"has_personal_data": True}]
)
def test_what_is_no_longer_open_leaves_the_catalogue_and_comes_back(facts: dict[str, Any]) -> None:
    stream(profile())
    streams.sync()
    profile(**facts)
    assert streams.sync().withdrawn == 1
    assert not Dataset.objects.public().exists()
    profile(is_published=True, access="public", has_personal_data=False)
    streams.sync()
    assert Dataset.objects.open().count() == 1


def test_a_series_that_goes_takes_its_distribution_with_it() -> None:
    one, two = stream(profile()), stream(profile(), "spree:level")
    streams.sync()
    one.delete()
    streams.sync()
    assert [d.slug for d in Distribution.objects.all()] == [f"stream-{two.pk}"]
    two.delete()
    assert streams.sync().withdrawn == 1


def test_what_editors_wrote_stays() -> None:
    stream(profile())
    streams.sync()
    Dataset.objects.update(themes=["TRAN"], summary={"de": "Wie hoch steht der Fluss?"}, withdrawn_at=NOON)
    profile(title={"de": "Wasser"})
    streams.sync()
    found = Dataset.objects.get()
    assert (found.themes, found.summary, found.title) == (
        ["TRAN"],
        {"de": "Wie hoch steht der Fluss?"},
        {"de": "Wasser"},
    )
    assert not Dataset.objects.public().exists()


def test_series_without_profile_and_profiles_without_series_are_no_datasets() -> None:
    stream(None)
    profile()
    assert not streams.sync()


def test_the_worker_follows_changes_and_rests_without_them(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    stream(profile())
    streams.follow()
    assert Dataset.objects.count() == 1
    streams.follow()
    with django_assert_num_queries(1):
        streams.follow()
    profile(is_published=False)
    streams.follow()
    assert not Dataset.objects.public().exists()


def test_a_short_name_that_is_taken_is_left_to_its_owner() -> None:
    fixtures.dataset("streams-levels")
    stream(profile())
    streams.sync()
    assert Dataset.objects.get(origin="streams").slug == "streams-levels-2"
