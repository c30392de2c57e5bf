"""One search finds what all subjects have, on both databases, and nothing that is not public."""

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from stadtkern.base.clock import now
from stadtkern.contracts.connector import Reading, Station
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream
from stadtkern.observations.services import record
from stadtkern.people.models import Organisation
from stadtkern.places.models import Address, Area
from stadtkern.web.search import kinds

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
    sections = client.get("/de/search/", {"q": text}).context["sections"]
    return {section.kind.slug: section.found.total for section in sections}


def test_subjects_have_registered_what_is_theirs() -> None:
    assert {kind.slug for kind in kinds()} >= {"pages", "streams", "register", "areas", "addresses"}


def test_one_word_finds_in_all_subjects(client: Client, town: DataProfile) -> None:
    assert found(client, "mucken") == {"streams": 7, "areas": 1, "addresses": 7}
    assert found(client, "hochwasserschutz neisse") == {"register": 1}
    assert found(client, "łąka") == {"areas": 1}
    assert found(client, "Mückenstr. 3") == {"addresses": 1}


def test_what_is_not_public_is_not_found(client: Client, town: DataProfile) -> None:
    DataProfile.objects.update(is_published=False)
    assert found(client, "mückenberg") == {}
    assert found(client, "hochwasserschutz") == {}


def test_hits_lead_somewhere(client: Client, town: DataProfile) -> None:
    for section in client.get("/de/search/?q=mucken").context["sections"]:
        for hit in section.found.hits:
            assert client.get(hit.url).status_code == 200, hit.url
    assert client.get("/de/search/?q=mucken&in=addresses&page=1").context["page_obj"].paginator.count == 7


def test_more_things_are_not_more_queries(client: Client, town: DataProfile) -> None:
    client.get("/de/search/?q=mucken")
    with CaptureQueriesContext(connection) as few:
        client.get("/de/search/?q=mucken")
    for number in range(100, 130):
        Address(street="Mückenstraße", house_number=str(number), point=Point(14.72, 51.95)).save()
        Area.objects.create(
            slug=f"mue-{number}", name={"de": "Mücke"}, geometry=Area.objects.get(slug="mue").geometry
        )
    with CaptureQueriesContext(connection) as many:
        client.get("/de/search/?q=mucken")
    assert len(many) == len(few) <= QUERIES


QUERIES = 10
"""Two for each subject at most."""
