"""Topics and filters as MQTT 3.1.1 defines them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from stadtkern.ingest.topics import TopicIndex, is_filter, matches

LEVELS = st.sampled_from(["a", "b", "", "$x", "ä"])
TOPICS = st.lists(LEVELS, min_size=1, max_size=4).map("/".join).filter(bool)
FILTERS = (
    st.tuples(st.lists(LEVELS | st.just("+"), max_size=4), st.booleans())
    .map(lambda pair: "/".join([*pair[0], *(["#"] if pair[1] else [])]))
    .filter(is_filter)
)


@given(TOPICS, FILTERS)
def test_matching_agrees_with_paho(topic: str, topic_filter: str) -> None:
    """The library that talks to brokers is the reference."""
    assert matches(topic, topic_filter) == topic_matches_sub(topic_filter, topic)


@pytest.mark.parametrize("wrong", ["", "a/#/b", "a#", "a+/b", "+a", "a\0"])
def test_wrong_filters_are_recognised(wrong: str) -> None:
    """Wildcards stand alone in their level, # at the end."""
    assert not is_filter(wrong)


def test_index_forgets_what_it_knew_when_filters_change() -> None:
    """A topic seen before is looked up again."""
    index = TopicIndex()
    assert index.sources("a/b") == ()
    assert index.replace({"one": ["a/+"], "two": ["a/#"]})
    assert index.sources("a/b") == ("one", "two")
    assert not index.replace({"one": ["a/+"], "two": ["a/#"]})
    assert index.replace({"two": ["a/#"]})
    assert index.sources("a/b") == ("two",)
    assert index.all_filters() == {"a/#"}
