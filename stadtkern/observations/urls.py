"""Addresses below `sensors/`."""

from django.urls import path

from stadtkern.observations import archive_views, group_views, thing_views, views

urlpatterns = [
    path("groups/<slug:profile>/<str:slug>/", group_views.group, name="group"),
    path("groups/<slug:profile>/<str:slug>/data.csv", group_views.group_csv, name="group-csv"),
    path("groups/<slug:profile>/<str:slug>/series.json", group_views.group_json, name="group-series"),
    path("interface/", views.interface, name="interface"),
    path("things/", thing_views.index, name="things"),
    path("things/map.geojson", thing_views.index_map, name="things-map"),
    path("things/<int:pk>/", thing_views.thing, name="thing"),
    path("things/<int:pk>/map.geojson", thing_views.thing_map, name="thing-map"),
    path("things/<int:pk>/label/", thing_views.label, name="thing-label"),
    path("streams/", views.index, name="streams"),
    path("streams/<int:pk>/", views.stream, name="stream"),
    path("streams/<int:pk>/series.json", views.series_json, name="stream-series"),
    path("streams/<int:pk>/data.csv", views.data_csv, name="stream-csv"),
    path("streams/<int:pk>/archive/", archive_views.months, name="stream-archive"),
    path(
        "streams/<int:pk>/archive/<int:year>-<int:month>.parquet", archive_views.month, name="archive-month"
    ),
]
