"""Changing entities and their links (OGC 18-088 section 10.3)."""

from datetime import UTC, datetime

import pytest

from stadtkern.observations.fields import micros
from stadtkern.observations.models import (
    Datastream,
    EntityVersion,
    FeatureOfInterest,
    HistoricalLocation,
    LatestObservation,
    Location,
    Observation,
    Rollup,
    Thing,
)
from stadtkern.observations.services import rollups
from stadtkern.observations.services.newest import recount
from stadtkern.observations.services.storage import storage
from stadtkern.standards.sensorthings.fixtures import (
    POINT,
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
BROKEN_PATCHES: list[object] = [
    {},
    [1],
    [{}],
    [{"op": "jump", "path": "/name"}],
    [{"op": "remove", "path": "/nothing"}],
    [{"op": "add", "path": "/properties/tags/x", "value": 1}],
    [{"op": "replace", "path": ""}],
    [{"op": "replace", "path": "", "value": 5}],
    [{"op": "add", "path": 5, "value": 1}],
]
DAY = "2026-01-01T{:02}:00:00Z"


def patch(path: str, body: object) -> dict[str, object]:
    """Change an entity and return it."""
    answer = client.ask("PATCH", path, body)
    assert answer.status == 200, answer.body
    return dict(answer.body)


def test_patch_changes_what_it_names() -> None:
    """/req/create-update-delete/update-entity: the rest stays."""
    pk = client.make("Things", thing())
    changed = patch(f"Things({pk})", {"description": "Below the bridge"})
    assert (changed["name"], changed["description"]) == ("Gauge", "Below the bridge")
    assert changed["properties"] == {"owner": "town"}
    assert patch(f"Things({pk})", {"properties": None})["properties"] == {}


def test_patch_refuses_inline_entities_and_null_names() -> None:
    """/req/create-update-delete/update-entity: links are references alone."""
    pk = client.make("Things", thing())
    assert "reference" in client.refused("PATCH", f"Things({pk})", {"Locations": [location()]})
    assert "name must not be null" in client.refused("PATCH", f"Things({pk})", {"name": None})
    assert client.refused("PATCH", f"Things({pk + 1})", {"name": "x"}, 404)


def test_put_replaces_the_whole() -> None:
    """/req/create-update-delete/update-entity-put."""
    pk = client.make("Things", thing())
    assert "description" in client.refused("PUT", f"Things({pk})", {"name": "x"})
    answer = client.ask("PUT", f"Things({pk})", {"name": "x", "description": "y"})
    assert answer.status == 200
    assert answer.body["properties"] == {}


def test_json_patch() -> None:
    """/req/create-update-delete/update-entity-jsonpatch (RFC 6902)."""
    pk = client.make("Things", thing(properties={"owner": "town", "tags": ["a"]}))
    told = {"content_type": "application/json-patch+json"}
    operations = [
        {"op": "test", "path": "/name", "value": "Gauge"},
        {"op": "replace", "path": "/name", "value": "Gauge 2"},
        {"op": "add", "path": "/properties/tags/-", "value": "b"},
        {"op": "remove", "path": "/properties/owner"},
    ]
    answer = client.ask("PATCH", f"Things({pk})", operations, **told)
    assert answer.status == 200
    assert answer.body["name"] == "Gauge 2"
    assert answer.body["properties"] == {"tags": ["a", "b"]}
    assert client.ask("PATCH", f"Things({pk})", operations, **told).status == 409
    for broken in BROKEN_PATCHES:
        assert client.ask("PATCH", f"Things({pk})", broken, **told).status == 400
    gone = [{"op": "remove", "path": "/name"}]
    assert client.ask("PATCH", f"Things({pk})", gone, **told).status == 400


def test_etag_keeps_from_overwriting() -> None:
    """If-Match: the entity is changed only if it is still the one that was read."""
    answer = client.ask("POST", "Things", thing())
    path = f"Things({answer.body['@iot.id']})"
    tag = answer.headers["ETag"]
    assert client.ask("PATCH", path, {"name": "a"}, if_match=tag).status == 200
    assert client.ask("PATCH", path, {"name": "b"}, if_match=tag).status == 412
    assert client.ask("DELETE", path, None, if_match=tag).status == 412
    assert client.ask("PATCH", path, {"name": "b"}, if_match="*").status == 200


def test_new_location_makes_history() -> None:
    """/req/create-update-delete/historical-location-auto-creation."""
    pk = client.make("Things", thing(Locations=[location()]))
    second = client.make("Locations", location(location={"type": "Point", "coordinates": [14, 51]}))
    patch(f"Things({pk})", {"Locations": [{"@iot.id": second}]})
    third = client.make(
        f"Things({pk})/Locations", location(location={"type": "Point", "coordinates": [13, 51]})
    )
    made = Thing.objects.get(pk=pk)
    assert list(made.locations.values_list("pk", flat=True)) == [third]
    assert made.historical_locations.count() == 3
    assert made.location is not None
    assert made.location.coords == (13, 51)
    fourth = client.make("Locations", location(Things=[{"@iot.id": pk}]))
    assert list(made.locations.values_list("pk", flat=True)) == [fourth]


def test_newest_historical_location_moves_the_thing() -> None:
    """/req/create-update-delete/historical-location-manual-creation."""
    pk = client.make("Things", thing(Locations=[location()]))
    other = client.make("Locations", location(location={"type": "Point", "coordinates": [14, 51]}))
    body = {"Thing": {"@iot.id": pk}, "Locations": [{"@iot.id": other}]}
    client.make("HistoricalLocations", {"time": "2001-01-01T00:00:00Z", **body})
    assert not Thing.objects.filter(pk=pk, locations=other).exists()
    client.make("HistoricalLocations", {"time": "2100-01-01T00:00:00Z", **body})
    assert list(Thing.objects.get(pk=pk).locations.values_list("pk", flat=True)) == [other]
    assert Thing.objects.get(pk=pk).location.coords == (14, 51)  # type: ignore[union-attr]  # it has one


def test_moved_location_moves_its_things() -> None:
    """The point on maps follows the geometry; a polygon is shown by a point within it."""
    pk = client.make("Things", thing(Locations=[location()]))
    ring = [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]
    patch(f"Locations({Location.objects.get().pk})", {"location": {"type": "Polygon", "coordinates": [ring]}})
    assert Thing.objects.get(pk=pk).location.coords == (1, 1)  # type: ignore[union-attr]  # it has one


def test_feature_of_former_observations_stays_when_the_thing_moves() -> None:
    """What was observed at the old place is not moved to the new one."""
    pk = client.make("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    stream = Datastream.objects.get()
    first = client.make(f"Datastreams({stream.pk})/Observations", {"result": 1})
    client.make(f"Things({pk})/Locations", location(location={"type": "Point", "coordinates": [14, 51]}))
    second = client.make(f"Datastreams({stream.pk})/Observations", {"result": 2})
    stream.refresh_from_db()
    assert Observation.objects.get(number=first).feature.feature.coords == (14.716, 51.95)  # type: ignore[union-attr]
    assert Observation.objects.get(number=second).feature is None
    assert stream.feature_of_interest.feature.coords == (14, 51)  # type: ignore[union-attr]


def test_links_to_one_and_many_by_ref() -> None:
    """`$ref`: lead elsewhere, add, end."""
    pk = client.make("Things", thing(Datastreams=[datastream()]))
    stream = Datastream.objects.get()
    other = client.make("Sensors", sensor(name="new"))
    assert client.ask("PUT", f"Datastreams({stream.pk})/Sensor/$ref", {"@iot.id": other}).status == 204
    stream.refresh_from_db()
    assert stream.sensor_id == other
    place = client.make("Locations", location())
    told = {"@odata.id": f"http://testserver/sta/v1.1/Locations({place})"}
    assert client.ask("POST", f"Things({pk})/Locations/$ref", told).status == 204
    assert Thing.objects.filter(pk=pk, locations=place).exists()
    assert client.ask("DELETE", f"Things({pk})/Locations({place})/$ref").status == 204
    assert not Thing.objects.filter(pk=pk, locations=place).exists()
    assert client.ask("DELETE", f"Datastreams({stream.pk})/Sensor/$ref").status == 400
    assert client.ask("DELETE", f"Things({pk})/Datastreams({stream.pk})/$ref").status == 400
    second = client.make("Things", thing(name="second"))
    assert client.ask("POST", f"Things({second})/Datastreams/$ref", {"@iot.id": stream.pk}).status == 204
    stream.refresh_from_db()
    assert stream.thing_id == second
    assert client.ask("PUT", f"Datastreams({stream.pk})/Thing/$ref", {"@iot.id": pk}).status == 204
    assert client.ask("PUT", f"Datastreams({stream.pk})/Thing/$ref", {"x": 1}).status == 400


def test_units_of_streams_change() -> None:
    """The unit as sent and the UCUM code in it."""
    client.make("Things", thing(Datastreams=[datastream()]))
    pk = Datastream.objects.get().pk
    changed = patch(f"Datastreams({pk})", {"unitOfMeasurement": {"name": "x", "symbol": "µg/m³"}})
    assert changed["unitOfMeasurement"] == {"name": "x", "symbol": "µg/m³"}
    assert Datastream.objects.get().unit == "ug/m3"
    patch(f"Datastreams({pk})", {"unitOfMeasurement": {"name": "Furlong per fortnight", "symbol": "fpf!"}})
    assert Datastream.objects.get().unit == "{fpf!}"
    patch(f"Datastreams({pk})", {"unitOfMeasurement": {"name": None, "symbol": None, "definition": None}})
    assert Datastream.objects.get().unit == "1"


def test_multi_datastream_changes() -> None:
    """Types alone keep units; properties only with all three."""
    pk = client.make("MultiDatastreams", multi_datastream(Thing=thing()))
    changed = patch(f"MultiDatastreams({pk})", {"multiObservationDataTypes": ["a", "b"]})
    assert changed["multiObservationDataTypes"] == ["a", "b"]
    assert changed["unitOfMeasurements"][0]["symbol"] == "°C"  # type: ignore[index]
    assert "same number" in client.refused(
        "PATCH", f"MultiDatastreams({pk})", {"multiObservationDataTypes": ["a"]}
    )
    third = client.make("ObservedProperties", observed_property(name="third"))
    patch(
        f"MultiDatastreams({pk})",
        {
            "multiObservationDataTypes": ["a"],
            "unitOfMeasurements": [{"symbol": "%"}],
            "ObservedProperties": [{"@iot.id": third}],
        },
    )
    assert Datastream.objects.get(pk=pk).observed_property_id == third


def check_derived(stream: Datastream) -> None:
    """Fail unless statistics, newest values and rollups are as counting everything anew gives them."""
    rows = Observation.objects.filter(datastream=stream).order_by("-phenomenon_time", "-copy")
    newest = LatestObservation.objects.filter(datastream=stream).first()
    if not rows:
        assert newest is None
    else:
        assert newest is not None
        assert (newest.number, newest.result) == (rows[0].number, rows[0].result)
        count, *times = recount(storage(), stream.pk)
        kept = (newest.first_time, newest.last_time, newest.first_result_time, newest.last_result_time)
        assert newest.count == count
        assert [None if time is None else micros(time) for time in kept] == times
    order = ("width", "start")
    fields = ("width", "start", "count", "total", "minimum", "maximum")
    before = list(Rollup.objects.filter(datastream=stream).order_by(*order).values_list(*fields))
    Rollup.objects.filter(datastream=stream).delete()
    rollups.roll_up(storage(), [(stream.pk, micros(row.phenomenon_time)) for row in rows])
    assert before == list(Rollup.objects.filter(datastream=stream).order_by(*order).values_list(*fields))


def test_changed_and_removed_observations_keep_all_that_is_derived() -> None:
    """PATCH and DELETE of first, middle and last rows; identifiers stay."""
    client.make("Things", thing(Datastreams=[datastream()]))
    stream = Datastream.objects.get()
    path = f"Datastreams({stream.pk})/Observations"
    ids = [
        client.make(
            path,
            {"result": hour, "phenomenonTime": DAY.format(hour), "resultTime": DAY.format(hour + 1)},
        )
        for hour in range(6)
    ]
    check_derived(stream)
    for change in (
        {"result": 40.5},
        {"phenomenonTime": "2026-01-02T00:00:00Z"},
        {"phenomenonTime": "2025-01-01T00:00:00Z/2027-01-01T00:00:00Z"},
        {"resultTime": None},
        {"validTime": "2025-01-01T00:00:00Z/2027-01-01T00:00:00Z", "parameters": {"a": 1}},
        {"validTime": None, "parameters": None},
    ):
        for number in ids:
            answer = client.ask("PATCH", f"Observations({number})", change)
            assert answer.status == 200, answer.body
            assert answer.body["@iot.id"] == number
            check_derived(stream)
            if "phenomenonTime" in change:
                back = {"phenomenonTime": DAY.format(ids.index(number))}
                assert client.ask("PATCH", f"Observations({number})", back).status == 200
    for number in (ids[0], ids[5], ids[2], ids[1], ids[3], ids[4]):
        assert client.ask("DELETE", f"Observations({number})").status == 200
        check_derived(stream)
    assert client.ask("DELETE", f"Observations({ids[0]})").status == 404


def test_observation_moves_to_another_stream_and_feature() -> None:
    """Links of an Observation lead elsewhere; both streams stay right."""
    client.make("Things", thing(Datastreams=[datastream(), datastream()]))
    first, second = Datastream.objects.order_by("pk")
    number = client.make(f"Datastreams({first.pk})/Observations", {"result": 1})
    feature = client.make(
        "FeaturesOfInterest",
        {"name": "f", "description": "", "encodingType": "application/geo+json", "feature": POINT},
    )
    body = {"Datastream": {"@iot.id": second.pk}, "FeatureOfInterest": {"@iot.id": feature}}
    assert client.ask("PATCH", f"Observations({number})", body).status == 200
    row = Observation.objects.get(number=number)
    assert (row.datastream_id, row.feature_id) == (second.pk, feature)
    check_derived(first)
    check_derived(second)
    assert client.ask("PATCH", f"Observations({number})", {"result": "x"}).status == 400


def test_time_that_is_taken_is_a_conflict() -> None:
    """A stream that keeps one result for each time."""
    client.make("Things", thing(Datastreams=[datastream()]))
    Datastream.objects.update(duplicates=Datastream.Duplicates.REJECT)
    path = f"Datastreams({Datastream.objects.get().pk})/Observations"
    client.make(path, {"result": 1, "phenomenonTime": DAY.format(1)})
    second = client.make(path, {"result": 2, "phenomenonTime": DAY.format(2)})
    assert client.refused("PATCH", f"Observations({second})", {"phenomenonTime": DAY.format(1)}, 409)
    assert client.refused("POST", path, {"result": 3, "phenomenonTime": DAY.format(1)}, 409)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "Things(1)", 405),
        ("PATCH", "Things", 405),
        ("DELETE", "Things", 405),
        ("PUT", "Things", 405),
        ("POST", "", 405),
        ("POST", "Nothings", 404),
        ("PATCH", "Things(99)", 404),
        ("DELETE", "Things('a')", 404),
        ("PATCH", "Things(1)/name", 404),
        ("POST", "Things(1)/$value", 405),
        ("DELETE", "CreateObservations", 405),
        ("POST", "Things/$ref", 405),
        ("PATCH", "Things(1", 400),
        ("PATCH", "Things(99999999999999999999)", 400),
    ],
)
def test_wrong_addresses_and_methods(method: str, path: str, status: int) -> None:
    """404, 405 and 400 with the standard body."""
    Thing.objects.create(pk=1, key="a")
    client.refused(method, path, {}, status)


def test_other_types_are_refused() -> None:
    """415."""
    assert client.ask("POST", "Things", thing(), content_type="text/xml").status == 415
    assert client.ask("POST", "Things", thing(), content_type="application/json; charset=utf-8").status == 201


def test_history_of_entities_is_kept() -> None:
    """Each change closes a version; what connectors made is kept from its first change on."""
    pk = client.make("Things", thing())
    patch(f"Things({pk})", {"name": "b"})
    client.ask("DELETE", f"Things({pk})")
    first, second, gone = EntityVersion.objects.order_by("pk")
    assert (first.document or {})["name"] == "Gauge"
    assert (first.valid_to, second.valid_to) == (second.valid_from, gone.valid_from)
    assert (second.document or {})["name"] == "b"
    assert gone.document is None
    assert gone.changed_by == "anonymous"
    old = Thing.objects.create(source="x", key="old", name="old")
    patch(f"Things({old.pk})", {"name": "new"})
    before, after = EntityVersion.objects.filter(entity_id=old.pk, entity="Thing").order_by("pk")
    assert (before.document or {})["name"] == "old"
    assert before.valid_from == datetime(1970, 1, 1, tzinfo=UTC)
    assert (after.document or {})["name"] == "new"
    assert HistoricalLocation.objects.count() == 0
    assert FeatureOfInterest.objects.count() == 0
