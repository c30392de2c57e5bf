"""Rights, records, limits and the number of questions to the database."""

import itertools
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest
import shapely
from django.contrib.gis.geos import Polygon
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from stadtkern.catalogue.models import Agent, Dataset, Distribution, Keyword
from stadtkern.features import services
from stadtkern.features.services import Described, NewFeature
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Organisation
from stadtkern.standards.ogc import items
from stadtkern.standards.ogc.conftest import Ask

Json: TypeAlias = Any
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("town")]
RECORDS = "collections/catalogue/items"


@pytest.fixture
def datasets() -> list[Dataset]:
    """Give three public datasets and one that is not."""
    words = {"de": "x"}
    owner = Organisation.objects.create(slug="stadt", name={"de": "Stadt Guben"})
    profile = DataProfile.objects.create(
        slug="offen",
        title=words,
        purpose=words,
        legal_basis=words,
        owner=owner,
        licence="dl-de/by-2-0",
        is_published=True,
    )
    publisher = Agent.objects.create(slug="stadt", name={"de": "Stadt Guben"})
    made = []
    for number, title in enumerate(["Überschwemmungsgebiete", "Bäume", "Haushalt", "Entwurf"]):
        one = Dataset.objects.create(
            slug=f"d{number}", title={"de": title}, description=words, profile=profile, publisher=publisher,
            live=number < 3, themes=["ENVI"], identifier=f"https://example.org/{number}",
        )  # fmt: skip
        Distribution.objects.create(
            dataset=one, slug="csv", download_url="https://example.org/a.csv", format="CSV"
        )
        made.append(one)
    made[0].extent = Polygon.from_bbox((14.6, 51.9, 14.8, 52.0))
    made[0].temporal_start = made[0].temporal_end = datetime(2026, 1, 1, tzinfo=UTC)
    made[0].save()
    made[1].keywords.add(Keyword.objects.create(word="Gehölz", slug="gehoelz", language="de"))
    return made


def ids(ask: Ask, **parameters: Json) -> list[str]:
    return [one["id"] for one in ask(RECORDS, **parameters)["features"]]


def test_records_are_the_public_datasets(ask: Ask, datasets: list[Dataset]) -> None:
    found = ask(RECORDS)
    assert [one["id"] for one in found["features"]] == ["d0", "d1", "d2"]
    assert found["numberMatched"] == 3
    one = ask(f"{RECORDS}/d0")
    assert one["conformsTo"] == ["http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"]
    assert one["properties"]["title"] == "Überschwemmungsgebiete"
    assert one["properties"]["type"] == "dataset"
    assert one["geometry"]["type"] == "Polygon"
    assert one["time"] == {"interval": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]}
    assert {link["rel"] for link in one["links"]} >= {"self", "collection", "describedby", "enclosure"}
    assert Client().get(f"/ogc/{RECORDS}/d3").status_code == 404


def test_records_are_asked_by_the_parameters_of_the_standard(ask: Ask, datasets: list[Dataset]) -> None:
    assert ids(ask, q="überSCHWEMMUNG") == ["d0"]
    assert ids(ask, q="gehölz,haushalt") == ["d1", "d2"]
    assert ids(ask, q="nichts davon") == []
    assert ids(ask, ids="d2,d1,d3") == ["d1", "d2"]
    assert ids(ask, externalIds="https://example.org/1") == ["d1"]
    assert ids(ask, type="service") == []
    assert ids(ask, bbox="0,0,1,1") == ["d1", "d2"]  # without a place they match every box
    assert ids(ask, bbox="14.7,51.9,14.8,52") == ["d0", "d1", "d2"]
    assert ids(ask, datetime="2020-01-01/2021-01-01") == ["d1", "d2"]
    first = ask(RECORDS, limit=2)
    assert any(link["rel"] == "next" for link in first["links"])
    assert ids(ask, limit=2, cursor=datasets[1].pk) == ["d2"]
    assert Client().get(f"/ogc/{RECORDS}?q=").status_code == 400
    assert Client().get(f"/ogc/{RECORDS}?filter=a").status_code == 400


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("collections/trees/items?limit=50", 3),
        (
            "collections/trees/items?limit=50&bbox=14,51,15,52&crs=http://www.opengis.net/def/crs/EPSG/0/25833",
            3,
        ),
        ("collections/trees/items/7", 3),
        ("collections/trees/tiles/WebMercatorQuad/0/0/0", 3),
        ("collections/areas/items", 4),
        ("collections", 7),
        ("collections/catalogue/items", 5),
    ],
)
def test_how_many_questions_an_answer_costs(
    client: Client,
    datasets: list[Dataset],
    path: str,
    most: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client.get(f"/ogc/{path}")
    limited = 3 if connection.vendor == "postgresql" else 0  # a transaction with a limit of its own
    with django_assert_max_num_queries(most + limited):
        assert client.get(f"/ogc/{path}").status_code == 200


@pytest.mark.django_db(transaction=True)  # on PostgreSQL the limit ends with the transaction
def test_a_question_that_takes_too_long_is_stopped(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    point = shapely.Point(1, 1)
    many = (NewFeature(point, {"text": "a" * 200}) for _number in itertools.repeat(0, 20_000))
    services.replace("trees", many, about=Described(source="test", reference=1, title={"de": "x"}))
    with monkeypatch.context() as patch:
        patch.setattr(items, "SECONDS", 0.001 if connection.vendor == "postgresql" else 0.05)
        answer = client.get("/ogc/collections/trees/items", {"filter": "text LIKE '%b%c%d%e%f%'"})
    assert answer.status_code == 503
    assert "smaller box" in answer.json()["detail"]
    assert client.get("/ogc/collections/trees/items").status_code == 200
