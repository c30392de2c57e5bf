"""Addresses below `sensors/`."""

from django.urls import path

from stadtkern.observations import views

urlpatterns = [
    path("streams/", views.index, name="streams"),
    path("streams/<int:pk>/", views.stream, name="stream"),
    path("streams/<int:pk>/series.json", views.series_json, name="stream-series"),
    path("streams/<int:pk>/data.csv", views.data_csv, name="stream-csv"),
]
