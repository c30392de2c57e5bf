"""The search of the whole site; subjects say what of theirs can be found when the program starts.

A subject calls `register(slug, title, find)` in its `AppConfig.ready`. `find(text, first, most)` answers in
the active language with how much fits and with hits `first` to `first + most`, asks a constant number of
queries, and finds only what anybody may see. Up to a few thousand things `among` does the work; whoever has
more keeps an index of folded words, as the addresses do.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stadtkern.base.folding import plain_words
from stadtkern.contracts.option import Label

MOST_WORDS = 8
"""Words of a search text that are looked at."""
MOST_SCANNED = 5000
"""Things that `among` may be asked to look through."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found, in the active language."""

    title: str
    url: str
    text: str = ""
    """One sentence at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """How much there is, and a piece of it."""

    total: int
    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found: what people see of it, and what else it is found by."""

    title: str
    more: str
    key: object
    """By which the subject makes the hit."""


Find = Callable[[str, int, int], Found]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things that can be found."""

    slug: str
    title: Label
    find: Find


_kinds: dict[str, Kind] = {}


def register(slug: str, title: Label, find: Find) -> None:
    """Let something be found."""
    if slug in _kinds and _kinds[slug].find is not find:
        raise ValueError(f"there is already something to be found called {slug!r}")
    _kinds[slug] = Kind(slug, title, find)


def kinds() -> list[Kind]:
    """Return what can be found, in the order it was added."""
    return list(_kinds.values())


def among(entries: Iterable[Entry], text: str, first: int, most: int) -> tuple[int, list[object]]:
    """Return how many entries fit, and the keys of a piece: each word of `text` has to begin one of theirs.

    Those whose title has all the words come first, then by title.
    """
    wanted = sorted(set(plain_words(text)), key=len, reverse=True)[:MOST_WORDS]
    if not wanted:
        return 0, []
    fitting: list[tuple[int, list[str], int, object]] = []
    for entry in entries:
        in_title = plain_words(entry.title)
        if fits(wanted, in_title):
            fitting.append((0, in_title, len(fitting), entry.key))
        elif fits(wanted, [*in_title, *plain_words(entry.more)]):
            fitting.append((1, in_title, len(fitting), entry.key))
    fitting.sort()
    return len(fitting), [key for *_rank, key in fitting[first : first + most]]


def fits(wanted: Sequence[str], there: Sequence[str]) -> bool:
    """Return whether each wanted word is the beginning of one that is there."""
    return all(any(word.startswith(one) for word in there) for one in wanted)
