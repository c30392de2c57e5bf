"""What differs between the databases; everything else is the same on both."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

from django.db import connection

from stadtkern.search.backends.texts import IndexedText
from stadtkern.search.expressions import Group


class Backend(Protocol):
    """Full text in the database."""

    def lock(self) -> None:
        """Wait until no other process writes the index; until the end of the transaction."""

    def write(self, texts: Iterable[tuple[int, IndexedText]]) -> None:
        """Replace the text of these entries."""

    def remove(self, entries: Collection[int]) -> None:
        """Take the text of these entries away."""

    def clear(self) -> None:
        """Take all texts away."""

    def add_trigrams(self, rows: Sequence[tuple[str, str, int]]) -> None:
        """Add rows of word, trigram and length: very many, faster than through the models."""

    def source(self, groups: Sequence[Group], *, only_title: bool = False) -> tuple[str, str, list[Any]]:
        """Return what to read from (`FROM`), the condition and its parameters; the entry is called `e`."""

    def among(self, column: str, values: Collection[int]) -> tuple[str, list[Any]]:
        """Return the condition that a column has one of many values."""


def backend() -> Backend:
    """Return that of the database in use."""
    if connection.vendor == "sqlite":
        from stadtkern.search.backends.sqlite import SqliteBackend  # noqa: PLC0415  # only one of them is needed

        return SqliteBackend()
    from stadtkern.search.backends.postgresql import PostgresqlBackend  # noqa: PLC0415

    return PostgresqlBackend()
