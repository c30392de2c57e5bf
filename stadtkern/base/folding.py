"""One spelling for all ways in which people write a word: no case, no accents, "ae" as "ä", "ss" as "ß"."""

import re
import unicodedata

UNTOUCHED_BY_NFKD = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "a", "œ": "o"})
DIGRAPHS = re.compile("([aou])e+")
WORDS = re.compile("[a-z0-9]+")


def plain_words(text: str) -> list[str]:
    """Return the words of a text in the spelling that is searched for.

    >>> plain_words("Chóśebuz/Cottbus, Große Mühle")
    ['chosebuz', 'cottbus', 'grosse', 'muhle']
    >>> plain_words("muehle") == plain_words("Mühle")
    True
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(UNTOUCHED_BY_NFKD))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return WORDS.findall(DIGRAPHS.sub(r"\1", plain))
