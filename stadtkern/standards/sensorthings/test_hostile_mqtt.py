"""Whatever strangers subscribe to and send by MQTT, nobody else is held up."""

import json
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.contracts.messages import Arrival, News
from stadtkern.observations.access import EVERYTHING
from stadtkern.observations.models import Observation
from stadtkern.standards.sensorthings.conftest import NOON, Town
from stadtkern.standards.sensorthings.entities import BY_SET, ENTITY_TYPES
from stadtkern.standards.sensorthings.fixtures import search
from stadtkern.standards.sensorthings.mqtt import SensorThingsMessages
from stadtkern.standards.sensorthings.mqtt_topics import BadTopic, read_topic
from stadtkern.standards.sensorthings.write.test_hostile import JSON, OBSERVATION, changed, places

pytestmark = pytest.mark.django_db
MESSAGES = SensorThingsMessages()
NAMES = sorted({name for one in ENTITY_TYPES for name in (*one.property_of, *one.link_of)})
KEYS = st.sampled_from(["", "(1)", "(2)", "(3)", "(4)", "(0)", "(-1)", "(9223372036854775807)"])
STEPS = st.tuples(st.sampled_from([*NAMES, "height", "0", "id", "@iot.id", "$value"]), KEYS).map("".join)
SELECTED = st.lists(st.sampled_from([*NAMES, "id", "@iot.id", "@iot.selfLink", "*", "height", "0"]), min_size=1,
                    max_size=3).map("/".join)  # fmt: skip
SELECT = st.lists(SELECTED, min_size=1, max_size=3).map(lambda names: "?$select=" + ",".join(names))
TOPICS = st.builds(
    lambda name, key, steps, select: "/".join([f"v1.1/{name}{key}", *steps]) + select,
    st.sampled_from(sorted(BY_SET)),
    KEYS,
    st.lists(STEPS, max_size=3),
    st.just("") | SELECT,
)
FIELDS = st.frozensets(st.sampled_from(NAMES), max_size=2)
HOW = st.sampled_from(["created", "updated", "deleted"])


def numbers() -> list[int]:
    """Return the identifiers of all observations."""
    return list(Observation.objects.values_list("number", flat=True))


@search(400)
@given(topic=TOPICS, fields=FIELDS, how=HOW)
def test_any_topic_that_is_granted_is_served(
    town: Town, topic: str, fields: frozenset[str], how: str
) -> None:
    """One that raises later would hold up all subscribers."""
    try:
        read_topic(topic)
    except BadTopic:
        assert MESSAGES.refusal(topic, EVERYTHING)
        return
    access = MESSAGES.sign_in(None, None)
    assert access is not None
    for one in (EVERYTHING, access):
        MESSAGES.refusal(topic, one)
        for entity in ENTITY_TYPES:
            first = 1 if entity.name != "Observation" else min(numbers())
            news = News(entity.name, how, ((first, first + 4),), fields, frozenset({1, 2, 3, 4, 5}))
            for text, body in MESSAGES.publications(news, {topic}, one):
                assert text == topic
                assert "ecret" not in str(json.loads(body)) or one is EVERYTHING


@search(200)
@given(data=st.data())
def test_any_message_is_stored_or_gets_a_line(town: Town, data: st.DataObject) -> None:
    body: Any = OBSERVATION | data.draw(
        st.sampled_from(
            [{}, {"Datastream": {"@iot.id": town.level.pk}}, {"FeatureOfInterest": {"@iot.id": 1}}]
        )
    )
    for _change in range(data.draw(st.integers(0, 2))):
        body = changed(body, data.draw(st.sampled_from(places(body))), data.draw(JSON))
    raw = json.dumps(body).encode()
    if data.draw(st.booleans()):
        raw = data.draw(st.binary(max_size=20)) + raw[: data.draw(st.integers(0, len(raw)))]
    topic = data.draw(
        st.sampled_from(
            [
                f"v1.1/Datastreams({town.level.pk})/Observations", f"v1.1/MultiDatastreams({town.weather.pk})/Observations",
                f"v1.1/FeaturesOfInterest({town.river.pk})/Observations", "v1.1/Observations",
                f"v1.1/Things({town.bridge.pk})/Datastreams({town.level.pk})/Observations", "v1.1/Datastreams(99)/Observations",
                "v1.1/FeaturesOfInterest(99)/Observations", "v1.1/Things", f"v1.1/Datastreams({town.level.pk})",
            ]
        )
    )  # fmt: skip
    good = Arrival(f"v1.1/Datastreams({town.level.pk})/Observations", b'{"result": 5}', EVERYTHING, NOON)
    with transaction.atomic():
        before = Observation.objects.count()
        lines = MESSAGES.store([Arrival(topic, raw, EVERYTHING, NOON), good])
        assert not lines[1]
        if lines[0]:
            assert Observation.objects.count() - before <= 1
        connection.check_constraints()
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("select", "is_granted"),
    [("Datastream/name", False), ("@iot.id", False), ("result/0", True), ("id/x", True), ("*,result", True)],
)
def test_selects_are_served_or_refused(town: Town, select: str, is_granted: bool) -> None:  # noqa: FBT001
    topic = f"v1.1/Observations?$select={select}"
    number = min(numbers())
    news = News("Observation", "created", ((number, number),), frozenset(), frozenset({town.level.pk}))
    assert bool(MESSAGES.refusal(topic, EVERYTHING)) is not is_granted
    assert len(list(MESSAGES.publications(news, {topic, "v1.1/Observations"}, EVERYTHING))) == 1 + is_granted
