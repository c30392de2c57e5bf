"""Full text by FTS5, which is part of SQLite."""

from collections.abc import Collection, Iterable, Sequence
from json import dumps
from typing import Any

from django.db import connection

from stadtkern.search.backends.texts import IndexedText
from stadtkern.search.expressions import Group, Tokens

# all words are folded already; without bm25 nobody asks for the number of words (columnsize)
CREATE = """
CREATE VIRTUAL TABLE search_text USING fts5(
  title, body, title_more, body_more, tokenize = 'ascii', prefix = '3 4', columnsize = 0
)"""
TRIGGER = """
CREATE TRIGGER search_entry_text AFTER DELETE ON search_entry
BEGIN DELETE FROM search_text WHERE rowid = OLD.id; END"""
DROP = "DROP TRIGGER search_entry_text", "DROP TABLE search_text"


class SqliteBackend:
    """See `Backend`."""

    def lock(self) -> None:
        """Wait for nothing: a transaction that writes is alone on SQLite."""

    def write(self, texts: Iterable[tuple[int, IndexedText]]) -> None:
        """Replace the text of these entries."""
        rows = [
            (
                entry,
                " ".join(text.title),
                " ".join(text.body),
                " ".join(text.title_more),
                " ".join(text.body_more),
            )
            for entry, text in texts
        ]
        self.remove([row[0] for row in rows])
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO search_text (rowid, title, body, title_more, body_more)"
                " VALUES (%s, %s, %s, %s, %s)",
                rows,
            )

    def remove(self, entries: Collection[int]) -> None:
        """Take the text of these entries away."""
        with connection.cursor() as cursor:
            cursor.executemany("DELETE FROM search_text WHERE rowid = %s", [(entry,) for entry in entries])

    def clear(self) -> None:
        """Take all texts away."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_text")

    def add_trigrams(self, rows: Sequence[tuple[str, str, int]]) -> None:
        """Add rows of word, trigram and length."""
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO search_trigram (word_id, trigram, length) VALUES (%s, %s, %s)", rows
            )

    def source(self, groups: Sequence[Group], *, only_title: bool = False) -> tuple[str, str, list[Any]]:
        """Return the tables, the condition and its parameters."""
        if not groups:
            return "search_entry e", "1 = 1", []
        match = " AND ".join(f"({_group(group)})" for group in groups)
        if only_title:
            match = f"{{title title_more}} : ({match})"
        tables = "search_text CROSS JOIN search_entry e ON e.id = search_text.rowid"
        return tables, "search_text MATCH %s", [match]

    def among(self, column: str, values: Collection[int]) -> tuple[str, list[Any]]:
        """Return the condition that a column has one of many values."""
        return f"{column} IN (SELECT value FROM json_each(%s))", [dumps(list(values))]  # noqa: S608  # a name of ours


def _group(group: Group) -> str:
    """Return a group in the language of FTS5; tokens hold letters and digits only."""
    if group.phrase:
        return f'{{title body}} : "{" ".join(group.phrase)}"'
    ways = [_any(group.tokens)] if group.tokens else []
    if group.prefix:
        ways.append(f'"{group.prefix}" *')
    if group.parts:
        ways.append(f"({' AND '.join(f'({_any(part)})' for part in group.parts)})")
    return " OR ".join(ways)


def _any(tokens: Tokens) -> str:
    return " OR ".join(f'"{token}"' for token in tokens)
