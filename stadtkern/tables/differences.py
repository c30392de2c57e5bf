"""What changed from one version of a table to the next."""

import re
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import duckdb

from stadtkern.tables import engine
from stadtkern.tables.model import GEOMETRY, ID, Column, TableError
from stadtkern.tables.questions import Difference, RowChange

if TYPE_CHECKING:
    from stadtkern.tables.table import Table

PATIENCE = 120.0
_KEY_NAMES = re.compile(
    r"(^|_)(id|nr|nummer|key|schluessel|kennung|kennziffer|code|kod|ags|ars|teryt|uuid|fid|gml_id|object_?id|station)($|_)"
)
_MOST_PAIRED = 6
_TRIED = 20


def difference(before: "Table", after: "Table", key: tuple[str, ...], sample: int) -> Difference:
    """Return what changed; see `Table.difference`.

    Raises
    ------
    TableError
        `no_such_column`, `key_not_unique`.
    """
    common = [one.name for one in after.columns if any(one.name == other.name for other in before.columns)]
    with engine.cursor(after.zone, patience=PATIENCE) as cursor:
        for one in key:
            if one not in common:
                raise TableError("no_such_column", column=one)
        if key and not (_is_unique(before, key, cursor) and _is_unique(after, key, cursor)):
            raise TableError("key_not_unique", key=list(key))
        found = key or _key(before, after, common, cursor)
        compare = _Compare(before, after, common, found, sample, cursor)
        return compare.by_key() if found else compare.whole()


def _key(
    before: "Table", after: "Table", common: Sequence[str], cursor: duckdb.DuckDBPyConnection
) -> tuple[str, ...]:
    """Return the column, or else two, that tell every row of both tables apart.

    Names of keys are tried first.
    """
    said = after.schema.get("primaryKey")
    if isinstance(said, list | tuple):
        wanted = tuple(str(one) for one in said)
        if (
            set(wanted) <= set(common)
            and _is_unique(before, wanted, cursor)
            and _is_unique(after, wanted, cursor)
        ):
            return wanted
    kinds = {column.name: column.kind for column in after.columns}
    possible = [one for one in common if kinds[one] in {"text", "integer", "date", "datetime"}]
    possible.sort(key=lambda one: not _KEY_NAMES.search(one))
    singles = [(one,) for one in possible if kinds[one] in {"text", "integer"}][:_TRIED]
    doubles = [*combinations(possible[:_MOST_PAIRED], 2)]
    for one in [*singles, *doubles]:
        if _is_unique(after, one, cursor) and _is_unique(before, one, cursor):
            return one
    return ()


def _is_unique(table: "Table", key: Sequence[str], cursor: duckdb.DuckDBPyConnection) -> bool:
    missing = " OR ".join(f"{engine.name(one)} IS NULL" for one in key)
    row = cursor.execute(
        f"SELECT count(*), count(DISTINCT ({engine.names(key)})), count(*) FILTER ({missing}) FROM {table.source}"  # noqa: E501, S608  (names are checked)
    ).fetchone()
    return bool(row) and row[0] == row[1] and row[2] == 0


class _Compare:
    """Compares two tables over one cursor."""

    def __init__(  # noqa: PLR0913, PLR0917  (two tables, how, and over what)
        self,
        before: "Table",
        after: "Table",
        common: list[str],
        key: tuple[str, ...],
        sample: int,
        cursor: duckdb.DuckDBPyConnection,
    ) -> None:
        self.before, self.after, self.key, self.sample, self.cursor = before, after, key, sample, cursor
        self.common = common
        old = {column.name: column for column in before.columns}
        new = {column.name: column for column in after.columns}
        self.kinds_differ = {one for one in common if old[one].kind != new[one].kind}
        self.columns: dict[str, tuple[Column, ...]] = {
            "added": tuple(new[one] for one in new if one not in old),
            "removed": tuple(old[one] for one in old if one not in new),
        }
        self.changed = tuple((old[one], new[one]) for one in common if old[one] != new[one])
        self.compared = [one for one in common if one not in key]
        self.has_geometry = before.geometry is not None and after.geometry is not None

    def _value(self, column: str, side: str) -> str:
        value = f"{side}.{engine.name(column)}"
        if column == GEOMETRY:
            return f"ST_AsWKB({value})"
        return f"CAST({value} AS VARCHAR)" if column in self.kinds_differ else value

    def _differ(self) -> list[tuple[str, str]]:
        """Return for each compared column the condition that it differs."""
        columns = [*self.compared, *([GEOMETRY] if self.has_geometry else [])]
        return [(one, f"{self._value(one, 'b')} IS DISTINCT FROM {self._value(one, 'a')}") for one in columns]

    def by_key(self) -> Difference:
        on = " AND ".join(f"{self._value(one, 'b')} = {self._value(one, 'a')}" for one in self.key)
        both = f"{self.before.source} AS b FULL JOIN {self.after.source} AS a ON {on}"
        differ = " OR ".join(condition for _, condition in self._differ()) or "false"
        is_both = f"b.{ID} IS NOT NULL AND a.{ID} IS NOT NULL"
        row = self.cursor.execute(
            f"SELECT count(*) FILTER (b.{ID} IS NULL), count(*) FILTER (a.{ID} IS NULL),"  # noqa: S608  (names are checked)
            f" count(*) FILTER ({is_both} AND ({differ})), count(*) FILTER ({is_both}) FROM {both}"
        ).fetchone()
        added, removed, changed, kept = row or (0, 0, 0, 0)
        return Difference(
            self.key, self.columns["added"], self.columns["removed"], self.changed, added, removed, changed,
            kept - changed,
            self._whole_rows(self.after, f"{both} WHERE b.{ID} IS NULL ORDER BY a.{ID}", "a") if added else
            (), self._whole_rows(self.before, f"{both} WHERE a.{ID} IS NULL ORDER BY b.{ID}", "b") if removed
            else (), self._changes(f"{both} WHERE {is_both} AND ({differ}) ORDER BY a.{ID}") if changed
            else (),
        )  # fmt: skip

    def _whole_rows(self, table: "Table", rest: str, side: str) -> tuple[dict[str, object], ...]:
        names = [column.name for column in table.columns]
        shown = ", ".join(f"{side}.{engine.name(one)}" for one in names)
        rows = self.cursor.execute(f"SELECT {shown} FROM {rest} LIMIT ?", [self.sample]).fetchall()  # noqa: S608  (names are checked)
        return tuple(dict(zip(names, row, strict=True)) for row in rows)

    def _changes(self, rest: str) -> tuple[RowChange, ...]:
        columns = [one for one, _ in self._differ()]
        parts = [f"a.{engine.name(one)}" for one in self.key]
        parts += [
            part
            for one, condition in self._differ()
            for part in (condition, self._shown(one, "b"), self._shown(one, "a"))
        ]
        rows = self.cursor.execute(f"SELECT {', '.join(parts)} FROM {rest} LIMIT ?", [self.sample]).fetchall()  # noqa: S608  (names are checked)
        changes = []
        for row in rows:
            key, cells = row[: len(self.key)], row[len(self.key) :]
            values = {
                one: (cells[3 * place + 1], cells[3 * place + 2])
                for place, one in enumerate(columns)
                if cells[3 * place]
            }
            changes.append(RowChange(tuple(key), values))
        return tuple(changes)

    @staticmethod
    def _shown(column: str, side: str) -> str:
        value = f"{side}.{engine.name(column)}"
        return f"ST_AsText({value})" if column == GEOMETRY else value

    def whole(self) -> Difference:
        """Compare rows as a whole, each as often as it is there."""
        old, new = (self._plain(table) for table in (self.before, self.after))
        added, removed = self._only(new, old), self._only(old, new)
        counts = [self._count(one) for one in (added, removed)]
        return Difference(
            (), self.columns["added"], self.columns["removed"], self.changed, counts[0], counts[1], 0,
            len(self.after) - counts[0], self._some(added), self._some(removed), (),
        )  # fmt: skip

    def _plain(self, table: "Table") -> str:
        parts = [
            f"CAST({engine.name(one)} AS VARCHAR) AS {engine.name(one)}"
            if one in self.kinds_differ
            else engine.name(one)
            for one in self.common
        ]
        if self.has_geometry:
            parts.append(f"ST_AsText({GEOMETRY}) AS {GEOMETRY}")
        return f"SELECT {', '.join(parts) or '1 AS nothing'} FROM {table.source}"  # noqa: S608  (names are checked)

    @staticmethod
    def _only(one: str, other: str) -> str:
        return f"({one}) EXCEPT ALL ({other})"

    def _count(self, statement: str) -> int:
        row = self.cursor.execute(f"SELECT count(*) FROM ({statement})").fetchone()  # noqa: S608  (names are checked)
        return int(row[0]) if row else 0

    def _some(self, statement: str) -> tuple[dict[str, object], ...]:
        cursor = self.cursor.execute(f"SELECT * FROM ({statement}) ORDER BY ALL LIMIT ?", [self.sample])  # noqa: S608  (names are checked)
        names = [one[0] for one in cursor.description or ()]
        return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
