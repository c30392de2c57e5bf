"""One R*Tree per geometry column: its tables and triggers, and the condition that makes a query use it.

The entries of the tree are numbered. Where the primary key is a whole number it is that number; any other key
(a slug, a UUID) gets its number in a small table beside the tree, because SQLite may renumber the rows of
such tables when it compacts the file.
"""

import math
from dataclasses import dataclass

from django.contrib.gis.db.models import GeometryField
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CompositePrimaryKey, Model
from django.db.models.expressions import Col

from stadtkern.places.sqlite.blobs import Bounds

SUFFIX = "__rtree"
SHADOWS = ("", "_key", "_node", "_parent", "_rowid")
"""What SQLite and we append to the name of a tree for the tables it consists of."""


def is_part_of_tree(table: str) -> bool:
    """Return whether `table` is an R*Tree or one of the tables behind it."""
    return any(table.endswith(SUFFIX + shadow) for shadow in SHADOWS)


def quoted(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class SpatialIndex:
    """The R*Tree of one geometry column.

    Parameters
    ----------
    table, column
        what is indexed.
    key
        column of the primary key.
    numbered
        whether the primary key is a whole number.
    """

    table: str
    column: str
    key: str
    numbered: bool

    @property
    def name(self) -> str:
        """The R*Tree's table."""
        return f"{self.table}__{self.column}{SUFFIX}"

    def create(self) -> list[str]:
        """Return the statements that build the tree of what the table holds, and keep it from then on."""
        tree, table = quoted(self.name), quoted(self.table)
        column, key = quoted(self.column), quoted(self.key)

        def trigger(name: str, event: str, action: str) -> str:
            return f"CREATE TRIGGER {quoted(f'{self.name}_{name}')} AFTER {event} ON {table} {action}"

        forget = self._forget()
        add = self._add()
        keys = (
            []
            if self.numbered
            else [f"CREATE TABLE {self._keys} (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE)"]
        )
        return [
            f"CREATE VIRTUAL TABLE {tree} USING rtree(id, xmin, xmax, ymin, ymax)",
            *keys,
            *self._fill(),
            trigger("insert", "INSERT", f"WHEN MbrMinX(new.{column}) IS NOT NULL BEGIN {add} END"),
            trigger("update", f"UPDATE OF {column}, {key}", f"BEGIN {forget} {add} END"),
            trigger("delete", "DELETE", f"BEGIN {forget} END"),
        ]

    def drop(self) -> list[str]:
        """Return the statements that take the tree away, if it is there."""
        return [
            *(
                f"DROP TRIGGER IF EXISTS {quoted(f'{self.name}_{event}')}"
                for event in ("insert", "update", "delete")
            ),
            f"DROP TABLE IF EXISTS {quoted(self.name)}",
            f"DROP TABLE IF EXISTS {self._keys}",
        ]

    def condition(self, alias: str, box: Bounds) -> tuple[str, list[float]]:
        """Return SQL that holds for all rows of `alias` whose box meets `box`, and its parameters."""
        west, south, east, north = box
        limits = {"xmin <= %s": east, "xmax >= %s": west, "ymin <= %s": north, "ymax >= %s": south}
        limits = {test: value for test, value in limits.items() if math.isfinite(value)}
        where = " AND ".join(limits) or "1"
        tree = quoted(self.name)
        rows = (
            f"SELECT id FROM {tree} WHERE {where}"  # noqa: S608  # quoted names only
            if self.numbered
            else f"SELECT key FROM {self._keys} WHERE id IN (SELECT id FROM {tree} WHERE {where})"  # noqa: S608  # quoted names only
        )
        return f"{quoted(alias)}.{quoted(self.key)} IN ({rows})", list(limits.values())

    @property
    def _keys(self) -> str:
        return quoted(self.name + "_key")

    def _edges(self, row: str) -> str:
        geometry = f"{row}.{quoted(self.column)}"
        return ", ".join(f"Mbr{edge}({geometry})" for edge in ("MinX", "MaxX", "MinY", "MaxY"))

    def _forget(self) -> str:
        tree, key = quoted(self.name), f"old.{quoted(self.key)}"
        if self.numbered:
            return f"DELETE FROM {tree} WHERE id = {key};"  # noqa: S608  # quoted names only
        return (
            f"DELETE FROM {tree} WHERE id IN (SELECT id FROM {self._keys} WHERE key = {key}); "  # noqa: S608  # quoted names only
            f"DELETE FROM {self._keys} WHERE key = {key};"
        )

    def _add(self) -> str:
        tree, key, column = quoted(self.name), f"new.{quoted(self.key)}", f"new.{quoted(self.column)}"
        if self.numbered:
            return (
                f"INSERT OR REPLACE INTO {tree} "
                f"SELECT {key}, {self._edges('new')} WHERE MbrMinX({column}) IS NOT NULL;"
            )
        return (
            f"INSERT OR IGNORE INTO {self._keys} (key) SELECT {key} WHERE MbrMinX({column}) IS NOT NULL; "  # noqa: S608  # quoted names only
            f"INSERT OR REPLACE INTO {tree} SELECT id, {self._edges('new')} FROM {self._keys} "
            f"WHERE key = {key} AND MbrMinX({column}) IS NOT NULL;"
        )

    def _fill(self) -> list[str]:
        tree, table, key = quoted(self.name), quoted(self.table), quoted(self.key)
        filled = f"MbrMinX(row.{quoted(self.column)}) IS NOT NULL"
        if self.numbered:
            rows = f"SELECT row.{key}, {self._edges('row')} FROM {table} row WHERE {filled}"  # noqa: S608  # quoted names only
            return [f"INSERT INTO {tree} {rows}"]
        return [
            f"INSERT INTO {self._keys} (key) SELECT row.{key} FROM {table} row WHERE {filled}",  # noqa: S608  # quoted names only
            (
                f"INSERT INTO {tree} SELECT keys.id, {self._edges('row')} "  # noqa: S608  # quoted names only
                f"FROM {table} row JOIN {self._keys} keys ON keys.key = row.{key}"
            ),
        ]


def spatial_index(model: type[Model], field: object, connection: BaseDatabaseWrapper) -> SpatialIndex | None:
    """Return the tree of `field`; None if it is no geometry, wants none, or has a key of several columns."""
    meta = model._meta  # noqa: SLF001
    if not (isinstance(field, GeometryField) and field.spatial_index and meta.managed and not meta.proxy):
        return None
    if meta.pk is None or isinstance(meta.pk, CompositePrimaryKey):
        return None
    kind = (meta.pk.db_type(connection) or "").lower()
    return SpatialIndex(meta.db_table, str(field.column), str(meta.pk.column), numbered="int" in kind)


def condition_for(
    lhs: object, box: Bounds | None, connection: BaseDatabaseWrapper
) -> tuple[str, list[float]] | None:
    """Return the condition by which a lookup on the column `lhs` uses its tree; None if that cannot help."""
    if box is None or not isinstance(lhs, Col) or not lhs.alias:
        return None  # no alias: a CHECK constraint, where SQLite allows no subquery
    index = spatial_index(lhs.target.model, lhs.target, connection)
    return index.condition(lhs.alias, box) if index else None
