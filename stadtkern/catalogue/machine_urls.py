"""Addresses of the catalogue for programs, below `/api/v1/`."""

from django.urls import path

from stadtkern.catalogue.views import api, docs, sql

_TABLE = "datasets/<slug:slug>/tables/<slug:table>"

urlpatterns = [
    path("api/v1/docs", docs.lead, name="api-docs-lead"),
    path("api/v1/openapi.json", docs.openapi, name="api-openapi"),
    path("api/v1/sql", sql.sql, name="api-sql"),
    path("api/v1/datasets/", api.datasets, name="api-datasets"),
    path("api/v1/datasets/<slug:slug>", api.dataset, name="api-dataset"),
    path("api/v1/datasets/<slug:slug>/rows", api.rows, name="api-rows"),
    path("api/v1/datasets/<slug:slug>/rows.<slug:suffix>", api.rows, name="api-file"),
    path("api/v1/datasets/<slug:slug>/schema", api.schema, name="api-schema"),
    path("api/v1/datasets/<slug:slug>/profile", api.profile, name="api-profile"),
    path("api/v1/datasets/<slug:slug>/aggregate", api.aggregate, name="api-aggregate"),
    path(f"api/v1/{_TABLE}", api.table, name="api-table"),
    path(f"api/v1/{_TABLE}/rows", api.rows, name="api-table-rows"),
    path(f"api/v1/{_TABLE}/rows.<slug:suffix>", api.rows, name="api-table-file"),
    path(f"api/v1/{_TABLE}/schema", api.schema, name="api-table-schema"),
    path(f"api/v1/{_TABLE}/profile", api.profile, name="api-table-profile"),
    path(f"api/v1/{_TABLE}/aggregate", api.aggregate, name="api-table-aggregate"),
]
