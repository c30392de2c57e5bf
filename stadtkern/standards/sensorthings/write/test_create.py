"""Creating entities (OGC 18-088 section 10.2)."""

import pytest

from stadtkern.observations.models import (
    Datastream,
    EntityVersion,
    FeatureOfInterest,
    HistoricalLocation,
    LatestObservation,
    Location,
    Observation,
    ObservedProperty,
    Sensor,
    Thing,
)
from stadtkern.standards.sensorthings.fixtures import (
    POINT,
    UNIT,
    Client,
    datastream,
    location,
    multi_datastream,
    observed_property,
    sensor,
    thing,
)

pytestmark = pytest.mark.django_db
client = Client()
COUNTED = (Thing, Location, HistoricalLocation, Datastream, Sensor, ObservedProperty, Observation)


def counts() -> list[int]:
    """Return how many rows there are of each kind."""
    return [model.objects.count() for model in COUNTED]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Things", thing()),
        ("Locations", location()),
        ("Sensors", sensor()),
        ("ObservedProperties", observed_property()),
        (
            "FeaturesOfInterest",
            {"name": "River", "description": "", "encodingType": "application/geo+json", "feature": POINT},
        ),
    ],
)
def test_entity_reads_back_as_sent(path: str, body: dict[str, object]) -> None:
    """/req/create-update-delete/create-entity: 201, Location, and all that was sent."""
    answer = client.ask("POST", path, body)
    assert answer.status == 201
    assert answer.headers["Location"] == f"http://testserver/sta/v1.1/{path}({answer.body['@iot.id']})"
    assert {name: answer.body[name] for name in body} == body


@pytest.mark.parametrize(
    ("path", "body", "missing"),
    [
        ("Things", {"name": "Gauge"}, "description"),
        ("Things", {}, "name, description"),
        ("Locations", location(location=None), "location"),
        ("Sensors", {"name": "x", "description": "y"}, "encodingType, metadata"),
        ("ObservedProperties", {"name": "x", "description": "y"}, "definition"),
        ("Datastreams", datastream(Sensor=None), "Sensor, Thing"),
        ("Datastreams", datastream(unitOfMeasurement=None, Thing=thing()), "unitOfMeasurement"),
        ("HistoricalLocations", {"time": "2026-01-01T00:00:00Z"}, "Locations, Thing"),
        ("Observations", {"result": 1}, "Datastream or MultiDatastream"),
        ("Observations", {"Datastream": {"@iot.id": 1}}, "result"),
        ("MultiDatastreams", multi_datastream(ObservedProperties=[], Thing=thing()), "ObservedProperties"),
    ],
)
def test_missing_parts_are_named(path: str, body: dict[str, object], missing: str) -> None:
    """/req/create-update-delete/create-entity: mandatory properties and links (tables 3 to 21, 24)."""
    before = counts()
    message = client.refused("POST", path, body)
    assert set(missing.split(", ")) == set(message.split(": ")[1].split(", "))
    assert counts() == before


def test_existing_entities_are_linked() -> None:
    """/req/create-update-delete/link-to-existing-entities."""
    ids = {
        "Thing": client.make("Things", thing()),
        "Sensor": client.make("Sensors", sensor()),
        "ObservedProperty": client.make("ObservedProperties", observed_property()),
    }
    links = {name: {"@iot.id": pk} for name, pk in ids.items()}
    stream = Datastream.objects.get(pk=client.make("Datastreams", datastream(**links)))
    assert (stream.thing_id, stream.sensor_id, stream.observed_property_id) == tuple(ids.values())
    assert stream.unit == "Cel"
    assert stream.unit_of_measurement == UNIT
    assert ObservedProperty.objects.get(pk=ids["ObservedProperty"]).unit == "Cel"


def test_link_to_nothing_is_named_and_leaves_nothing() -> None:
    """An unknown identifier in the middle of a deep insert."""
    before = counts()
    body = thing(Datastreams=[datastream(), datastream(Sensor={"@iot.id": 4711})])
    assert "there is no Sensor 4711" in client.refused("POST", "Things", body)
    assert counts() == before
    assert not EntityVersion.objects.exists()


def test_whole_station_in_one_request() -> None:
    """/req/create-update-delete/deep-insert: a Thing with all that belongs to it."""
    body = thing(
        Locations=[location()],
        Datastreams=[
            datastream(
                Observations=[{"phenomenonTime": "2026-01-01T00:00:00Z", "result": 3.5}, {"result": 4}]
            )
        ],
        MultiDatastreams=[multi_datastream(Observations=[{"result": [1.5, 80]}])],
    )
    pk = client.make("Things", body)
    made = Thing.objects.get(pk=pk)
    assert made.location is not None
    assert made.location.coords == (14.716, 51.95)
    assert made.historical_locations.count() == 1
    single, multi = made.datastreams.order_by("is_multi")
    assert LatestObservation.objects.get(datastream=single).count == 2
    assert Observation.objects.get(datastream=multi).value == [1.5, 80]
    assert [one.unit for one in multi.components.all()] == ["Cel", "%"]
    assert single.feature_of_interest == multi.feature_of_interest
    assert single.feature_of_interest is not None
    assert single.feature_of_interest.feature.coords == (14.716, 51.95)  # type: ignore[union-attr]


def test_deep_insert_from_below() -> None:
    """An Observation brings its Datastream, which brings its Thing."""
    number = client.make("Observations", {"result": 1, "Datastream": datastream(Thing=thing())})
    assert Observation.objects.get(number=number).datastream.thing.name == "Gauge"


def test_observed_property_brings_datastreams() -> None:
    """Any end of the model can be the top."""
    pk = client.make(
        "ObservedProperties",
        observed_property(Datastreams=[datastream(ObservedProperty=None, Thing=thing())]),
    )
    assert Datastream.objects.get().observed_property_id == pk


def test_address_gives_the_link() -> None:
    """A POST to the collection of an entity."""
    pk = client.make("Things", thing())
    stream = client.make(f"Things({pk})/Datastreams", datastream())
    number = client.make(f"Things({pk})/Datastreams({stream})/Observations", {"result": 1})
    assert Observation.objects.get(number=number).datastream.thing_id == pk
    assert (
        client.ask("POST", f"Things({pk + 1})/Datastreams({stream})/Observations", {"result": 1}).status
        == 404
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (thing(name=5), "name has to be a text"),
        (thing(name=" "), "name is empty"),
        (thing(name="x" * 1_000_000), "name is longer than 300"),
        (thing(description="x" * 1_000_000), "description is longer"),
        (thing(properties=[1]), "properties has to be an object"),
        (thing(properties={"a": "x" * 1_000_000}), "properties is larger"),
        (thing(Locations={"@iot.id": 1}), "Locations has to be an array"),
        (thing(Locations=[{"@iot.id": "1; DROP TABLE"}]), "no positive whole number"),
        (thing(Locations=[{"@iot.id": True}]), "no positive whole number"),
        (thing(Locations=[{"@iot.id": 2**70}]), "no positive whole number"),
        (
            thing(Locations=[location(location={"type": "Point", "coordinates": [200, 1]})]),
            "outside of the world",
        ),
        (thing(Locations=[location(location={"type": "Point", "coordinates": ["a", 1]})]), "no numbers"),
        (thing(Locations=[location(location={"type": "Blob"})]), "unknown type of geometry"),
        (thing(Locations=[location(location="here")]), "Locations[0].location has to be an object"),
        (thing(colour="red"), 'no property or link "colour"'),
        ([], "Thing has to be an object, not a list"),
        (None, "Thing has to be an object, not null"),
    ],
)
def test_bad_values_are_named(body: object, words: str) -> None:
    """Each message says where and what."""
    assert words in client.refused("POST", "Things", body)
    assert not Thing.objects.exists()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"result": None}, "Missing in this Observation: result"),
        ({"result": "warm"}, "result has to be a number"),
        ({"result": True}, "result has to be a number"),
        ({"result": 10**400}, "not a number that can be stored"),
        ({"result": 1, "phenomenonTime": "1700000000000"}, "phenomenonTime has to be a time"),
        ({"result": 1, "phenomenonTime": 1700000000000}, "phenomenonTime has to be a time"),
        ({"result": 1, "phenomenonTime": "2026-01-31"}, "phenomenonTime has to be a time"),
        ({"result": 1, "phenomenonTime": "2026-01-31T12:00:00"}, "phenomenonTime has"),
        ({"result": 1, "phenomenonTime": "2026-02-30T12:00:00Z"}, "phenomenonTime is no time"),
        (
            {"result": 1, "phenomenonTime": "2026-02-02T00:00:00Z/2026-02-01T00:00:00Z"},
            "ends before it begins",
        ),
        ({"result": 1, "validTime": "2026-02-02T00:00:00Z"}, "validTime has to be an interval"),
        ({"result": 1, "parameters": "none"}, "parameters has to be an object"),
    ],
)
def test_bad_observations_are_named(told: dict[str, object], words: str) -> None:
    """Wrong types and times of an Observation."""
    pk = client.make("Things", thing(Datastreams=[datastream()]))
    stream = Datastream.objects.get(thing=pk)
    assert words in client.refused("POST", f"Datastreams({stream.pk})/Observations", told)
    assert not Observation.objects.exists()


def test_observation_holds_all_its_parts() -> None:
    """/req/datamodel/observation/properties: interval, validTime, parameters, resultQuality, own feature."""
    client.make("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    feature = {"name": "Pool", "description": "", "encodingType": "application/geo+json", "feature": POINT}
    body = {
        "phenomenonTime": "2026-01-01T00:00:00Z/2026-01-01T01:00:00+01:00",
        "result": 2.25,
        "resultTime": "2026-01-01T02:00:00Z",
        "validTime": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z",
        "parameters": {"depth": 0.5},
        "resultQuality": {"nameOfMeasure": "DQ_Status"},
        "FeatureOfInterest": feature,
    }
    answer = client.ask("POST", f"Datastreams({Datastream.objects.get().pk})/Observations", body)
    assert answer.status == 201
    row = Observation.objects.get(number=answer.body["@iot.id"])
    assert row.feature == FeatureOfInterest.objects.get(name="Pool")
    assert answer.body["phenomenonTime"] == "2026-01-01T00:00:00Z/2026-01-01T00:00:00Z"
    for name in ("result", "resultTime", "validTime", "parameters", "resultQuality"):
        assert answer.body[name] == body[name]


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("OM_Observation", "warm"),
        ("OM_Observation", {"a": [1, None]}),
        ("OM_Observation", [1, "x"]),
        ("OM_TruthObservation", True),
        ("OM_TruthObservation", False),
        ("OM_CountObservation", 7),
        ("OM_CategoryObservation", "https://example.org/warm"),
    ],
)
def test_results_of_all_kinds(kind: str, result: object) -> None:
    """Results that are no numbers read back as sent (table 12)."""
    stream_type = f"http://www.opengis.net/def/observationType/OGC-OM/2.0/{kind}"
    client.make("Things", thing(Datastreams=[datastream(observationType=stream_type)]))
    answer = client.ask(
        "POST", f"Datastreams({Datastream.objects.get().pk})/Observations", {"result": result}
    )
    assert answer.body["result"] == result
    assert answer.body["resultTime"] is None


def test_location_of_other_encoding_and_heights_read_back() -> None:
    """What is no plain GeoJSON is kept as sent; its geometry is used where there is one."""
    feature = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "Point", "coordinates": [14.7, 51.9, 44]},
    }
    answer = client.ask("POST", "Locations", location(location=feature))
    assert answer.body["location"] == feature
    stored = Location.objects.get(pk=answer.body["@iot.id"]).geometry
    assert stored is not None
    assert stored.coords == (14.7, 51.9)
    text = client.ask("POST", "Locations", location(encodingType="text/plain", location="next to the bakery"))
    assert text.body["location"] == "next to the bakery"


def test_multi_datastream_needs_matching_arrays() -> None:
    """/req/multi-datastream/constraints."""
    body = multi_datastream(Thing=thing(), multiObservationDataTypes=["x"])
    assert "have to have the same length" in client.refused("POST", "MultiDatastreams", body)
    body = multi_datastream(Thing=thing(), observationType="x")
    assert "observationType of a MultiDatastream" in client.refused("POST", "MultiDatastreams", body)


def test_multi_result_has_one_value_for_each_property() -> None:
    """/req/multi-datastream/constraints: arrays of results."""
    pk = client.make("MultiDatastreams", multi_datastream(Thing=thing()))
    path = f"MultiDatastreams({pk})/Observations"
    assert "array of 2 values" in client.refused("POST", path, {"result": [1]})
    assert "array of 2 values" in client.refused("POST", path, {"result": 1})
    assert "result[1] has to be a number" in client.refused("POST", path, {"result": [1, "x"]})
    assert client.ask("POST", path, {"result": [1, None]}).body["result"] == [1, None]
    assert "both" in client.refused(
        "POST",
        "Observations",
        {"result": 1, "Datastream": {"@iot.id": 1}, "MultiDatastream": {"@iot.id": pk}},
    )


def test_deep_nesting_is_refused() -> None:
    """A body as deep as the sea is answered, not run into."""
    body: dict[str, object] = thing()
    for _level in range(20):
        body = thing(Locations=[location(Things=[body])])
    assert "nested deeper" in client.refused("POST", "Things", body)
    deep: object = 1
    for _level in range(100):
        deep = [deep]
    assert "deeper than" in client.refused("POST", "Things", thing(properties={"a": deep}))


def test_sql_in_strings_is_text() -> None:
    """Nothing that looks like SQL is taken for SQL."""
    evil = "'); DROP TABLE observations_thing; --"
    pk = client.make("Things", thing(name=evil, properties={evil: evil}))
    assert Thing.objects.get(pk=pk).name == evil
