"""What GeoDjango asks of a backend: operators, functions, values to and fro."""

import math
import sqlite3
from collections.abc import Callable, MutableMapping
from typing import Any

import shapely
from django.contrib.gis.db.backends.spatialite.operations import SpatiaLiteOperations
from django.contrib.gis.db.backends.utils import SpatialOperator
from django.contrib.gis.db.models.functions import Distance as DistanceFunction
from django.contrib.gis.db.models.sql.conversion import DistanceField
from django.contrib.gis.geos import GEOSGeometry
from django.contrib.gis.geos.geometry import GEOSGeometryBase
from django.contrib.gis.geos.prototypes.io import wkb_r
from django.contrib.gis.measure import Distance
from shapely.geometry.base import BaseGeometry

from stadtkern.places import crs
from stadtkern.places.sqlite import geodesic
from stadtkern.places.sqlite.blobs import Bounds, bounds_of, dump
from stadtkern.places.sqlite.loose import AnyField, Clause, Connection, GisLookup, Node, Params
from stadtkern.places.sqlite.rtree import condition_for


class Adapter:
    """A geometry on its way into SQL: as EWKB, so that no digit is lost."""

    def __init__(self, geometry: GEOSGeometry) -> None:
        self.srid = geometry.srid
        self.blob = ewkb(geometry)

    def __conform__(self, protocol: object) -> bytes | None:
        return self.blob if protocol is sqlite3.PrepareProtocol else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Adapter) and self.blob == other.blob

    def __hash__(self) -> int:
        return hash(self.blob)

    def __str__(self) -> str:
        return self.blob.hex().upper()


def to_shapely(geometry: GEOSGeometry, srid: int) -> BaseGeometry:
    """Return Django's geometry as shapely's, in the coordinate system `srid`."""
    return crs.transform(shapely.from_wkb(ewkb(geometry)), srid, source=geometry.srid or srid)


def ewkb(geometry: GEOSGeometry) -> bytes:
    """Return Django's geometry as EWKB; unlike `geometry.ewkb` also for an empty point."""
    if geometry.empty:
        blob = dump(shapely.from_wkt(geometry.wkt), geometry.srid or 0)
        return blob or b""
    return bytes(geometry.ewkb)


def search_box(lookup: GisLookup) -> Bounds | None:
    """Return the box of a lookup's constant in the column's coordinates; None if it is none, or empty."""
    if not isinstance(lookup.rhs, GEOSGeometry):
        return None
    return bounds_of(to_shapely(lookup.rhs, lookup.lhs.output_field.srid))


class Function(SpatialOperator):
    """A function of two geometries that says yes or no."""

    def box(self, lookup: GisLookup, connection: Connection) -> Bounds | None:  # noqa: ARG002
        """Return the box outside of which nothing can match; None if matches may be anywhere."""
        return None

    def as_sql(
        self,
        connection: Connection,
        lookup: GisLookup,
        template_params: MutableMapping[str, Any],
        sql_params: Params,
    ) -> Clause:
        """Return the call, and before it the condition on the R*Tree where there is one."""
        sql, params = super().as_sql(connection, lookup, template_params, sql_params)
        near = condition_for(lookup.lhs, self.box(lookup, connection), connection)
        if near is None:
            return sql, tuple(params)
        return f"({near[0]} AND {sql})", (*near[1], *params)


class Meeting(Function):
    """A function that can hold only where the boxes of both geometries meet."""

    def box(self, lookup: GisLookup, connection: Connection) -> Bounds | None:  # noqa: ARG002
        """Return the box of the lookup's constant."""
        return search_box(lookup)


class Near(Function):
    """`dwithin`: in metres for a geography and for a `Distance`, else in the units of the column."""

    def as_sql(
        self,
        connection: Connection,
        lookup: GisLookup,
        template_params: MutableMapping[str, Any],
        sql_params: Params,
    ) -> Clause:
        """Return the call."""
        operator = Near(func="MetresWithin" if in_metres(lookup, connection) else "PtDistWithin")
        return super(Near, operator).as_sql(connection, lookup, template_params, sql_params)

    def box(self, lookup: GisLookup, connection: Connection) -> Bounds | None:
        """Return the box of the lookup's constant, widened by the distance."""
        return distance_box(lookup, connection, metres=in_metres(lookup, connection))


def in_metres(lookup: GisLookup, connection: Connection) -> bool:
    """Return whether the distance of a `dwithin` lookup is in metres on the ellipsoid."""
    field = lookup.lhs.output_field
    return bool(
        field.geodetic(connection) and (field.geography or isinstance(lookup.rhs_params[0], Distance))
    )


def distance_box(lookup: GisLookup, connection: Connection, *, metres: bool) -> Bounds | None:
    """Return the box that holds what lies within the distance of a lookup; None if it is not constant."""
    box = search_box(lookup)
    if box is None or hasattr(lookup.rhs_params[0], "resolve_expression"):
        return None
    (limit,) = connection.ops.get_distance(lookup.lhs.output_field, lookup.rhs_params, lookup.lookup_name)
    if metres:
        return geodesic.widen(box, float(limit))
    west, south, east, north = box
    return west - limit, south - limit, east + limit, north + limit


class DistanceInLookup(DistanceFunction):
    """A distance that is NULL if a geometry is."""

    name = "Distance"

    def as_sqlite(self, compiler: Node, connection: Connection, **extra: Node) -> tuple[str, Any]:
        """Return the call."""
        if self.geo_field.geodetic(connection):
            extra["function"] = "MetresBetween"
        sql, params = self.as_sql(compiler, connection, **extra)
        return sql, list(params)


class SpatialOperations(SpatiaLiteOperations):
    """GeoDjango's operations on SpatiaLite, carried out by our own functions."""

    Adapter = Adapter
    select = "%s"
    spatial_version = (5, 1, 0)

    gis_operators = {
        "bbcontains": Meeting(func="MbrContains"),
        "bboverlaps": Meeting(func="MbrOverlaps"),
        "contained": Meeting(func="MbrWithin"),
        "contains": Meeting(func="Contains"),
        "contains_properly": Meeting(func="ContainsProperly"),
        "coveredby": Meeting(func="CoveredBy"),
        "covers": Meeting(func="Covers"),
        "crosses": Meeting(func="Crosses"),
        "disjoint": Function(func="Disjoint"),
        "dwithin": Near(),
        "equals": Meeting(func="Equals"),
        "exact": Meeting(func="Equals"),
        "intersects": Meeting(func="Intersects"),
        "overlaps": Meeting(func="Overlaps"),
        "relate": Function(func="Relate"),
        "same_as": Meeting(func="Equals"),
        "touches": Meeting(func="Touches"),
        "within": Meeting(func="Within"),
    }

    unsupported_functions = {"AsGML", "AsKML", "AsSVG", "GeoHash", "GeometryDistance", "MemSize"}

    def geo_db_type(self, f: object) -> str:  # type: ignore[override]  # noqa: ARG002  # stubs: None
        """Return the type of a geometry column."""
        return "BLOB"

    def get_geom_placeholder(self, f: AnyField, value: Node, compiler: object) -> str:  # noqa: ARG002
        """Return the place for `value` in SQL, brought to the coordinates of field `f`."""
        srid = value.output_field.srid if hasattr(value, "as_sql") else value and value.srid
        if value is None or f.srid in {srid, -1}:
            return "%s"
        return f"Transform(%s, {f.srid})"

    def get_distance(self, f: AnyField, value: Node, lookup_type: str) -> list[float]:
        """Return the number that stands for the distance `value[0]` on field `f`."""
        if value and isinstance(value[0], Distance) and f.geodetic(self.connection):
            return [float(value[0].m)]
        return [float(number) for number in super().get_distance(f, value, lookup_type)]

    def distance_expr_for_lookup(self, lhs: Node, rhs: Node, **extra: Node) -> DistanceInLookup:
        """Return the distance that `distance_lt` and the like compare."""
        return DistanceInLookup(lhs, rhs, **extra)

    def convert_extent(self, box: str | None) -> Bounds | None:  # type: ignore[override]  # stubs: wrong
        """Return the result of our aggregate `Extent`."""
        if box is None:
            return None
        west, south, east, north = map(float, box.split())
        return west, south, east, north

    def get_db_converters(self, expression: Node) -> list[Callable[..., Any]]:
        """Return the functions that a value from the database passes; see `functions.known_or_infinite`."""
        converters: list[Callable[..., Any]] = super().get_db_converters(expression)
        if isinstance(expression.output_field, DistanceField):
            converters.append(lambda value, _expression, _connection: None if value == math.inf else value)
        return converters

    def geometry_columns(self) -> Node:
        """Say that there is no table of geometry columns."""
        raise NotImplementedError

    def spatial_ref_sys(self) -> Node:
        """Say that there is no table of coordinate systems: GDAL knows them."""
        raise NotImplementedError

    def get_geometry_converter(self, expression: Node) -> Callable[..., GEOSGeometryBase | None]:
        """Return the function that makes Django's geometry of a blob."""
        geometry_class = expression.output_field.geom_class
        read = wkb_r().read

        def convert(value: bytes | None, _expression: object, _connection: object) -> GEOSGeometryBase | None:
            return (
                None
                if value is None
                else GEOSGeometryBase(read(memoryview(value), max_geom_collections=None), geometry_class)
            )

        return convert
