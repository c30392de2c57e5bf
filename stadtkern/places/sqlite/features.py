"""What this backend can and cannot do."""

from django.contrib.gis.db.backends.base.features import BaseSpatialFeatures
from django.db.backends.sqlite3.features import DatabaseFeatures


class SpatialFeatures(BaseSpatialFeatures, DatabaseFeatures):
    """Differences from GeoDjango's assumptions."""

    has_spatialrefsys_table = False
    supports_add_srs_entry = False
    supports_geometry_field_introspection = False
    supports_3d_storage = True
    supports_empty_geometries = True
    supports_area_geodetic = True
    empty_intersection_returns_none = False
