"""Deleting entities with what depends on them (OGC 18-088 section 10.4, table 25)."""

import pytest

from stadtkern.observations.granted import Access
from stadtkern.observations.models import (
    Datastream,
    EntityVersion,
    FeatureOfInterest,
    HistoricalLocation,
    LatestObservation,
    Location,
    MultiComponent,
    Observation,
    ObservedProperty,
    Rollup,
    Sensor,
    Thing,
)
from stadtkern.standards.sensorthings.fixtures import (
    POINT,
    Client,
    datastream,
    location,
    multi_datastream,
    thing,
)

pytestmark = pytest.mark.django_db
client = Client()
ALL = (
    Thing, Location, HistoricalLocation, Datastream, Sensor, ObservedProperty, Observation, FeatureOfInterest,
    MultiComponent, LatestObservation, Rollup,
)  # fmt: skip


@pytest.fixture
def station() -> int:
    """Return a thing with one of everything."""
    return client.make(
        "Things",
        thing(
            Locations=[location()],
            Datastreams=[datastream(Observations=[{"result": 1}])],
            MultiDatastreams=[multi_datastream(Observations=[{"result": [1, 2]}])],
        ),
    )


def left() -> dict[str, int]:
    """Return how many rows there are of each kind, without those that are none."""
    counted = {model.__name__: model.objects.count() for model in ALL}
    return {name: count for name, count in counted.items() if count}


def test_thing_takes_streams_and_history(station: int) -> None:
    """/req/create-update-delete/delete-entity: Datastreams with Observations, HistoricalLocations."""
    assert client.ask("DELETE", f"Things({station})").status == 200
    assert left() == {"Location": 1, "Sensor": 2, "ObservedProperty": 3, "FeatureOfInterest": 1}
    ended = EntityVersion.objects.filter(document__isnull=True)
    assert set(ended.values_list("entity", flat=True)) == {
        "Thing", "Datastream", "MultiDatastream", "HistoricalLocation",
    }  # fmt: skip


def test_location_takes_history_and_leaves_the_thing(station: int) -> None:
    """/req/create-update-delete/delete-entity: Location."""
    before = left()
    assert client.ask("DELETE", f"Locations({Location.objects.get().pk})").status == 200
    gone = {name: before[name] - left().get(name, 0) for name in before}
    assert {name for name, count in gone.items() if count} == {"Location", "HistoricalLocation"}
    assert Thing.objects.get(pk=station).location is None


@pytest.mark.parametrize("path", ["Sensors", "ObservedProperties"])
def test_sensor_and_property_take_their_streams(station: int, path: str) -> None:
    """/req/create-update-delete/delete-entity: Sensor, ObservedProperty; MultiDatastreams, too."""
    single, multi = Datastream.objects.order_by("is_multi")
    column = "sensor_id" if path == "Sensors" else "observed_property_id"
    assert client.ask("DELETE", f"{path}({getattr(single, column)})").status == 200
    assert list(Datastream.objects.all()) == [multi]
    assert Observation.objects.count() == 1
    last = (
        multi.sensor_id if path == "Sensors" else MultiComponent.objects.get(position=1).observed_property_id
    )
    assert client.ask("DELETE", f"{path}({last})").status == 200
    assert not Datastream.objects.exists()
    assert not Observation.objects.exists()
    assert Thing.objects.filter(pk=station).exists()


def test_datastream_takes_its_observations(station: int) -> None:
    """/req/create-update-delete/delete-entity: Datastream."""
    stream = Datastream.objects.get(is_multi=False)
    assert client.ask("DELETE", f"Datastreams({stream.pk})").status == 200
    assert not Observation.objects.filter(datastream=stream.pk).exists()
    assert not Rollup.objects.exists()
    assert LatestObservation.objects.count() == 1
    assert client.refused("DELETE", f"Datastreams({stream.pk})", None, 404)


def test_feature_takes_its_observations(station: int) -> None:
    """/req/create-update-delete/delete-entity: FeatureOfInterest, also where it is the default."""
    stream = Datastream.objects.get(is_multi=False)
    own = client.make(
        f"Datastreams({stream.pk})/Observations",
        {
            "result": 2,
            "FeatureOfInterest": {
                "name": "own", "description": "", "encodingType": "application/geo+json", "feature": POINT,
            },
        },
    )  # fmt: skip
    default = FeatureOfInterest.objects.exclude(name="own").get()
    assert client.ask("DELETE", f"FeaturesOfInterest({default.pk})").status == 200
    assert [row.number for row in Observation.objects.all()] == [own]
    assert LatestObservation.objects.get().count == 1
    assert client.ask("DELETE", f"FeaturesOfInterest({FeatureOfInterest.objects.get().pk})").status == 200
    assert not Observation.objects.exists()
    assert not LatestObservation.objects.exists()


def test_strangers_are_told_to_sign_in(station: int) -> None:
    """401 without rights; 404 where even the existence is nobody's business."""
    stranger = Client(Access(principal="anonymous"))
    assert stranger.ask("POST", "Things", thing()).status == 401
    assert "WWW-Authenticate" in stranger.ask("POST", "Things", thing()).headers
    assert stranger.ask("DELETE", f"Things({station})").status == 404
    reader = Client(Access(principal="key:abc", sees_all=True))
    assert reader.ask("DELETE", f"Things({station})").status == 403
    assert reader.ask("PATCH", f"Things({station})", {"name": "x"}).status == 403
    assert reader.ask("POST", f"Things({station})/Datastreams", datastream()).status == 403
    number = Observation.objects.order_by("number")[0].number
    assert reader.ask("DELETE", f"Observations({number})").status == 403
    assert Thing.objects.filter(pk=station).exists()
