"""German compounds taken apart: "Hochwasserschutz" is "Hochwasser" and "Schutz"."""

from collections.abc import Collection
from functools import cache

from stadtkern.search.words import is_common, word_list

SHORTEST = 8
"""Letters of a word that may be a compound."""
SHORTEST_PART = 4
"""Letters of a part that is only known from the index; the list of parts has shorter ones."""
SHORTEST_KNOWN = 3
LONGEST_PART = 24
LINKS = ("s", "n", "es", "en", "er", "e")
"""What may stand between two parts (Fugenelement)."""
LESS = ("e", "en")
"""Endings a part may lose before the next one: "Schul(e)", "Straß(e)"."""
ENDINGS = ("n", "s", "e", "en", "er", "es", "em", "ern")
"""What a compound may have after its last part."""


class Splitter:
    """Takes words apart at the words of a list of parts and of the index; the same words, the same parts."""

    def __init__(self, vocabulary: Collection[str]) -> None:
        self.known = word_list("parts")
        self.vocabulary = vocabulary
        self.found: dict[str, tuple[str, ...]] = {}

    def is_part(self, piece: str) -> bool:
        """Return whether a piece can be a part."""
        if piece in self.known:
            return True
        return len(piece) >= SHORTEST_PART and piece in self.vocabulary and not is_common(piece)

    def split(self, word: str) -> tuple[str, ...]:
        """Return the parts of a folded German word, the fewest there can be; empty if it is no compound.

        Of two ways with as few parts the one with the longer last part is taken: it names the kind of thing.

        >>> Splitter({"rückhaltung"}).split("hochwasserschutz")
        ('hochwasser', 'schutz')
        >>> Splitter(set()).split("messung")
        ()
        """
        if word not in self.found:
            self.found[word] = self._split(word) if len(word) >= SHORTEST and word.isalpha() else ()
        return self.found[word]

    def every(self, word: str) -> tuple[str, ...]:
        """Return the parts of a word and the parts of these, in order.

        >>> Splitter(set()).every("hochwasserschutz")
        ('hochwasser', 'schutz', 'hoch', 'wasser')
        """
        first = self.split(word)
        deeper = [one for part in first for one in self.every(part)]
        return tuple(dict.fromkeys([*first, *deeper]))

    def _split(self, word: str) -> tuple[str, ...]:
        @cache
        def best(start: int) -> tuple[str, ...]:
            """Return the best parts of what begins at `start`; the word as a whole is no part of itself."""
            found: list[tuple[str, ...]] = []
            if start and (last := self._last(word[start:])):
                found.append((last,))
            found.extend(
                (first, *tail)
                for end in range(start + SHORTEST_KNOWN, min(len(word) - 2, start + LONGEST_PART))
                if (first := self._first(word[start:end])) and (tail := best(end))
            )
            return min(found, key=lambda parts: (len(parts), -len(parts[-1]), parts), default=())

        return best(0)

    def _first(self, piece: str) -> str:
        """Return the part that `piece` is before another one, without what links them."""
        if self.is_part(piece):
            return piece
        for link in LINKS:
            if piece.endswith(link) and len(piece) - len(link) >= SHORTEST_KNOWN:
                part = piece[: -len(link)]
                if self.is_part(part):
                    return part
        return next((piece + end for end in LESS if self.is_part(piece + end)), "")

    def _last(self, piece: str) -> str:
        """Return the part that `piece` is at the end, where it may have an ending."""
        if self.is_part(piece):
            return piece
        for ending in ENDINGS:
            if piece.endswith(ending) and len(piece) - len(ending) >= SHORTEST_KNOWN:
                part = piece[: -len(ending)]
                if self.is_part(part):
                    return part
        return ""


def pieces(word: str) -> set[str]:
    """Return all that could be a part of a word, with the endings that a part may lose."""
    if len(word) < SHORTEST or not word.isalpha():
        return set()
    cut = {
        word[start:end]
        for start in range(len(word) - 2)
        for end in range(start + SHORTEST_KNOWN, min(len(word), start + LONGEST_PART) + 1)
        if end - start < len(word)
    }
    return cut | {piece + end for piece in cut for end in LESS}
