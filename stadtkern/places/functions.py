"""Database functions that GeoDjango lacks."""

from django.contrib.gis.db.models.functions import GeomOutputGeoFunc


class Buffer(GeomOutputGeoFunc):
    """`Buffer("shape", width)`: all within `width` of a geometry, in the units of its coordinate system."""

    arity = 2
