"""MQTT topics mapped by an editor: names in the topic, plain numbers and JSON in the payload."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.connectors.mqtt_topic.connector import connector, match_topic
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMED: Mapping[str, Any] = {
    "topic": "town/{thing}/{property}",
    "values": ["temp = air_temperature [°C]", "Level = water_level [m]"],
}


def read(body: bytes, topic: str, options: Mapping[str, Any] = NAMED, **more: Any) -> list[Item]:  # noqa: ANN401
    return list(connector.parse(body, Context(options={**options, **more}, topic=topic, received=NOON)))


def test_the_sample_gives_two_values() -> None:
    body = (Path(__file__).parent / "sample.json").read_bytes()
    station, *found = connector.parse(body, Context(options=connector.sample_options, topic="town/bridge"))
    assert isinstance(station, Station)
    assert station.name == "Neißebrücke"
    assert [(r.observed_property, r.result, r.unit) for r in found if isinstance(r, Reading)] == [
        ("air_temperature", 4.5, "Cel"),
        ("visitors", 31.0, "1"),
    ]
    assert {r.phenomenon_time for r in found if isinstance(r, Reading)} == {
        datetime(2026, 11, 23, 13, 15, tzinfo=UTC)
    }


def test_names_in_the_topic_say_who_and_what() -> None:
    _station, reading = read(b" 4.5 ", "town/bridge/temp")
    assert reading == Reading(
        thing="bridge", observed_property="air_temperature", phenomenon_time=NOON, result=4.5, unit="Cel"
    )
    assert [i.unit for i in read(b"1.2", "town/weir/level") if isinstance(i, Reading)] == ["m"]


def test_json_with_the_property_in_the_topic() -> None:
    items = read(
        b'{"v": {"now": 3}, "at": 1764000000}', "town/a/temp", payload="json", value="v.now", time="at"
    )
    assert [(i.result, i.phenomenon_time.year) for i in items if isinstance(i, Reading)] == [(3.0, 2025)]


def test_switches_count_as_zero_and_one() -> None:
    options = {"topic": "gate", "thing": "Tor", "values": ["value = gate_open [1]"]}
    assert [i.result for i in read(b"ON", "gate", options) if isinstance(i, Reading)] == [1.0]
    assert [i.result for i in read(b"closed", "gate", options) if isinstance(i, Reading)] == [0.0]


@pytest.mark.parametrize("body", [b"", b"nan", b"inf", b"12,5", b"<html>", b"\xff\xfe", b"9" * 5000])
def test_a_payload_that_is_no_number_is_rejected(body: bytes) -> None:
    (bad,) = [item for item in read(body, "town/a/temp") if not isinstance(item, Station)]
    assert isinstance(bad, Rejected)
    assert bad.where == "town/a/temp, temp"


def test_a_name_nobody_explained_is_rejected() -> None:
    (bad,) = read(b"1", "town/a/secret")
    assert isinstance(bad, Rejected)
    assert bad.reason == 'no line says what "secret" means'


def test_a_message_of_another_topic_is_refused() -> None:
    with pytest.raises(SourceError, match="does not fit"):
        read(b"1", "village/a/temp")
    with pytest.raises(SourceError, match="does not fit"):
        read(b"1", "")


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 200_000, b"<html><body/></html>"])
def test_broken_json_is_explained(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body, "town/a/temp", payload="json")


@pytest.mark.parametrize("body", [b'{"value": null}', b"[]", b'{"value": [1]}', b'{"value": "x"}'])
def test_json_without_a_number_is_rejected(body: bytes) -> None:
    items = read(body, "town/a/temp", payload="json")
    assert [item for item in items if isinstance(item, Rejected)]
    assert not [item for item in items if isinstance(item, Reading)]


@pytest.mark.parametrize(
    ("pattern", "topic", "found"),
    [
        ("a/{thing}/+/c", "a/b/x/c", {"thing": "b"}),
        ("a/{thing}/#", "a/b/x/c", {"thing": "b"}),
        ("a/{thing}", "a/b/c", None),
        ("a/{thing}", "a/", None),
        ("a/b", "a/b", {}),
    ],
)
def test_topics_fit_patterns(pattern: str, topic: str, found: dict[str, str] | None) -> None:
    assert match_topic(pattern, topic) == found


def test_the_pattern_becomes_a_topic_filter() -> None:
    assert connector.topics is not None
    assert list(connector.topics(NAMED)) == ["town/+/+"]
    assert not connector.topics({"topic": "a#/b"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"topic": ""}, "topic"),
        ({"topic": "a/{place}"}, "topic: {place} is unknown"),
        ({"topic": "a/x{thing}"}, "topic"),
        ({"topic": "a/#/b"}, 'topic: "#"'),
        ({"topic": "a/b+"}, 'topic: "+"'),
        ({"topic": "{thing}/{thing}"}, "topic: {thing} stands twice"),
        ({"topic": "a/{property}"}, "thing"),
        ({"topic": "a/{thing}"}, "values: a plain number"),
        ({"values": ["x"]}, "values, line 1"),
        ({"time": "a["}, "time"),
        ({"timezone": "Guben"}, "timezone"),
        ({"topic": "a/{thing}", "payload": "json", "values": ["a[ = visitors [1]"]}, "values"),
    ],
)
def test_wrong_settings_are_named(options: dict[str, Any], message: str) -> None:
    assert connector.check_options is not None
    assert [p for p in connector.check_options({**NAMED, **options}) if p.startswith(message)]
    assert connector.check_options(NAMED) == []


@given(body=st.binary(max_size=200), is_json=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_payload_gives_items_or_one_clear_line(body: bytes, is_json: bool) -> None:  # noqa: FBT001
    with suppress(SourceError):
        read(body, "town/a/temp", payload="json" if is_json else "number")
