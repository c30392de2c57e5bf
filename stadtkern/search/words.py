"""Texts as words: one spelling for each, its stems by language, and what is too common to look for."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import snowballstemmer

from stadtkern.base.folding import plain_words

WORD = re.compile(r"[^\W_]+")
STREET = re.compile(r"str$")
STEMMERS = {"de": "german", "pl": "polish", "en": "english"}
"""Languages with a stemmer of the Snowball project; there is none for Lower Sorbian, which is only folded."""
LONGEST = 60
"""Letters of a word that count; a longer one is cut."""
FOLDER = Path(__file__).parent / "words"

Word: TypeAlias = tuple[str, str]
"""A word in the spelling that is searched for, and as it was written, in small letters."""


def words_of(text: str) -> Iterator[Word]:
    """Return the words of a text in its order.

    >>> list(words_of("Große Mühlenstr. 3"))
    [('grosse', 'große'), ('muhlenstrasse', 'mühlenstr'), ('3', '3')]
    """
    for found in WORD.finditer(unicodedata.normalize("NFC", text)):
        written = found.group()[:LONGEST].lower()
        if folded := fold(written):
            yield folded, written


@lru_cache(maxsize=200_000)
def fold(written: str) -> str:
    """Return one word in the spelling that is searched for; empty if nothing of it can be written in it.

    >>> fold("Łąka"), fold("Neiße"), fold("Neisse"), fold("Bahnhofstr")
    ('laka', 'neisse', 'neisse', 'bahnhofstrasse')
    """
    # a letter that cannot be written falls out, and what stood on both sides may be "ae" now
    plain = "".join(plain_words("".join(plain_words(written))))
    return STREET.sub("strasse", plain)[:LONGEST]


@lru_cache(maxsize=4)
def _stemmer(language: str) -> "snowballstemmer.stemmer":
    return snowballstemmer.stemmer(STEMMERS[language])


@lru_cache(maxsize=200_000)
def stems(written: str, language: str) -> tuple[str, ...]:
    """Return the stems of a word in a language: as it is written, and as people write it without accents.

    A word with a digit, and one of a language without stemmer, is its own stem.

    >>> stems("häuser", "de"), stems("danych", "pl"), stems("chóśebuz", "dsb")
    (('haus',), ('dan',), ('chosebuz',))
    """
    folded = fold(written)
    if language not in STEMMERS or not written.isalpha():
        return (folded,)
    stem = _stemmer(language).stemWord
    both = (fold(stem(written)), fold(stem(folded))) if written != folded else (fold(stem(written)),)
    return tuple(sorted({one for one in both if one})) or (folded,)


def every_stem(written: str) -> tuple[str, ...]:
    """Return the stems of a word whose language nobody knows."""
    return tuple(sorted({one for language in STEMMERS for one in stems(written, language)}))


@lru_cache(maxsize=8)
def word_list(name: str) -> frozenset[str]:
    """Return the words of a file beside this one, folded; lines that begin with `#` are remarks."""
    lines = (FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    return frozenset(fold(word) for line in lines if not line.startswith("#") for word in line.split())


def is_common(folded: str) -> bool:
    """Return whether a word is in so many texts that it says nothing."""
    return folded in word_list("common")
