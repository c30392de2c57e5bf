"""One search finds what all subjects have, on both databases, and nothing that is not public."""

from datetime import UTC, datetime

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from stadtkern.base.clock import now
from stadtkern.catalogue.models import Agent, Dataset, Distribution, Keyword, Version
from stadtkern.contracts.connector import Reading, Station
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream
from stadtkern.observations.services import record
from stadtkern.people.models import Organisation
from stadtkern.places.models import Address, Area
from stadtkern.search import changes
from stadtkern.search.subjects import subjects

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> DataProfile:
    """Return a town with a gauge, a quarter and addresses."""
    owner = Organisation.objects.create(slug="town", name={"de": "Stadt Guben"})
    profile = DataProfile.objects.create(
        slug="levels", title={"de": "Pegelstände"}, purpose={"de": "Hochwasserschutz an der Neiße"},
        legal_basis={"de": "§ 1"}, licence="dl-de/by-2-0", owner=owner, is_published=True,
    )  # fmt: skip
    stations = [
        Station(thing=f"g{n}", name=f"Mückenberg {n}", longitude=14.7, latitude=51.9) for n in range(8)
    ]
    readings = [
        Reading(
            thing=f"g{n}", observed_property="water_level", phenomenon_time=now(), result=212.5, unit="cm"
        )
        for n in range(8)
    ]
    record([*stations, *readings], source="test")
    Datastream.objects.exclude(key__contains="g7").update(profile=profile)
    square = MultiPolygon(Polygon.from_bbox((14.70, 51.94, 14.74, 51.97)), srid=4326)
    area = Area.objects.create(
        slug="mue", kind="quarter", name={"de": "Mückenfeld", "pl": "Łąka"}, geometry=square
    )
    for number in range(7):
        Address(
            street="Mückenstraße",
            house_number=str(number),
            place="Guben",
            area=area,
            point=Point(14.72, 51.95),
        ).save()
    return profile


def found(client: Client, text: str) -> dict[str, int]:
    """Return how much of each kind is found."""
    changes.process()
    results = client.get("/de/search/", {"q": text}).context["results"]
    return {
        value.code: value.count for facet in results.facets if facet.name == "kind" for value in facet.values
    }


def test_subjects_have_registered_what_is_theirs() -> None:
    wanted = {"pages", "datasets", "streams", "register", "areas", "addresses", "warnings"}
    assert {subject.slug for subject in subjects()} >= wanted


def test_one_word_finds_in_all_subjects(client: Client, town: DataProfile) -> None:
    assert found(client, "mucken") == {"streams": 7, "areas": 1, "addresses": 7}
    assert found(client, "hochwasserschutz neisse") == {"register": 1}
    assert found(client, "Schutz vor Hochwasser an der Neisse") == {"register": 1}
    assert found(client, "łąka") == {"areas": 1, "addresses": 7}
    assert found(client, "Mückenstr. 3") == {"addresses": 1}


def test_what_is_not_public_is_not_found(client: Client, town: DataProfile) -> None:
    assert found(client, "mückenberg")["streams"] == 7
    town.is_published = False
    town.save()
    assert found(client, "mückenberg") == {}
    assert found(client, "hochwasserschutz") == {}


def test_what_was_hidden_past_the_models_is_not_shown(client: Client, town: DataProfile) -> None:
    assert found(client, "hochwasserschutz")
    DataProfile.objects.update(is_published=False)
    results = client.get("/de/search/?q=hochwasserschutz").context["results"]
    assert not results.hits


def test_hits_lead_somewhere(client: Client, town: DataProfile) -> None:
    changes.process()
    for hit in client.get("/de/search/?q=mucken").context["results"].hits:
        assert client.get(hit.url).status_code == 200, hit.url
    addresses = client.get("/de/search/?q=mucken&kind=addresses").context
    assert addresses["page_obj"].paginator.count == 7


def test_more_things_are_not_more_queries(client: Client, town: DataProfile) -> None:
    changes.process()
    client.get("/de/search/?q=mucken")
    with CaptureQueriesContext(connection) as few:
        client.get("/de/search/?q=mucken")
    for number in range(100, 130):
        Address(street="Mückenstraße", house_number=str(number), point=Point(14.72, 51.95)).save()
        Area.objects.create(
            slug=f"mue-{number}", name={"de": "Mücke"}, geometry=Area.objects.get(slug="mue").geometry
        )
    changes.work()
    client.get("/de/search/?q=mucken")
    with CaptureQueriesContext(connection) as many:
        client.get("/de/search/?q=mucken")
    assert len(many) == len(few) <= QUERIES


QUERIES = 14
"""Six for the search, one for each kind on the page, one for each facet with titles of its own, the areas."""


@pytest.fixture
def dataset(town: DataProfile) -> Dataset:
    """Return an open dataset with a table of two columns."""
    agent = Agent.objects.create(slug="forst", name={"de": "Fachbereich Grün"})
    made = Dataset.objects.create(
        slug="baumkataster", title={"de": "Baumkataster"}, description={"de": "Alle Bäume."}, profile=town,
        publisher=agent, themes=["ENVI"], live=True, extent=Polygon.from_bbox((14.7, 51.94, 14.74, 51.97)),
        temporal_start=datetime(2024, 1, 1, tzinfo=UTC), temporal_end=datetime(2025, 6, 1, tzinfo=UTC),
    )  # fmt: skip
    table = Distribution.objects.create(dataset=made, slug="trees", format="CSV", title={"de": "Bäume"})
    fields = [{"name": "baumart", "type": "string", "title": "Baumart"}, {"name": "kronendurchmesser"}]
    Version.objects.create(
        distribution=table, number=1, state="ready", is_current=True, original_name="b.csv",
        table_schema={"fields": fields},
    )  # fmt: skip
    made.keywords.add(Keyword.objects.create(word="Stadtgrün", slug="stadtgruen", language="de"))
    return made


@pytest.mark.parametrize(
    "text", ["baum", "kronendurchmesser", "krone", "Fachbereich Grün", "grün stadt", "baumkatatser"]
)
def test_datasets_are_found_by_all_that_describes_them(client: Client, dataset: Dataset, text: str) -> None:
    assert found(client, text) == {"datasets": 1}


def test_datasets_can_be_narrowed(client: Client, dataset: Dataset) -> None:
    changes.process()
    results = client.get("/de/search/?kind=datasets&theme=ENVI&year=2025&area=mue").context["results"]
    assert [hit.key for hit in results.hits] == [str(dataset.pk)]
    shown = {facet.name: [(value.code, value.title) for value in facet.values] for facet in results.facets}
    assert shown["publisher"] == [("forst", "Fachbereich Grün")]
    assert [code for code, _title in shown["theme"]] == ["ENVI"]
    assert shown["licence"] == [("dl-de/by-2-0", "Datenlizenz Deutschland - Namensnennung 2.0")]
    assert shown["format"] == [("CSV", "CSV")]
    assert shown["year"] == [("2025", "2025"), ("2024", "2024")]


@pytest.mark.parametrize("change", [{"live": False}, {"withdrawn_at": datetime(2026, 1, 1, tzinfo=UTC)}])
def test_datasets_that_are_not_public_are_not_found(
    client: Client, dataset: Dataset, change: dict[str, object]
) -> None:
    assert found(client, "baumkataster") == {"datasets": 1}
    for name, value in change.items():
        setattr(dataset, name, value)
    dataset.save()
    assert found(client, "baumkataster") == {}


def test_what_belongs_to_a_dataset_changes_it(client: Client, dataset: Dataset) -> None:
    assert found(client, "Sommergrün") == {}
    Keyword.objects.update_or_create(word="Stadtgrün", defaults={"word": "Sommergrün"})
    assert found(client, "Sommergrün") == {"datasets": 1}
    dataset.keywords.clear()
    assert found(client, "Sommergrün") == {}
    dataset.publisher.name = {"de": "Bauhof"}
    dataset.publisher.save()
    assert found(client, "Bauhof") == {"datasets": 1}
