"""Street names as people type them: one spelling for "Straße", "Str." and "strasse", no accents, no case."""

import re

from stadtkern.base.folding import plain_words

STREET = re.compile("str(a|as|ass|asse)?$")
NUMBER_AND_LETTER = re.compile(r"\b(\d+) ([a-z])\b")
DROPPED = {"ul", "ulica", "ulicy", "al", "aleja", "aleje"}
"""Polish words for street that people leave out as often as not."""
SHORT = {
    "platz": "pl",
    "plac": "pl",
    "osiedle": "os",
    "sankt": "st",
    "swietego": "sw",
    "swietej": "sw",
    "doktor": "dr",
    "professor": "prof",
}


def folded_words(text: str) -> list[str]:
    """Return the words of an address in the spelling that is searched for.

    >>> folded_words("Frankfurter Straße 12 a")
    ['frankfurter', 'str', '12a']
    >>> folded_words("ul. Śląska")
    ['slaska']
    """
    words = [SHORT.get(word, STREET.sub("str", word)) for word in plain_words(text)]
    kept = [word for word in words if word not in DROPPED] or words
    return NUMBER_AND_LETTER.sub(r"\1\2", " ".join(kept)).split()
