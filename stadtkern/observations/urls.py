"""Addresses below `sensors/`."""

from django.urls import path

from stadtkern.observations import group_views, views

urlpatterns = [
    path("groups/<slug:profile>/<str:slug>/", group_views.group, name="group"),
    path("groups/<slug:profile>/<str:slug>/data.csv", group_views.group_csv, name="group-csv"),
    path("groups/<slug:profile>/<str:slug>/series.json", group_views.group_json, name="group-series"),
    path("streams/", views.index, name="streams"),
    path("streams/<int:pk>/", views.stream, name="stream"),
    path("streams/<int:pk>/series.json", views.series_json, name="stream-series"),
    path("streams/<int:pk>/data.csv", views.data_csv, name="stream-csv"),
]
