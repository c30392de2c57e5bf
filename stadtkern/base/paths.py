"""JMESPath expressions that editors write, with errors they can act upon."""

from functools import lru_cache
from typing import Any, Protocol

import jmespath
from jmespath.exceptions import JMESPathError


class Path(Protocol):
    """A compiled expression."""

    def search(self, value: Any) -> Any:  # noqa: ANN401  (any JSON value)
        """Return what the expression finds in a JSON value."""


@lru_cache(maxsize=512)
def compile_path(text: str) -> Path:
    """Return the compiled expression; `ValueError` shows where it is wrong."""
    if len(text) > 500:  # noqa: PLR2004
        raise ValueError("the path is longer than 500 characters")
    try:
        path: Path = jmespath.compile(text)
    except (JMESPathError, RecursionError) as error:
        where = getattr(error, "lex_position", None)
        place = f" at character {where + 1}" if isinstance(where, int) and where >= 0 else ""
        raise ValueError(f'"{text[:60]}" is not a JMESPath expression{place}') from error
    return path


def pick(value: Any, path: str) -> Any:  # noqa: ANN401  (any JSON value)
    """Return what `path` finds in `value`; for an empty path the value itself.

    Raises
    ------
    ValueError
        If the path is wrong or cannot be applied to the value.
    """
    if not path:
        return value
    try:
        return compile_path(path).search(value)
    except (JMESPathError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f'the path "{path[:60]}" cannot be applied: {str(error)[:100]}') from error
