"""What a text asks for, ready for either database."""

from dataclasses import dataclass
from typing import TypeAlias

Tokens: TypeAlias = tuple[str, ...]
"""Words, stems or parts; any of them will do. Only letters a to z and digits."""


@dataclass(frozen=True, slots=True)
class Group:
    """One word or phrase of a question; all groups have to fit."""

    written: str
    """As it was typed."""
    words: Tokens = ()
    """The word itself, or what it is thought to mean."""
    stems: Tokens = ()
    prefix: str = ""
    """What a word may begin with; empty: only whole words."""
    parts: tuple[Tokens, ...] = ()
    """Instead of a compound all its parts may occur, each in any of its forms."""
    phrase: Tokens = ()
    """Words that have to follow each other; then there is nothing else."""

    @property
    def tokens(self) -> Tokens:
        """All forms of the word."""
        return tuple(dict.fromkeys([*self.words, *self.stems]))
