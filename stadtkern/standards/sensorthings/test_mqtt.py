"""SensorThings over MQTT: topics, messages, rights."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.contracts.messages import Arrival, News
from stadtkern.governance.models import DataProfile
from stadtkern.ingest.models import NewsItem
from stadtkern.ingest.telling import news_of
from stadtkern.observations.access import EVERYTHING, Access
from stadtkern.observations.models import (
    Datastream,
    FeatureOfInterest,
    LatestObservation,
    MultiComponent,
    Observation,
    ObservedProperty,
    Sensor,
    Thing,
)
from stadtkern.observations.services import told
from stadtkern.people.models import Organisation
from stadtkern.standards.sensorthings.mqtt import SensorThingsMessages
from stadtkern.standards.sensorthings.mqtt_topics import BadTopic, read_target, read_topic

RECEIVED = datetime(2026, 11, 25, 12, tzinfo=UTC)
MESSAGES = SensorThingsMessages()
pytestmark = pytest.mark.django_db


def stream(key: str, thing: str = "bridge", **more: Any) -> Datastream:  # noqa: ANN401
    """Return a new datastream with all that belongs to it."""
    found, _ = Thing.objects.get_or_create(source="test", key=thing, defaults={"name": thing})
    air, _ = ObservedProperty.objects.get_or_create(slug="air_temperature", defaults={"unit": "Cel"})
    sensor, _ = Sensor.objects.get_or_create(source="test", name="thermometer")
    facts: dict[str, Any] = {
        "name": key,
        "thing": found,
        "sensor": sensor,
        "observed_property": air,
        "unit": "Cel",
    }
    return Datastream.objects.create(key=key, **facts | more)


def arrival(topic: str, body: object, access: Access = EVERYTHING, number: int = 0) -> Arrival:
    """Return a message as it comes in."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Arrival(topic, data, access, RECEIVED + timedelta(microseconds=number))


def news() -> Iterator[News]:
    """Yield what the feed tells, oldest first."""
    yield from (news_of(item) for item in NewsItem.objects.order_by("pk"))


def seen(*topics: str, access: Access = EVERYTHING) -> list[tuple[str, Any]]:
    """Return what subscribers of topics get of everything that happened."""
    pairs = [pair for one in news() for pair in MESSAGES.publications(one, topics, access)]
    return [(topic, json.loads(body)) for topic, body in pairs]


@pytest.mark.parametrize(
    "topic",
    [
        "v1.1/Things", "v1.1/Things(1)", "v1.1/Things(1)/name", "v1.1/Things(1)/properties/owner",
        "v1.1/Things?$select=name,description", "v1.1/Datastreams(1)/Observations?$select=result",
        "v1.1/Things(1)/Datastreams(2)/Observations", "v1.1/Datastreams(1)/Thing/Locations",
        "v1.1/FeaturesOfInterest(1)/Observations", "v1.1/MultiDatastreams(1)/ObservedProperties",
    ],
)  # fmt: skip
def test_topic_of_the_standard_is_known(topic: str) -> None:
    read_topic(topic)


@pytest.mark.parametrize(
    "topic",
    [
        "", "v1.1", "v1.1/", "v1.0/Things", "v1.1/#", "v1.1/+/Observations", "v1.1/Things(+)", "v1.1/Nothing",
        "v1.1/Things('a')", "v1.1/Things/name", "v1.1/Things/Datastreams", "v1.1/Things(1)/nothing",
        "v1.1/Things(1)/$ref", "v1.1/Things?$filter=id eq 1", "v1.1/Things?$top=1", "v1.1/Things?$select=nothing",
        "v1.1/Things(1)/name?$select=name", "v1.1/Datastreams(1)/Thing(2)", "v1.1/Things(1)/name(1)",
        "v1.1/Things(99999999999999999999)", "v1.1/" + "Things(1)/Datastreams(1)/" * 9 + "Observations",
        "v1.1/Things?$expand=Datastreams", "v1.1/Things?$select=", "v1.1/Things(1)?$resultFormat=CSV",
    ],
)  # fmt: skip
def test_topic_that_is_none_is_refused_with_a_reason(topic: str) -> None:
    with pytest.raises(BadTopic) as error:
        read_topic(topic)
    assert str(error.value)
    assert MESSAGES.refusal(topic, EVERYTHING)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader_of_topics(text: str) -> None:
    for topic in (text, f"v1.1/{text}", f"v1.1/Things(1){text}"):
        read_target(topic)
        try:
            read_topic(topic)
        except BadTopic:
            continue


def test_observation_is_created_on_the_topic_of_its_datastream() -> None:
    one = stream("a")
    body = {"result": 21.5, "phenomenonTime": "2026-11-25T11:00:00Z", "parameters": {"battery": 3}}
    assert MESSAGES.store([arrival(f"v1.1/Datastreams({one.pk})/Observations", body)]) == [""]
    row = Observation.objects.get()
    assert (row.datastream_id, row.result, row.parameters) == (one.pk, 21.5, {"battery": 3})
    assert row.phenomenon_time == datetime(2026, 11, 25, 11, tzinfo=UTC)


def test_observation_names_its_datastream_itself() -> None:
    one = stream("a")
    body = {"result": 1, "Datastream": {"@iot.id": one.pk}}
    deep = {**body, "phenomenonTime": "2026-11-25T10:00:00Z", "FeatureOfInterest": {
        "name": "river", "description": "here", "encodingType": "application/geo+json",
        "feature": {"type": "Point", "coordinates": [14.7, 51.9]},
    }}  # fmt: skip
    assert MESSAGES.store([arrival("v1.1/Observations", body), arrival("v1.1/Observations", deep)]) == [
        "",
        "",
    ]
    assert Observation.objects.count() == 2
    assert FeatureOfInterest.objects.filter(name="river").exists()


def test_observation_is_created_at_a_thing_and_at_a_feature() -> None:
    one = stream("a")
    feature = FeatureOfInterest.objects.create(name="river")
    lines = MESSAGES.store([
        arrival(f"v1.1/Things({one.thing_id})/Datastreams({one.pk})/Observations", {"result": 1}),
        arrival(f"v1.1/FeaturesOfInterest({feature.pk})/Observations",
                {"result": 2, "Datastream": {"@iot.id": one.pk}}, number=1),
        arrival(f"v1.1/Things({one.thing_id + 1})/Datastreams({one.pk})/Observations", {"result": 3}),
    ])  # fmt: skip
    assert lines[:2] == ["", ""]
    assert "nothing at" in lines[2]
    assert list(Observation.objects.order_by("result").values_list("result", "feature")) == [
        (1.0, None), (2.0, feature.pk),
    ]  # fmt: skip


def test_observation_of_a_multidatastream_is_an_array() -> None:
    one = stream("multi", is_multi=True)
    for place in range(2):
        MultiComponent.objects.create(
            datastream=one, position=place, observed_property=one.observed_property, unit="Cel"
        )
    topic = f"v1.1/MultiDatastreams({one.pk})/Observations"
    lines = MESSAGES.store([arrival(topic, {"result": [1, 2]}), arrival(topic, {"result": 1}, number=1)])
    assert lines[0] == ""
    assert "array of 2" in lines[1]
    wrong = MESSAGES.store([arrival(f"v1.1/Datastreams({one.pk})/Observations", {"result": [1, 2]})])
    assert "There is no Datastream" in wrong[0]


def test_bad_messages_get_a_line_and_the_good_ones_between_them_are_stored() -> None:
    one = stream("a")
    topic = f"v1.1/Datastreams({one.pk})/Observations"
    bad = [
        b"", b"{", b"[]", b"null", b'{"result": NaN}', b"\xff", b"[" * 100_000, {}, {"result": None},
        {"result": "warm"}, {"result": 1, "phenomenonTime": "yesterday"}, {"result": 1e300},
        {"result": 1, "nothing": 2}, {"result": 1, "phenomenonTime": 1234567890123},
        {"result": 1, "parameters": "'; DROP TABLE observations_observation"}, b"x" * 2_000_000,
    ]  # fmt: skip
    arrivals = []
    for number, body in enumerate(bad):
        arrivals += [arrival(topic, body, number=number), arrival(topic, {"result": number}, number=number)]
    lines = MESSAGES.store(arrivals)
    assert all(lines[0::2])
    assert not any(lines[1::2])
    assert Observation.objects.count() == len(bad)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("v1.1/Datastreams(999999)/Observations", {"result": 1}),
        ("v1.1/Observations", {"result": 1}),
        ("v1.1/Observations", {"result": 1, "Datastream": {"@iot.id": 999_999}}),
        ("v1.1/Observations", {"result": 1, "Datastream": {"@iot.id": "1 OR 1=1"}}),
        ("v1.1/Things(1)/Datastreams", {"name": "x"}),
        ("v1.1/Datastreams(1)/Observations?$select=result", {"result": 1}),
    ],
)
def test_message_that_leads_nowhere_gets_a_line(topic: str, body: object) -> None:
    (line,) = MESSAGES.store([arrival(topic, body)])
    assert line
    assert not Observation.objects.exists()


def test_rights_are_those_of_the_sender() -> None:
    mine, other = stream("mine"), stream("other")
    access = Access(principal="key:1", writable=frozenset({mine.pk}))
    assert MESSAGES.may_write(f"v1.1/Datastreams({mine.pk})/Observations", access)
    assert not MESSAGES.may_write(f"v1.1/Datastreams({other.pk})/Observations", access)
    assert not MESSAGES.may_write("v1.1/Things", access)
    assert not MESSAGES.may_write("v1.1/Observations", Access(principal="anonymous"))
    lines = MESSAGES.store([
        arrival("v1.1/Observations", {"result": 1, "Datastream": {"@iot.id": one.pk}}, access)
        for one in (mine, other)
    ])  # fmt: skip
    assert lines[0] == ""
    assert "may not write" in lines[1]


def test_subscribers_get_what_http_gives() -> None:
    one, two = stream("a"), stream("b")
    MESSAGES.store([
        arrival(f"v1.1/Datastreams({pk})/Observations", {"result": result, "phenomenonTime": "2026-11-25T11:00:00Z"})
        for pk, result in ((one.pk, 1), (two.pk, 2))
    ])  # fmt: skip
    first = Observation.objects.get(datastream=one)
    own = f"v1.1/Datastreams({one.pk})/Observations"
    found = dict(seen(own))
    assert found[own]["@iot.id"] == first.number
    assert found[own]["result"] == 1
    assert found[own]["phenomenonTime"].startswith("2026-11-25T11:00:00")
    assert found[own]["Datastream@iot.navigationLink"].endswith(
        f"/sta/v1.1/Observations({first.number})/Datastream"
    )
    assert len(seen("v1.1/Observations")) == 2
    assert seen(f"{own}?$select=result") == [(f"{own}?$select=result", {"result": 1})]
    assert [topic for topic, _ in seen(f"v1.1/Things({one.thing_id})/Datastreams({two.pk})/Observations")]
    assert seen(f"v1.1/Observations({first.number})/result") == [
        (f"v1.1/Observations({first.number})/result", {"result": 1})
    ]


def test_datastream_tells_that_its_times_changed() -> None:
    one = stream("a")
    MESSAGES.store([arrival(f"v1.1/Datastreams({one.pk})/Observations", {"result": 1})])
    time, name = f"v1.1/Datastreams({one.pk})/phenomenonTime", f"v1.1/Datastreams({one.pk})/name"
    assert [topic for topic, _ in seen(time, name)] == [time]
    assert LatestObservation.objects.filter(datastream=one).exists()


def test_entity_property_and_set_tell_of_a_change() -> None:
    one = stream("a")
    told.entities("Thing", [one.thing_id], "updated", frozenset({"name"}))
    thing = f"v1.1/Things({one.thing_id})"
    topics = [
        "v1.1/Things",
        thing,
        f"{thing}/name",
        f"{thing}/description",
        f"v1.1/Datastreams({one.pk})/Thing",
    ]
    found = dict(seen(*topics))
    assert set(found) == set(topics) - {f"{thing}/description"}
    assert found[f"{thing}/name"] == {"name": "bridge"}
    assert found[thing] == found["v1.1/Things"]
    told.entities("Thing", [one.thing_id], "deleted")
    assert len(seen("v1.1/Things")) == 1


def test_stranger_sees_public_streams_only() -> None:
    profile = DataProfile.objects.create(
        slug="open",
        title={"en": "Open"},
        purpose={"en": "Weather"},
        legal_basis={"en": "Law"},
        owner=Organisation.objects.create(slug="town", name={"en": "Town"}),
        licence="dl-de/zero-2-0",
        is_published=True,
    )
    public, hidden = stream("public", profile=profile), stream("hidden", thing="secret")
    access = MESSAGES.sign_in(None, None)
    assert access is not None
    for one in (public, hidden):
        MESSAGES.store([arrival(f"v1.1/Datastreams({one.pk})/Observations", {"result": 1})])
    told.entities("Thing", [public.thing_id, hidden.thing_id], "updated")
    assert MESSAGES.refusal(f"v1.1/Datastreams({hidden.pk})/Observations", access)
    assert not MESSAGES.refusal(f"v1.1/Datastreams({public.pk})/Observations", access)
    found = seen("v1.1/Observations", "v1.1/Things", "v1.1/Datastreams", access=access)
    assert len([topic for topic, _ in found if topic == "v1.1/Observations"]) == 1
    assert [body["name"] for topic, body in found if topic == "v1.1/Things"] == ["bridge"]
    assert {body["@iot.id"] for topic, body in found if topic == "v1.1/Datastreams"} == {public.pk}


def test_outside_broker_gets_the_common_topics() -> None:
    one = stream("a")
    MESSAGES.store([arrival(f"v1.1/Datastreams({one.pk})/Observations", {"result": 1})])
    told.entities("Thing", [one.thing_id], "updated", frozenset({"name"}))
    topics = {topic for item in news() for topic, _ in MESSAGES.publications(item, None, EVERYTHING)}
    assert topics == {
        "v1.1/Observations", f"v1.1/Datastreams({one.pk})/Observations", f"v1.1/Datastreams({one.pk})",
        f"v1.1/Datastreams({one.pk})/phenomenonTime", f"v1.1/Datastreams({one.pk})/resultTime",
        f"v1.1/Datastreams({one.pk})/observedArea", "v1.1/Things", f"v1.1/Things({one.thing_id})",
        f"v1.1/Things({one.thing_id})/name",
    }  # fmt: skip
