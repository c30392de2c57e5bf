"""How large a query may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the work that one query can cause.

    Parameters
    ----------
    length
        characters of the whole query after decoding.
    depth
        how deep parentheses, calls and operators may nest; long chains of `and` or `or` nest little.
    cost
        tokens of one query: names, values, operators.
    expand_depth
        levels of `$expand` within each other, also where they lead in circles.
    expands
        expanded links of one query.
    segments
        parts of a resource path, and of a path to a property.
    """

    length: int = 16_000
    depth: int = 24
    cost: int = 2_000
    expand_depth: int = 8
    expands: int = 40
    segments: int = 30


LIMITS = Limits()
"""The limits where nobody asks for others."""
