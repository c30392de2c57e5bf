"""Addresses of the interface."""

from django.urls import path, register_converter

from stadtkern.standards.ogc import views


class Position:
    """A row, column or zoom of a grid."""

    regex = "[0-9]{1,8}"

    def to_python(self, value: str) -> int:
        """Read it."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Write it."""
        return str(value)


register_converter(Position, "position")
ONE = "collections/<str:name>"
GRID = f"{ONE}/tiles/<str:grid>"

urlpatterns = [
    path("", views.landing, name="ogc"),
    path("conformance", views.conformance, name="ogc-conformance"),
    path("api", views.api, name="ogc-api"),
    path("collections", views.listing, name="ogc-collections"),
    path(ONE, views.collection, name="ogc-collection"),
    path(f"{ONE}/queryables", views.queryables, name="ogc-queryables"),
    path(f"{ONE}/items", views.many, name="ogc-items"),
    path(f"{ONE}/items/<path:key>", views.one, name="ogc-item"),
    path(f"{ONE}/places", views.places, name="ogc-places"),
    path("tileMatrixSets", views.schemes, name="ogc-tile-matrix-sets"),
    path("tileMatrixSets/<str:grid>", views.scheme, name="ogc-tile-matrix-set"),
    path(f"{ONE}/tiles", views.tilesets, name="ogc-tilesets"),
    path(GRID, views.tileset, name="ogc-tileset"),
    path(f"{GRID}/<position:zoom>/<position:row>/<position:column>", views.tile, name="ogc-tile"),
    path("<path:path>", views.nowhere),
]
