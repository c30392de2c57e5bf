"""Full text by PostgreSQL's `tsvector`; needs no extension and no rights beyond those on the own tables."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any

from django.db import connection

from stadtkern.search.backends.texts import IndexedText
from stadtkern.search.expressions import Group, Tokens

# Vectors stand outside the rows: counting and sorting then read narrow rows only.
CREATE = """
ALTER TABLE search_entry ADD COLUMN all_words tsvector, ADD COLUMN title_words tsvector;
ALTER TABLE search_entry ALTER COLUMN all_words SET STORAGE EXTERNAL;
ALTER TABLE search_entry ALTER COLUMN title_words SET STORAGE EXTERNAL;
ALTER TABLE search_entry SET (toast_tuple_target = 128);
CREATE INDEX search_entry_all_words ON search_entry USING gin (all_words);
CREATE INDEX search_entry_title_words ON search_entry USING gin (title_words)"""
DROP = ("ALTER TABLE search_entry DROP COLUMN all_words, DROP COLUMN title_words",)
LOCK = 0x5EA2C4
"""Number of the lock that only writers of the index take."""
LAST_POSITION = 16_383
"""PostgreSQL counts words so far."""
MOST_POSITIONS = 255
"""PostgreSQL keeps so many positions of one word."""


class PostgresqlBackend:
    """See `Backend`."""

    def lock(self) -> None:
        """Wait until no other transaction writes the index."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])

    def write(self, texts: Iterable[tuple[int, IndexedText]]) -> None:
        """Replace the text of these entries."""
        rows = [
            (entry, _vector(text.title, text.body, text.title_more | text.body_more),
             _vector(text.title, [], text.title_more))
            for entry, text in texts
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE search_entry SET all_words = n.a::tsvector, title_words = n.t::tsvector"
                " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS n(id, a, t)"
                " WHERE search_entry.id = n.id",
                [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], []],
            )

    def remove(self, entries: Collection[int]) -> None:
        """Do nothing: the text goes with the entry."""

    def clear(self) -> None:
        """Do nothing: the text goes with the entries."""

    def add_trigrams(self, rows: Sequence[tuple[str, str, int]]) -> None:
        """Add rows of word, trigram and length."""
        if rows:
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO search_trigram (word_id, trigram, length)"
                    " SELECT * FROM unnest(%s::text[], %s::text[], %s::smallint[])",
                    [list(column) for column in zip(*rows, strict=True)],
                )

    def source(self, groups: Sequence[Group], *, only_title: bool = False) -> tuple[str, str, list[Any]]:
        """Return the tables, the condition and its parameters."""
        if not groups:
            return "search_entry e", "TRUE", []
        match = " & ".join(f"({_group(group)})" for group in groups)
        column = "title_words" if only_title else "all_words"
        return "search_entry e", f"e.{column} @@ %s::tsquery", [match]

    def among(self, column: str, values: Collection[int]) -> tuple[str, list[Any]]:
        """Return the condition that a column has one of many values."""
        return f"{column} = ANY(%s)", [list(values)]


def _vector(title: Sequence[str], body: Sequence[str], more: Collection[str]) -> str:
    """Return a `tsvector` as text; no phrase goes from the title over into the body."""
    places: dict[str, list[int]] = defaultdict(list)
    for number, word in enumerate(islice(title, LAST_POSITION), 1):
        places[word].append(number)
    first = min(len(title), LAST_POSITION) + 2
    for number, word in enumerate(islice(body, max(0, LAST_POSITION - first)), first):
        places[word].append(number)
    placed = (f"{word}:{','.join(map(str, numbers[:MOST_POSITIONS]))}" for word, numbers in places.items())
    return " ".join([*placed, *(word for word in more if word not in places), *_beyond(body, first, places)])


def _beyond(body: Sequence[str], first: int, places: Collection[str]) -> set[str]:
    """Return the words behind the last position, which are found without their place."""
    return set(body[max(0, LAST_POSITION - first) :]) - set(places)


def _group(group: Group) -> str:
    """Return a group in the language of `tsquery`; tokens hold letters and digits only."""
    if group.phrase:
        return " <-> ".join(f"'{word}'" for word in group.phrase)
    ways = [_any(group.tokens)] if group.tokens else []
    if group.prefix:
        ways.append(f"'{group.prefix}':*")
    if group.parts:
        ways.append(f"({' & '.join(f'({_any(part)})' for part in group.parts)})")
    return " | ".join(ways)


def _any(tokens: Tokens) -> str:
    return " | ".join(f"'{token}'" for token in tokens)
