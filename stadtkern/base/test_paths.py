"""JMESPath expressions: found, not found, wrong."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.base.paths import compile_path, pick


def test_a_path_finds_its_value() -> None:
    document = {"stations": [{"id": "a", "v": 1}, {"id": "b", "v": 2}]}
    assert pick(document, "stations[?id=='b'].v | [0]") == 2
    assert pick(document, "stations[5].v") is None
    assert pick(document, "") is document


@pytest.mark.parametrize("path", ["a[", "a..b", "'open", "a" * 501])
def test_a_wrong_path_is_explained(path: str) -> None:
    with pytest.raises(ValueError, match=r"path|JMESPath"):
        compile_path(path)


def test_a_path_that_does_not_fit_the_value_is_explained() -> None:
    with pytest.raises(ValueError, match="cannot be applied"):
        pick({"a": "x"}, "abs(a)")


@given(st.text(max_size=40))
def test_any_text_is_a_path_or_a_clear_error(text: str) -> None:
    with suppress(ValueError):
        pick({"a": [1, {"b": 2}]}, text)
