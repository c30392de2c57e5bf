"""Whatever is sent, no write ends in an error of ours, and nothing is half-written."""

import copy
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.observations.models import Datastream, Observation, Thing
from stadtkern.standards.sensorthings.entities import ENTITY_TYPES
from stadtkern.standards.sensorthings.fixtures import (
    POINT,
    Client,
    datastream,
    location,
    multi_datastream,
    observed_property,
    search,
    sensor,
    thing,
)

pytestmark = pytest.mark.django_db
client = Client()
FEATURE = {"name": "f", "description": "", "encodingType": "application/geo+json", "feature": POINT}
OBSERVATION = {
    "phenomenonTime": "2026-01-01T00:00:00Z/2026-01-01T01:00:00Z",
    "result": 1.5,
    "resultTime": "2026-01-01T00:00:00Z",
    "validTime": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z",
    "parameters": {"a": 1},
    "resultQuality": [1],
    "FeatureOfInterest": FEATURE,
}
BODIES: dict[str, Any] = {
    "Things": thing(
        Locations=[location()],
        Datastreams=[datastream(Observations=[OBSERVATION])],
        MultiDatastreams=[multi_datastream(Observations=[{"result": [1, 2]}])],
        HistoricalLocations=[{"time": "2020-01-01T00:00:00Z", "Locations": [location()]}],
    ),
    "Locations": location(
        Things=[thing()], HistoricalLocations=[{"time": "2020-01-01T00:00:00Z", "Thing": thing()}]
    ),
    "HistoricalLocations": {"time": "2020-01-01T00:00:00Z", "Thing": thing(), "Locations": [location()]},
    "Datastreams": datastream(Thing=thing(), Observations=[OBSERVATION]),
    "MultiDatastreams": multi_datastream(Thing=thing(), Observations=[{"result": [1, 2]}]),
    "Sensors": sensor(Datastreams=[datastream(Sensor=None, Thing=thing())]),
    "ObservedProperties": observed_property(Datastreams=[datastream(ObservedProperty=None, Thing=thing())]),
    "Observations": {**OBSERVATION, "Datastream": datastream(Thing=thing())},
    "FeaturesOfInterest": {
        **FEATURE,
        "Observations": [{"result": 1, "Datastream": datastream(Thing=thing())}],
    },
}
HOSTILE: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        1,
        2**31,
        2**63,
        2**200,
        -(2**63),
        1e308,
        1e-320,
        -0.0,
        "",
        " ",
        "x" * 400,
        "x" * 30_000,
        "'; DROP TABLE observations_thing; --",
        "\x01\x7f",
        "\ufffe\U0010ffff",
        "%s %(a)s {} {0}",
        "1700000000000",
        "2026-01-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00+23:59",
        "2026-01-01T00:00:00Z/..",
        "0001-01-01T00:00:00Z/9999-12-31T23:59:59Z",
        "2026-06-31T00:00:00Z",
        [],
        {},
        [[]],
        [None],
        [1, "a"],
        {"@iot.id": 1},
        {"@iot.id": 2**62},
        {"@iot.id": "1"},
        {"@iot.id": None},
        [{"@iot.id": 1}, {"@iot.id": 1}],
        {"type": "Point"},
        {"type": "Point", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 0], [0, 0], [0, 0], [0, 0]]]},
        {"type": "LineString", "coordinates": [[0, 0], [0, 0]]},
        {"type": "Feature", "geometry": None},
        {
            "type": "GeometryCollection",
            "geometries": [POINT, {"type": "GeometryCollection", "geometries": []}],
        },
        {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]]},
    ]
)
JSON = st.recursive(
    HOSTILE
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(alphabet="abc$@.", max_size=4), inner, max_size=4)
    ),
    max_leaves=6,
)
quiet = search(150)


def places(value: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Return the paths to all values within a JSON value."""
    pairs = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    return [prefix, *(path for key, inner in pairs for path in places(inner, (*prefix, key)))]


def changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:  # noqa: ANN401
    """Return a copy of a body with one value replaced."""
    if not path:
        return value
    result = copy.deepcopy(body)
    target = result
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return result


def survives(method: str, path: str, body: Any, **headers: str) -> int:  # noqa: ANN401
    """Send a request, take its traces away, and fail on an error of ours."""
    with transaction.atomic():
        before = Thing.objects.count(), Datastream.objects.count(), Observation.objects.count()
        answer = client.ask(method, path, body, **headers)
        assert answer.status < 500, answer
        if answer.status >= 400:
            after = Thing.objects.count(), Datastream.objects.count(), Observation.objects.count()
            assert before == after
            assert answer.body["message"]
        else:
            connection.check_constraints()  # else they are looked at by the commit, which does not come
        transaction.set_rollback(True)
    return answer.status


@quiet
@given(data=st.data())
def test_one_wrong_value_anywhere(data: st.DataObject) -> None:
    """A good body of any kind in which one value is replaced by what no one expects there."""
    name = data.draw(st.sampled_from(sorted(BODIES)))
    body = BODIES[name]
    for _change in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(places(body)))
        body = changed(body, path, data.draw(JSON))
    survives("POST", name, body)


SQL = "'); DROP TABLE observations_thing; -- \" %s %(x)s {} $1 \\"
FREE = {"name", "description", "metadata", "owner", "symbol", "definition"}


def filled(value: Any, text: str) -> Any:  # noqa: ANN401
    """Return a body with a text in the place of all that may be any text."""
    if isinstance(value, list):
        return [filled(one, text) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: text if name in FREE and isinstance(inner, str) else filled(inner, text)
        for name, inner in value.items()
    }


@pytest.mark.parametrize("name", sorted(BODIES))
def test_sql_in_every_text_is_kept_as_text(name: str) -> None:
    """In properties, in what is nested, and in the names of members."""
    body = filled(BODIES[name], SQL)
    if name in {"Things", "Locations", "Datastreams", "Sensors", "ObservedProperties", "FeaturesOfInterest"}:
        body["properties"] = {SQL: {SQL: [SQL]}}
    pk = client.make(name, body)
    found = client.ask("PATCH", f"{name}({pk})", {}).body
    assert all(found[member] == body[member] for member in body if member in FREE | {"properties"})
    assert Thing.objects.exists()


HUGE = "x" * 1_000_000


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_text_of_a_million_letters_is_refused_by_name(name: str) -> None:
    """Wherever a text may stand; where any JSON may stand, too."""
    places_of_texts = [
        path
        for path in places(BODIES[name])
        if path and isinstance(changed_value(BODIES[name], path), str) and "@iot.id" not in path
    ]
    assert len(places_of_texts) >= 2
    for path in places_of_texts:
        assert survives("POST", name, changed(BODIES[name], path, HUGE)) == 400, path


def changed_value(body: Any, path: tuple[Any, ...]) -> Any:  # noqa: ANN401
    """Return the value at a path."""
    for key in path:
        body = body[key]
    return body


@pytest.mark.parametrize("name", ["phenomenonTime", "resultTime", "validTime"])
@pytest.mark.parametrize(
    "value",
    [
        "1700000000000", 1_700_000_000_000, "1700000000000/1700000000001", "+12026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.1234567890123Z/x", "20260101000000000", "-2026-01-01T00:00:00Z", True, [], "NaN",
    ],
)  # fmt: skip
def test_times_that_are_none_are_refused_by_name(name: str, value: object) -> None:
    """Also milliseconds since 1970, which have 13 digits."""
    body = BODIES["Observations"] | {name: value}
    message = client.refused("POST", "Observations", body)
    assert name in message


def test_all_hostile_bodies_are_good_before() -> None:
    """Otherwise the test above would test nothing."""
    for name, body in BODIES.items():
        assert survives("POST", name, body) == 201, name


@pytest.fixture
def made() -> dict[str, int]:
    """Return an entity of each kind, by entity set."""
    pk = client.make("Things", BODIES["Things"])
    row = Thing.objects.get(pk=pk)
    single, multi = row.datastreams.order_by("is_multi")
    own = Observation.objects.get(datastream=single)
    return {
        "Things": pk,
        "Locations": row.locations.get().pk,
        "HistoricalLocations": row.historical_locations.order_by("pk")[0].pk,
        "Datastreams": single.pk,
        "MultiDatastreams": multi.pk,
        "Sensors": single.sensor_id or 0,
        "ObservedProperties": single.observed_property_id,
        "Observations": own.number,
        "FeaturesOfInterest": own.feature_id or 0,
    }


@quiet
@given(data=st.data())
def test_hostile_changes(made: dict[str, int], data: st.DataObject) -> None:
    """PATCH, PUT and JSON Patch of any kind of entity."""
    entity = data.draw(st.sampled_from(ENTITY_TYPES))
    path = f"{entity.plural}({made[entity.plural]})"
    names = [one.name for one in entity.properties] + [one.name for one in entity.links]
    body = data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=3))
    if data.draw(st.booleans()):
        survives(data.draw(st.sampled_from(["PATCH", "PUT"])), path, body)
    else:
        operation = st.fixed_dictionaries(
            {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"])},
            optional={
                "path": st.sampled_from([f"/{name}" for name in names] + ["", "/", "/properties/a/0", "/a~2"])
                | JSON,
                "from": st.sampled_from([f"/{name}" for name in names]) | JSON,
                "value": JSON,
            },
        )
        survives(
            "PATCH",
            path,
            data.draw(st.lists(operation, max_size=3)),
            content_type="application/json-patch+json",
        )


@quiet
@given(data=st.data())
def test_hostile_data_arrays(made: dict[str, int], data: st.DataObject) -> None:
    """CreateObservations with anything in rows, heads and names."""
    body: Any = [
        {
            "Datastream": {"@iot.id": made["Datastreams"]},
            "components": [
                "phenomenonTime",
                "result",
                "resultTime",
                "FeatureOfInterest/id",
                "validTime",
                "parameters",
            ],
            "dataArray": [
                ["2026-01-01T00:00:00Z", 1, None, made["FeaturesOfInterest"], None, {}],
                ["x", 1, 1, 1, 1, 1],
            ],
        }
    ]
    for _change in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(body)))
        body = changed(body, path, data.draw(JSON))
    survives("POST", "CreateObservations", body)


@quiet
@given(
    method=st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]),
    path=st.text(alphabet="Things(1)/Locations$ref'%20;,.-é", max_size=40) | st.text(max_size=30),
    body=JSON,
)
def test_hostile_addresses(made: dict[str, int], method: str, path: str, body: Any) -> None:  # noqa: ANN401
    """Any text as address."""
    survives(method, path, body)
