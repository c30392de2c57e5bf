"""What is wrong with a query."""

from stadtkern.base.errors import StadtkernError

SHOWN = 60
"""Characters of the query that an error repeats."""


class QueryError(StadtkernError):
    """A query that cannot be understood or is larger than allowed; the text says what and where."""

    status = 400


def excerpt(text: str, position: int) -> str:
    """Return a few words of `text` from `position` on, for an error."""
    rest = text[position : position + SHOWN]
    return f'"{rest}"' if rest else "the end"
