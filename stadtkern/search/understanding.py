"""From what somebody typed to what the index is asked."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stadtkern.search import vocabulary
from stadtkern.search.expressions import Group, Tokens
from stadtkern.search.models import Word
from stadtkern.search.words import Word as WrittenWord
from stadtkern.search.words import every_stem, is_common, words_of

MOST_GROUPS = 8
"""Words and phrases of a question that are looked at."""
SHORTEST_START = 3
"""Letters from which on the beginning of a word is enough."""
MOST_MEANT = 3
"""Words that a typing error may stand for."""
FAR_MORE = 10
"""By how many times more documents a word has to have to be suggested instead of one that occurs."""
PIECE = re.compile(r'"([^"]*)"?|([^"]+)')


@dataclass(frozen=True, slots=True)
class Understood:
    """What a text means."""

    groups: tuple[Group, ...]
    corrected: str = ""
    """The text without typing errors, if there were any."""


Finds = Callable[[Sequence[Group]], bool]
"""Returns whether anything fits."""


def understand(text: str, finds: Finds) -> Understood:
    """Return what is looked for.

    Words that say nothing are left out if there are others. The last word may be the beginning of one, as may
    any word that occurs nowhere. A word that even so fits nothing is taken for a typing error.
    """
    pieces = _pieces(text)
    if any(not is_common(folded) for phrase in pieces for folded, _written in phrase):
        pieces = [p for p in pieces if len(p) > 1 or not is_common(p[0][0])]
    pieces = pieces[:MOST_GROUPS]
    there = vocabulary.known({folded for piece in pieces for folded, _written in piece})
    groups: list[Group] = []
    corrected = False
    for place, piece in enumerate(pieces):
        if len(piece) > 1:
            groups.append(Group(" ".join(w for _f, w in piece), phrase=tuple(f for f, _w in piece)))
            continue
        group = _group(piece[0], there.get(piece[0][0]), is_last=place == len(pieces) - 1)
        if piece[0][0] not in there and not finds([group]) and (meant := vocabulary.alike(piece[0][0])):
            group, corrected = _meant(meant), True
        groups.append(group)
    return Understood(tuple(groups), _text(groups) if corrected else "")


def suggestion(groups: Sequence[Group]) -> str:
    """Return the text with common words instead of rare ones that look alike; empty if there are none."""
    better = list(groups)
    there = vocabulary.known({group.words[0] for group in groups if group.words})
    for place, group in enumerate(groups):
        word = there.get(group.words[0]) if group.words else None
        if word is None:
            continue
        likely = (
            other for other in vocabulary.alike(word.word) if other.documents >= FAR_MORE * word.documents
        )
        if other := next(likely, None):
            better[place] = replace(group, written=other.written)
    return _text(better) if better != list(groups) else ""


def _pieces(text: str) -> list[list[WrittenWord]]:
    """Return phrases as lists of words, and each other word alone; each once."""
    found: list[list[WrittenWord]] = []
    for match in PIECE.finditer(text):
        if match[1] is not None:
            found.append(list(words_of(match[1])))
        else:
            found += [[word] for word in words_of(match[2])]
    unique = {tuple(folded for folded, _written in piece): piece for piece in found if piece}
    return list(unique.values())


def _group(word: WrittenWord, known: Word | None, *, is_last: bool) -> Group:
    folded, written = word
    parts = vocabulary.first_parts_of(known) if known else vocabulary.split_unknown(folded)
    starts = len(folded) >= SHORTEST_START and (is_last or known is None)
    return Group(
        written,
        words=(folded,),
        stems=every_stem(written),
        prefix=folded if starts else "",
        parts=tuple(_forms(part) for part in parts),
    )


def _forms(part: str) -> Tokens:
    return tuple(dict.fromkeys([part, *every_stem(part)]))


def _meant(words: Sequence[Word]) -> Group:
    """Return the group of the words that a typing error stands for."""
    likely = words[:MOST_MEANT]
    return Group(
        likely[0].written,
        words=tuple(word.word for word in likely),
        stems=tuple(stem for word in likely for stem in every_stem(word.written)),
        parts=tuple(_forms(part) for part in vocabulary.first_parts_of(likely[0])),
    )


def _text(groups: Sequence[Group]) -> str:
    return " ".join(f'"{group.written}"' if group.phrase else group.written for group in groups)
