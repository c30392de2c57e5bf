"""Addresses below `sensors/`."""

from django.urls import path

from stadtkern.lorawan import views

urlpatterns = [
    path("coverage/", views.coverage, name="lorawan-coverage"),
    path("coverage.geojson", views.coverage_json, name="lorawan-coverage-json"),
]
