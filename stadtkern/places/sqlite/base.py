"""The database engine `stadtkern.places.sqlite`."""

from typing import Any

from django.db.backends.sqlite3 import base

from stadtkern.places.sqlite.features import SpatialFeatures
from stadtkern.places.sqlite.functions import register
from stadtkern.places.sqlite.introspection import SpatialIntrospection
from stadtkern.places.sqlite.operations import SpatialOperations
from stadtkern.places.sqlite.schema import SpatialSchemaEditor

GEOMETRY_FIELDS = {
    "PointField": "POINT",
    "LineStringField": "LINESTRING",
    "PolygonField": "POLYGON",
    "MultiPointField": "MULTIPOINT",
    "MultiLineStringField": "MULTILINESTRING",
    "MultiPolygonField": "MULTIPOLYGON",
    "GeometryCollectionField": "GEOMETRYCOLLECTION",
    "GeometryField": "GEOMETRY",
}


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite with geometry columns."""

    SchemaEditorClass = SpatialSchemaEditor
    features_class = SpatialFeatures
    introspection_class = SpatialIntrospection
    ops_class = SpatialOperations

    data_type_check_constraints = {
        **base.DatabaseWrapper.data_type_check_constraints,
        **{
            field: f"GeometryFits(\"%(column)s\", '{kind}', %(srid)s, %(dim)s)"
            for field, kind in GEOMETRY_FIELDS.items()
        },
    }
    """As on PostGIS a column takes only geometries of its own kind and coordinate system."""

    def get_new_connection(self, conn_params: Any) -> Any:  # noqa: ANN401
        """Return a new connection with the spatial functions."""
        connection = super().get_new_connection(conn_params)
        register(connection)
        return connection
