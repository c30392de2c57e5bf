"""`geometry__meets_box=(west, south, east, north)`: what touches a box, by the spatial index."""

from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import Polygon
from django.db.models import Lookup

from stadtkern.features.boxes import Bounds
from stadtkern.places.sqlite.loose import Connection
from stadtkern.places.sqlite.operations import Adapter, ewkb
from stadtkern.places.sqlite.rtree import condition_for

EDGES = ("west", "south", "east", "north")


def polygon(box: Bounds) -> Polygon:
    """Return a box as a geometry of the database; one without area stays a valid polygon of no area."""
    made: Polygon = Polygon.from_bbox(box)
    made.srid = 4326
    return made


class MeetsBox(Lookup):
    """Rows whose geometry shares a point with a box.

    Where the table also holds the edges of each geometry (`west`, `south`, `east`, `north`), SQLite asks for
    the geometry itself only of those that reach over the edge of the box.
    """

    lookup_name = "meets_box"
    prepare_rhs = False

    def as_sql(self, compiler: Connection, connection: Connection) -> tuple[str, Any]:
        """Return the condition of PostGIS."""
        lhs, params = self.process_lhs(compiler, connection)
        west, south, east, north = self.rhs
        corners = ["ST_MakePoint(%s, %s)", "ST_MakePoint(%s, %s)"]
        box = "ST_MakeEnvelope(%s, %s, %s, %s, 4326)"
        if west == east or south == north:  # PostGIS finds nothing in an area that is none
            box = f"ST_SetSRID(ST_MakeLine({', '.join(corners)}), 4326)"
        if (west, south) == (east, north):
            return f"ST_Intersects({lhs}, ST_SetSRID({corners[0]}, 4326))", [*params, west, south]
        return f"ST_Intersects({lhs}, {box})", [*params, *self.rhs]

    def as_sqlite(self, compiler: Connection, connection: Connection) -> tuple[str, Any]:
        """Return the condition on the R*Tree and the exact one."""
        lhs, params = self.process_lhs(compiler, connection)
        exact, values = f"Intersects({lhs}, %s)", [*params, Adapter(polygon(self.rhs))]
        column = self.lhs
        names = {field.column for field in column.target.model._meta.local_fields}  # noqa: SLF001
        if names >= set(EDGES):
            exact, values = _by_edges(column.alias, self.rhs, exact, values)
        near = condition_for(column, self.rhs, connection)
        return (exact, values) if near is None else (f"({near[0]} AND {exact})", [*near[1], *values])


class BesideBox(MeetsBox):
    """The same without the spatial index: for a box that holds most of the rows."""

    lookup_name = "beside_box"

    def as_sqlite(self, compiler: Connection, connection: Connection) -> tuple[str, Any]:
        """Return the exact condition."""
        lhs, params = self.process_lhs(compiler, connection)
        exact, values = f"Intersects({lhs}, %s)", [*params, Adapter(polygon(self.rhs))]
        return _by_edges(self.lhs.alias, self.rhs, exact, values)


class BesideShape(Lookup):
    """Rows whose geometry shares a point with a shape; the caller has narrowed them by a box already."""

    lookup_name = "beside_shape"
    prepare_rhs = False

    def as_sql(self, compiler: Connection, connection: Connection) -> tuple[str, Any]:
        """Return the condition of PostGIS."""
        lhs, params = self.process_lhs(compiler, connection)
        return f"ST_Intersects({lhs}, ST_GeomFromEWKB(%s))", [*params, ewkb(self.rhs)]

    def as_sqlite(self, compiler: Connection, connection: Connection) -> tuple[str, Any]:
        """Return the condition of SQLite."""
        lhs, params = self.process_lhs(compiler, connection)
        return f"Intersects({lhs}, %s)", [*params, Adapter(self.rhs)]


def _by_edges(alias: str, box: Bounds, exact: str, values: list[Any]) -> tuple[str, list[Any]]:
    """Return `exact` behind comparisons of the edges, which decide nearly all rows."""
    west, south, east, north = (f'"{alias}"."{edge}"' for edge in EDGES)
    sql = (
        f"CASE WHEN {west} > %s OR {east} < %s OR {south} > %s OR {north} < %s THEN 0 "
        f"WHEN {west} >= %s AND {east} <= %s AND {south} >= %s AND {north} <= %s THEN 1 "
        f"ELSE {exact} END = 1"
    )
    return sql, [box[2], box[0], box[3], box[1], box[0], box[2], box[1], box[3], *values]


def register() -> None:
    """Offer the lookups on all geometry fields."""
    GeometryField.register_lookup(MeetsBox)
    GeometryField.register_lookup(BesideBox)
    GeometryField.register_lookup(BesideShape)
