"""German compounds taken apart: "Hochwasserschutz" is "Hochwasser" and "Schutz"."""

from collections.abc import Callable, Collection
from functools import cache

from stadtkern.search.words import is_common, stems, word_list

SHORTEST = 8
"""Letters of a word that may be a compound."""
SHORTEST_PART = 4
"""Letters of a part that is only known from the index; the list of parts has shorter ones."""
LONGEST_PART = 24
LINKS = ("", "s", "n", "es", "en", "er", "e")
"""What may stand between two parts (Fugenelement)."""
LESS = ("e", "en")
"""Endings a part may lose before the next one: "Schul(e)", "Straß(e)"."""

IsPart = Callable[[str], bool]


def split(word: str, is_part: IsPart) -> tuple[str, ...]:
    """Return the parts of a folded German word, the fewest there can be; empty if it is no compound.

    Of two ways with as few parts the one with the longer last part is taken, which names the kind of thing.

    >>> split("hochwasserschutz", {"hochwasser", "schutz", "hoch", "wasser"}.__contains__)
    ('hochwasser', 'schutz')
    >>> split("messung", {"mess", "ung"}.__contains__)
    ()
    """
    if len(word) < SHORTEST or not word.isalpha():
        return ()

    @cache
    def best(start: int) -> tuple[str, ...]:
        """Return the best parts of what begins at `start`; a word that is no part itself has two at least."""
        found: list[tuple[str, ...]] = []
        rest = word[start:]
        if start and (last := _last_part(rest, is_part)):
            found.append((last,))
        for end in range(3, min(len(rest) - 2, LONGEST_PART)):
            if first := _first_part(rest[:end], is_part):
                tail = best(start + end)
                if tail:
                    found.append((first, *tail))
        return min(found, key=lambda parts: (len(parts), -len(parts[-1]), parts), default=())

    return best(0)


def _first_part(piece: str, is_part: IsPart) -> str:
    """Return the part that `piece` is before another one, without what links them."""
    if is_part(piece):
        return piece
    for link in LINKS[1:]:
        stem = piece.removesuffix(link)
        if stem != piece and len(stem) > 2 and is_part(stem):  # noqa: PLR2004  # the shortest part has three
            return stem
    return next((piece + end for end in LESS if is_part(piece + end)), "")


def _last_part(piece: str, is_part: IsPart) -> str:
    """Return the part that `piece` is at the end, where it may have any ending."""
    if is_part(piece):
        return piece
    return next((one for one in stems(piece, "de") if one != piece and len(one) > 2 and is_part(one)), "")  # noqa: PLR2004


def part_tester(vocabulary: Collection[str]) -> IsPart:
    """Return what tells whether a piece can be a part: on the list of parts, or a word of the index."""
    known = _known()

    def is_part(piece: str) -> bool:
        if piece in known:
            return True
        return len(piece) >= SHORTEST_PART and piece in vocabulary and not is_common(piece)

    return is_part


@cache
def _known() -> frozenset[str]:
    """Return the list of parts with their stems, which the last part of a compound is compared by."""
    words = word_list("parts")
    return words | {stem for word in words for stem in stems(word, "de") if len(stem) > 2}  # noqa: PLR2004


def pieces(word: str) -> set[str]:
    """Return all that could be a part of a word, with the endings that a part may lose."""
    if len(word) < SHORTEST or not word.isalpha():
        return set()
    cut = {
        word[start:end]
        for start in range(len(word) - 2)
        for end in range(start + 3, min(len(word), start + LONGEST_PART) + 1)
        if end - start < len(word)
    }
    return cut | {piece + end for piece in cut for end in LESS}


def all_parts(word: str, is_part: IsPart) -> tuple[str, ...]:
    """Return the parts of a word and the parts of these, in order.

    >>> all_parts("hochwasserschutz", {"hochwasser", "schutz", "hoch", "wasser"}.__contains__)
    ('hochwasser', 'schutz', 'hoch', 'wasser')
    """
    first = split(word, is_part)
    deeper = [one for part in first for one in all_parts(part, is_part)]
    return tuple(dict.fromkeys([*first, *deeper]))
