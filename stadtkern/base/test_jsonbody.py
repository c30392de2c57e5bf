"""JSON from outside is read strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.base.errors import SourceError
from stadtkern.base.jsonbody import load


def test_json_is_read() -> None:
    """A byte order mark does no harm."""
    assert load(b'\xef\xbb\xbf{"a": [1, null]}') == {"a": [1, None]}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!DOCTYPE html><html><title>Wartung</title>", "HTML where JSON"),
        (b"\n<HTML>", "HTML where JSON"),
        (b'{"a": [1, 2', "cut off"),
        (b'{"a": 1} x', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": "\xe4"}', "UTF-8"),
        (b"[" * 100_000, "nested|cut off|not JSON"),
        (b"[" + b"9" * 5_000 + b"]", "not JSON"),
        (b'"text"', "unexpected form"),
        (b"12", "unexpected form"),
    ],
)
def test_reason_is_one_clear_line(body: bytes, reason: str) -> None:
    """An editor reads it on the page of the source."""
    with pytest.raises(SourceError, match=reason) as caught:
        load(body)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@given(st.binary(max_size=100))
def test_any_bytes_give_a_value_or_the_error(body: bytes) -> None:
    """Nothing else comes out."""
    try:
        value = load(body)
    except SourceError:
        return
    assert isinstance(value, dict | list)


def test_not_a_number_spoils_only_its_own_row() -> None:
    """The text in its place is turned away by whoever wants a number; the rest is read."""
    assert load(b'[{"v": NaN}, {"v": -Infinity}, {"v": 1.5}]') == [
        {"v": "NaN"},
        {"v": "-Infinity"},
        {"v": 1.5},
    ]
