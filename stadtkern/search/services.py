"""What others call."""

from collections.abc import Sequence

from stadtkern.search import searching
from stadtkern.search.queries import Results, SearchQuery


def search(query: SearchQuery) -> Results:
    """Return the wanted page of what everybody may find, in the active language, with counts by facet.

    Raises
    ------
    BadInput
        if the area is unknown.
    """
    return searching.find(query)


def suggest(text: str, *, most: int = 8) -> Sequence[str]:
    """Return titles that fit what was typed so far, and words that begin like its last one."""
    return searching.complete(text, most)
