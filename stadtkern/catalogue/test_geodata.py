"""A table with places is a layer as soon as its version is current; withdrawn ones are gone at once."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from django.test import Client
from pytest_django import Settings

from stadtkern.catalogue import current, geodata
from stadtkern.catalogue.models import Agent, Dataset, Distribution, Version
from stadtkern.features import collections
from stadtkern.features.collections import Wanted
from stadtkern.features.models import Feature, FeatureCollection
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Organisation

pytestmark = pytest.mark.django_db
NAME = "baeume--liste"
FIELDS = [
    {"name": "art", "type": "string", "title": "Baumart"},
    {"name": "hoehe", "type": "number"},
    {"name": "gepflanzt", "type": "date"},
]


@pytest.fixture
def table(settings: Settings, tmp_path: Path) -> Distribution:
    """Give a table of an open dataset."""
    settings.DATA_DIR = tmp_path
    owner = Organisation.objects.create(slug="stadtgruen", name={"de": "Stadtgrün"})
    words = {"de": "x"}
    profile = DataProfile.objects.create(
        slug="baeume", title=words, purpose=words, legal_basis=words, owner=owner, licence="dl-de/by-2-0",
        attribution="Stadt Guben", is_published=True,
    )  # fmt: skip
    publisher = Agent.objects.create(slug="stadt", name={"de": "Stadt Guben"})
    dataset = Dataset.objects.create(
        slug="baeume",
        title={"de": "Bäume"},
        description=words,
        profile=profile,
        publisher=publisher,
        live=True,
    )
    return Distribution.objects.create(dataset=dataset, slug="liste", title={"de": "Liste"})


def version(table: Distribution, rows: int, *, places: bool = True) -> Version:
    """Make a version with so many rows the current one."""
    Version.objects.filter(distribution=table).update(is_current=False)
    number = Version.objects.filter(distribution=table).count() + 1
    made = Version.objects.create(
        distribution=table, number=number, state="ready", is_current=True, original_name="baeume.csv",
        rows=rows, table_schema={"fields": FIELDS},
    )  # fmt: skip
    columns: dict[str, Any] = {
        "_id": list(range(1, rows + 1)),
        "art": ["Linde", None] * (rows // 2) + ["Eiche"] * (rows % 2),
        "hoehe": [float(row) for row in range(rows)],
        "gepflanzt": [date(2000, 1, 1 + row % 28) for row in range(rows)],
    }
    if places:
        columns["geometry"] = [shapely.to_wkb(shapely.Point(14.7 + row / 1e5, 51.95)) for row in range(rows)]
    made.table_path.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), made.table_path)
    return made


def test_a_current_version_becomes_a_layer(table: Distribution, client: Client) -> None:
    current.announce(version(table, 5001))
    assert current.run_pending() >= 1
    about = collections.get(NAME).about()
    assert (about.title, about.count, about.attribution) == ("Bäume", 5001, "Stadt Guben")
    assert about.span == (datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 28, 23, 59, 59, tzinfo=UTC))
    (row,) = collections.get(NAME).page(Wanted(limit=1)).rows
    assert json.loads(row.properties) == {"art": "Linde", "hoehe": 0.0, "gepflanzt": "2000-01-01"}
    answer = client.get(f"/ogc/collections/{NAME}/items?gepflanzt=2000-01-03&limit=2")
    assert [one["id"] for one in answer.json()["features"]] == [3, 31]


def test_filling_again_changes_nothing_and_a_new_version_replaces(table: Distribution) -> None:
    first = version(table, 10)
    geodata.fill(first)
    before = set(Feature.objects.values_list("pk", flat=True))
    geodata.fill(first)
    assert set(Feature.objects.values_list("pk", flat=True)) == before
    second = version(table, 4)
    geodata.fill(first)  # late: it is not the current one any more
    assert Feature.objects.count() == 10
    geodata.fill(second)
    assert Feature.objects.count() == 4


def test_a_version_without_places_takes_the_layer_away(table: Distribution) -> None:
    geodata.fill(version(table, 10))
    geodata.fill(version(table, 10, places=False))
    assert NAME not in collections.names()
    assert not FeatureCollection.objects.exists()


def test_withdrawn_closed_and_unapproved_tables_are_not_shown(table: Distribution, client: Client) -> None:
    geodata.fill(version(table, 10))
    assert client.get(f"/ogc/collections/{NAME}").status_code == 200
    dataset = table.dataset
    for field, value in (("live", False), ("withdrawn_at", datetime.now(UTC))):
        Dataset.objects.filter(pk=dataset.pk).update(**{field: value})
        assert client.get(f"/ogc/collections/{NAME}/items").status_code == 404
        assert client.get(f"/ogc/collections/{NAME}/tiles/WebMercatorQuad/0/0/0").status_code == 404
        Dataset.objects.filter(pk=dataset.pk).update(**{field: getattr(dataset, field)})
    Distribution.objects.filter(pk=table.pk).update(is_live=False)
    assert NAME not in collections.names()
    Distribution.objects.filter(pk=table.pk).update(is_live=True)
    DataProfile.objects.update(access="internal")
    assert NAME not in collections.names()


def test_features_of_withdrawn_tables_are_deleted_at_night(table: Distribution) -> None:
    geodata.fill(version(table, 10))
    assert geodata.tidy(datetime.now(UTC)) == 0
    Dataset.objects.update(withdrawn_at=datetime.now(UTC))
    assert geodata.tidy(datetime.now(UTC)) == 1
    assert not Feature.objects.exists()


def test_a_new_title_is_shown_without_loading_again(table: Distribution) -> None:
    geodata.fill(version(table, 10))
    dataset = table.dataset
    dataset.title = {"de": "Alle Bäume"}
    dataset.save()
    geodata.refresh(dataset)
    assert collections.get(NAME).about().title == "Alle Bäume"
