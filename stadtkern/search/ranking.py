"""In which order hits are shown: by match (title, then keywords, then text), freshness and use."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stadtkern.search.expressions import Group
from stadtkern.search.matching import PART, START, STEM, WORD, fit
from stadtkern.search.words import words_of

IN_TITLE = {WORD: 10.0, STEM: 8.5, START: 6.5, PART: 5.5, 0: 0.0}
IN_KEYWORDS = {WORD: 5.0, STEM: 4.5, START: 3.0, PART: 3.0, 0: 0.0}
IN_TEXT = 1.0
IN_ORDER = 3.0
"""For the words of the question standing in the title as they were asked for."""
WHOLE_TITLE = 5.0
HALVED_AFTER_DAYS = 730
"""Age after which freshness counts half."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hit before it has its place."""

    entry: int
    title: Mapping[str, str]
    keywords: Mapping[str, str]
    changed: datetime | None
    use: int
    weight: float
    """Of its subject."""


def score(candidate: Candidate, groups: Sequence[Group], now: datetime) -> float:
    """Return how good a hit is."""
    titles = [list(_words(text, language)) for language, text in candidate.title.items()]
    keywords = [word for language, text in candidate.keywords.items() for word in _words(text, language)]
    total = 0.0
    for group in groups:
        in_title = max((_best(group, words) for words in titles), default=0)
        total += max(
            IN_TITLE[in_title], IN_KEYWORDS[_best(group, keywords)] if in_title < WORD else 0.0, IN_TEXT
        )
    match = total / max(1, len(groups)) + _order(titles, groups)
    return (
        match
        * candidate.weight
        * freshness(candidate.changed, now)
        * (1 + 0.1 * math.log10(1 + candidate.use))
    )


def freshness(changed: datetime | None, now: datetime) -> float:
    """Return a factor from 1 (today) down to 0.7 (long ago); 0.85 for what has no date."""
    if changed is None:
        return 0.85
    days = max(0, (now - changed).days)
    left: float = 0.5 ** (days / HALVED_AFTER_DAYS)
    return 0.7 + 0.3 * left


def _words(text: str, language: str) -> list[tuple[str, str, str]]:
    return [(folded, written, language) for folded, written in words_of(text)]


def _best(group: Group, words: Sequence[tuple[str, str, str]]) -> int:
    return max((fit(group, *word) for word in words), default=0)


def _order(titles: Sequence[Sequence[tuple[str, str, str]]], groups: Sequence[Group]) -> float:
    """Return what is added if a title has the words in the order of the question, or is the question."""
    asked = [word for group in groups for word in (group.phrase or group.words[:1])]
    best = 0.0
    for title in titles:
        folded = [word[0] for word in title]
        if folded == asked:
            return WHOLE_TITLE
        places = range(len(folded) - len(asked) + 1)
        if len(asked) > 1 and any(folded[place : place + len(asked)] == asked for place in places):
            best = IN_ORDER
    return best
