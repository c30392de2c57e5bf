"""Addresses below `data/`."""

from django.urls import path

from stadtkern.catalogue.views import datasets, docs, sql, tables

_TABLE = "<slug:slug>/tables/<slug:table>"

urlpatterns = [
    path("", datasets.index, name="datasets"),
    path("sql/", sql.page, name="data-sql"),
    path("interface/", docs.page, name="api-docs"),
    path("<slug:slug>/", datasets.dataset, name="dataset"),
    path("<slug:slug>/versions/", datasets.versions, name="versions"),
    path("<slug:slug>/versions/<int:number>/", datasets.version, name="version"),
    path(f"{_TABLE}/", tables.table, name="table"),
    path(f"{_TABLE}/embed/", tables.embed, name="table-embed"),
    path(f"{_TABLE}/views/", tables.keep, name="table-views"),
    path(f"{_TABLE}/places.geojson", tables.places_json, name="table-places"),
    path(f"{_TABLE}/chart.<slug:suffix>", tables.picture, name="table-picture"),
    path(f"{_TABLE}/versions/<int:number>/", datasets.version, name="table-version"),
    path(f"{_TABLE}/versions/<int:number>/file", datasets.version_file, name="version-file"),
]
