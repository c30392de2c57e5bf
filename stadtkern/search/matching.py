"""Where in a text something fits: for ranking and for marking."""

from collections.abc import Sequence

from stadtkern.search.expressions import Group
from stadtkern.search.words import every_stem, stems

WORD, STEM, START, PART = 4, 3, 2, 1
"""How well a word fits: it is the word, another form of it, begins with it, or is a compound with it."""


def forms_of(written: str, language: str) -> tuple[str, ...]:
    """Return the stems of a word of a text."""
    return stems(written, language) if language else every_stem(written)


def fit(group: Group, folded: str, written: str, language: str) -> int:
    """Return how well a word of a text fits; 0: not at all."""
    if group.phrase:
        return WORD if folded in group.phrase else 0
    if folded in group.words:
        return WORD
    tokens = group.tokens
    if any(form in tokens for form in forms_of(written, language)):
        return STEM
    if group.prefix and folded.startswith(group.prefix):
        return START
    if any(len(token) >= 4 and token in folded for token in tokens):  # noqa: PLR2004  # shorter ones are in any word
        return PART
    return PART if any(folded in part or _share(part, written, language) for part in group.parts) else 0


def _share(part: Sequence[str], written: str, language: str) -> bool:
    return any(form in part for form in forms_of(written, language))
