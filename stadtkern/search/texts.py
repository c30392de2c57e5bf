"""A document taken apart into the words of the full text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from stadtkern.search.backends.texts import IndexedText
from stadtkern.search.subjects import Document, Texts
from stadtkern.search.words import every_stem, stems, words_of

MOST_WORDS = 20_000
"""Words of a document that are looked at."""

Parts: TypeAlias = Mapping[str, tuple[str, ...]]
"""All parts of compounds, by word."""


@dataclass(frozen=True, slots=True)
class Occurring:
    """A word as the vocabulary keeps it."""

    written: str
    is_german: bool


def occurring(document: Document) -> dict[str, Occurring]:
    """Return the different words of a document; German ones may be compounds."""
    found: dict[str, Occurring] = {}
    for folded, written, language in _words(
        document.title, document.keywords, document.text, document.hidden
    ):
        is_german = language == "de" or (folded in found and found[folded].is_german)
        found[folded] = Occurring(found[folded].written if folded in found else written, is_german)
    return found


def indexed(document: Document, parts: Parts) -> IndexedText:
    """Return the words of a document, with stems by the language of each text and with parts of compounds."""
    title, title_more = _column(_words(document.title), parts)
    body, body_more = _column(_words(document.keywords, document.text, document.hidden), parts)
    return IndexedText(title, body, title_more, body_more)


def _words(*texts: Texts) -> Iterator[tuple[str, str, str]]:
    """Return folded word, written word, language."""
    every = (
        (folded, written, language)
        for one in texts
        for language, text in one.items()
        for folded, written in words_of(text)
    )
    return islice(every, MOST_WORDS)


def _column(words: Iterator[tuple[str, str, str]], parts: Parts) -> tuple[list[str], set[str]]:
    order: list[str] = []
    more: set[str] = set()
    for folded, written, language in words:
        order.append(folded)
        more.update(stems(written, language) if language else every_stem(written))
        if language == "de" and folded in parts:
            for part in parts[folded]:
                more.update((part, *stems(part, "de")))
    return order, more.difference(order)
