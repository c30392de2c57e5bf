"""Short names for addresses, out of titles."""

from collections.abc import Collection

from django.utils.text import slugify

from stadtkern.catalogue.models.datasets import RESERVED_SLUGS

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "đ": "d"})


def slug_of(text: str) -> str:
    """Return a text as a part of an address.

    >>> slug_of("Straßenbäume in Guben (łódź)")
    'strassenbaeume-in-guben-lodz'
    """
    return slugify(text.casefold().translate(_LETTERS)).strip("-_")


def free_slug(text: str, taken: Collection[str], *, most: int = 80) -> str:
    """Return a short name out of a text that is not taken yet."""
    base = slug_of(text)[:most].strip("-") or "data"
    number, found = 1, base
    while found in taken or found in RESERVED_SLUGS:
        number += 1
        found = f"{base}-{number}"
    return found
