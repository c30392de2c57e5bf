"""The newest public values are layers, read at each question."""

import json
from datetime import UTC, datetime

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from stadtkern.features import collections
from stadtkern.features.collections import Wanted
from stadtkern.observations.models import Datastream, Thing
from stadtkern.observations.test_access_matrix import World, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db


def test_only_what_is_public_is_shown(world: World, client: Client) -> None:
    Thing.objects.update(location=Point(14.72, 51.95, srid=4326))
    public = set(
        Datastream.objects.public().filter(latest__result__isnull=False).values_list("pk", flat=True)
    )
    rows = collections.get("live").page(Wanted(limit=1000)).rows
    assert {row.key for row in rows} == public
    assert public
    facts = json.loads(rows[0].properties)
    assert facts["datastream"] == rows[0].key
    assert datetime.fromisoformat(facts["phenomenon_time"]) < datetime(2100, 1, 1, tzinfo=UTC)
    answer = client.get(
        "/ogc/collections/live/items", {"datetime": "2000-01-01T00:00:00Z/..", "filter": "result > -1e9"}
    )
    assert answer.json()["numberReturned"] == len(public)


def test_layers_by_property_are_described_in_two_queries(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Thing.objects.update(location=Point(14.72, 51.95, srid=4326))
    names = [name for name in collections.names() if name.startswith("live-")]
    assert names
    with django_assert_num_queries(3):  # one more for our tables
        found = collections.several(names)
        for one in found.values():
            about = one.about()
            assert about.count
            assert about.bounds == (14.72, 51.95, 14.72, 51.95)
