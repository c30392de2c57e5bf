"""Lookups that mean the same, and use the spatial index, on both databases.

`point__dwithin=(other, D(m=500))` works on longitude and latitude: GeoDjango refuses that, or wants degrees.
"""

from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.lookups import DistanceLTELookup, DistanceLTLookup, DWithinLookup
from django.contrib.gis.measure import Distance
from django.db.models import CharField, Lookup

from stadtkern.places.sqlite import geodesic
from stadtkern.places.sqlite.loose import Connection, Params
from stadtkern.places.sqlite.operations import distance_box, search_box
from stadtkern.places.sqlite.rtree import condition_for


class DWithin(DWithinLookup):
    """Rows at most so far away; a `Distance` on longitude and latitude is metres on the ellipsoid."""

    rhs_params: Params

    def as_postgresql(self, compiler: Connection, connection: Connection) -> tuple[str, Any]:
        """Compare as geography where a geometry of degrees meets a distance in metres."""
        field, limit = self.lhs.output_field, self.rhs_params[0]
        if field.geography or not isinstance(limit, Distance) or not field.geodetic(connection):
            return super().as_sql(compiler, connection)
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = super(DWithinLookup, self).process_rhs(compiler, connection)
        sql = f"ST_DWithin({lhs}::geography, {rhs}::geography, %s)"
        params: Params = [*lhs_params, *rhs_params, float(limit.m)]
        box = search_box(self)
        if box is None:
            return sql, params
        west, south, east, north = (
            max(-1e9, min(edge, 1e9)) for edge in geodesic.widen(box, float(limit.m))
        )  # the index is one of plain geometries: no infinity there
        envelope = f"{lhs} && ST_MakeEnvelope(%s, %s, %s, %s, {field.srid})"
        return f"({envelope} AND {sql})", [*lhs_params, west, south, east, north, *params]


class _Nearer:
    """Puts the condition on the R*Tree before a comparison of distances."""

    def as_sqlite(self, compiler: Connection, connection: Connection) -> tuple[str, Any]:
        """Return the comparison."""
        sql, params = self.as_sql(compiler, connection)  # type: ignore[attr-defined]  # of the lookup
        lhs = self.lhs  # type: ignore[attr-defined]  # of the lookup
        metres = lhs.output_field.geodetic(connection)
        near = condition_for(lhs, distance_box(self, connection, metres=metres), connection)
        return (sql, list(params)) if near is None else (f"({near[0]} AND {sql})", [*near[1], *params])


class DistanceLT(_Nearer, DistanceLTLookup):
    """Rows nearer than a distance."""


class DistanceLTE(_Nearer, DistanceLTELookup):
    """Rows at most so far away."""


class HasPrefix(Lookup):
    """Text that begins with a prefix of small letters and digits; an index serves it on both databases."""

    lookup_name = "has_prefix"

    def as_sql(self, compiler: Connection, connection: Connection) -> tuple[str, Any]:
        """Return a LIKE, for which PostgreSQL uses an index of pattern operators."""
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} LIKE %s", [*params, connection.ops.prep_for_like_query(self.rhs) + "%"]

    def as_sqlite(self, compiler: Connection, connection: Connection) -> tuple[str, Any]:
        """Return a range: SQLite uses no index for a LIKE that ignores case."""
        lhs, params = self.process_lhs(compiler, connection)
        prefix = str(self.rhs)
        beyond = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        return f"({lhs} >= %s AND {lhs} < %s)", [*params, prefix, *params, beyond]


def register() -> None:
    """Make these the lookups of all geometry fields."""
    for lookup in (DWithin, DistanceLT, DistanceLTE):
        GeometryField.register_lookup(lookup)
    CharField.register_lookup(HasPrefix)
