"""Search and suggest; everything else is below these two."""

from collections.abc import Sequence

from stadtkern.search.queries import Results, SearchQuery

__all__ = ["search", "suggest"]


def search(query: SearchQuery) -> Results:
    """Return the wanted page of what everybody may find, with counts by facet.

    Raises
    ------
    BadInput
        if the area is unknown.
    """
    from stadtkern.search.searching import find  # noqa: PLC0415

    return find(query)


def suggest(text: str, *, most: int = 8) -> Sequence[str]:
    """Return words or titles that begin like the text."""
    from stadtkern.search.searching import complete  # noqa: PLC0415

    return complete(text, most)
