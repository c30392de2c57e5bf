"""A small town to ask about: two gauges and a secret one, numbers, words, arrays and periods."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.gis.geos import Point, Polygon
from django.db import connection
from django.db.models import Max, Min
from django.test import Client

from stadtkern.contracts.connector import Reading
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import (
    Datastream,
    FeatureOfInterest,
    HistoricalLocation,
    LatestObservation,
    Location,
    MultiComponent,
    Observation,
    ObservedProperty,
    Sensor,
    Thing,
)
from stadtkern.observations.services import record
from stadtkern.people.models import Organisation

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"


@dataclass(frozen=True)
class Town:
    """What there is, by names that tests use."""

    bridge: Thing
    mill: Thing
    cellar: Thing
    level: Datastream
    temperature: Datastream
    state: Datastream
    secret: Datastream
    weather: Datastream
    river: FeatureOfInterest


Ask = Callable[..., Any]


def profile(slug: str, *, is_published: bool) -> DataProfile:
    """Return a data profile."""
    owner, _made = Organisation.objects.get_or_create(slug="town", defaults={"name": {"en": "Town"}})
    return DataProfile.objects.create(
        slug=slug, title={"en": slug}, purpose={"en": "p"}, legal_basis={"en": "l"}, owner=owner,
        licence="dl-de/zero-2-0", is_published=is_published,
    )  # fmt: skip


def _things() -> list[Thing]:
    facts = [
        (
            "bridge",
            "Neißebrücke",
            Point(14.72, 51.95, srid=4326),
            {"height": 12.5, "owner": {"name": "Town"}, "tags": ["a", "b"]},
        ),
        ("mill", "Mill's gauge", Point(14.70, 51.90, srid=4326), {"height": "tall", "closed": True}),
        ("cellar", "Secret cellar", Point(14.71, 51.94, srid=4326), {}),
    ]  # fmt: skip
    found = []
    for key, name, place, properties in facts:
        thing = Thing.objects.create(
            source="test",
            key=key,
            name=name,
            description=f"At the {key}",
            location=place,
            properties=properties,
        )
        location = Location.objects.create(name=f"Place of {name}", description="Where it is", geometry=place)
        thing.locations.add(location)
        for days in (30, 0):
            history = HistoricalLocation.objects.create(thing=thing, time=NOON - timedelta(days=days))
            history.locations.add(location)
        found.append(thing)
    return found


def observe(stream: Datastream, time: datetime, **values: Any) -> Observation:  # of any column
    """Store one observation with all that the table holds, and bring the statistics up to date."""
    highest = Observation.objects.aggregate(most=Max("number"))["most"] or 0
    made = Observation.objects.create(
        datastream=stream, phenomenon_time=time, number=max(highest, 1_000_000) + 1, quality=2, **values
    )
    rows = Observation.objects.filter(datastream=stream)
    newest = rows.order_by("-phenomenon_time", "-copy").first() or made
    edges = rows.aggregate(
        first=Min("phenomenon_time"), last=Max("phenomenon_time"), end=Max("phenomenon_end"),
        known=Min("result_time"), recent=Max("result_time"),
    )  # fmt: skip
    LatestObservation.objects.update_or_create(
        datastream=stream,
        defaults={
            "phenomenon_time": newest.phenomenon_time, "copy": newest.copy, "number": newest.number,
            "result": newest.result, "value": newest.value, "quality": newest.quality, "received": NOON,
            "version": 1, "count": rows.count(), "first_time": edges["first"],
            "last_time": max(filter(None, (edges["last"], edges["end"]))),
            "first_result_time": edges["known"], "last_result_time": edges["recent"],
        },
    )  # fmt: skip
    return made


@pytest.fixture
def town(db: None) -> Town:
    """Return the town: two public gauges with five streams, and a cellar that nobody may know of."""
    bridge, mill, cellar = _things()
    public, hidden = profile("open", is_published=True), profile("hidden", is_published=False)
    river = FeatureOfInterest.objects.create(
        name="Neisse",
        description="A river",
        feature=Polygon(((14, 51), (15, 51), (15, 52), (14, 52), (14, 51)), srid=4326),
    )
    sensor = Sensor.objects.create(
        name="Float",
        description="A float",
        metadata="https://float.example",
        encoding_type="text/html",
        properties={"serial": 7},
    )
    water = ObservedProperty.objects.create(
        slug="water_level",
        name={"en": "Water level"},
        unit="cm",
        definition="http://p.example/level",
        description="Height",
        minimum=-1e9,
        maximum=1e9,
    )
    heat = ObservedProperty.objects.create(
        slug="temp",
        name={"de": "Temperatur", "en": "Temperature"},
        unit="Cel",
        definition="http://p.example/t",
    )
    word = ObservedProperty.objects.create(slug="state", name={"en": "State"}, unit="1")

    def stream(
        key: str, thing: Thing, observed: ObservedProperty, **facts: Any
    ) -> Datastream:  # of any column
        usual = {"sensor": sensor, "feature_of_interest": river, "unit": observed.unit, "profile": public}
        return Datastream.objects.create(key=key, thing=thing, observed_property=observed, **usual | facts)

    level = stream(
        "test:bridge:water_level",
        bridge,
        water,
        name="Level at the bridge",
        description="cm above gauge",
        properties={"rank": 1},
    )
    temperature = stream("test:mill:temp", mill, heat, name="Warmth", properties={"rank": 2})
    state = stream(
        "test:mill:state", mill, word, name="State", observation_type=OM + "OM_CategoryObservation"
    )
    secret = stream("test:cellar:water_level", cellar, water, name="Secret", profile=hidden)
    weather = stream(
        "test:mill:weather",
        mill,
        water,
        name="Weather",
        is_multi=True,
        observation_type=OM + "OM_ComplexObservation",
    )
    for place, observed in enumerate((water, heat)):
        MultiComponent.objects.create(
            datastream=weather, position=place, observed_property=observed, unit=observed.unit
        )
    for thing, key, first in (
        (bridge, "water_level", 200.0),
        (mill, "temp", -2.0),
        (cellar, "water_level", 7.0),
    ):
        readings = [
            Reading(thing=thing.key, observed_property=key, unit="Cel" if key == "temp" else "cm",
                    phenomenon_time=NOON - timedelta(minutes=15 * (9 - number)), result=first + number)
            for number in range(10)
        ]  # fmt: skip
        record(readings, source="test", received=NOON)
    observe(
        state, NOON - timedelta(hours=1), value="open", result_time=NOON, parameters={"by": "Alice", "n": 3}
    )
    observe(
        state, NOON, phenomenon_end=NOON + timedelta(hours=1), value="closed", valid_from=NOON,
        valid_to=NOON + timedelta(days=1), result_quality={"grade": "A"},
    )  # fmt: skip
    observe(weather, NOON, value=[203.5, 4.25])
    for one in (level, temperature, state, secret, weather):
        one.refresh_from_db()
    return Town(bridge, mill, cellar, level, temperature, state, secret, weather, river)


@pytest.fixture
def ask(client: Client) -> Ask:
    """Return how to ask as a stranger: `ask("Things", filter="...")` gives the JSON document."""

    def get(path: str = "", status: int = 200, **options: object) -> Any:  # JSON
        query = "&".join(f"${name}={quote(str(value))}" for name, value in options.items())
        response = client.get(f"/sta/v1.1/{path}" + (f"?{query}" if query else ""))
        text = b"".join(response) if response.streaming else response.content
        assert response.status_code == status, text
        return json.loads(text) if "json" in response["Content-Type"] else text

    return get


@pytest.fixture
def vendor() -> str:
    """Return which database this is."""
    return connection.vendor
