"""Addresses without a language."""

from django.urls import path

from stadtkern.dashboards import views

urlpatterns = [
    path("events", views.events, name="events"),
    path("changes", views.changes, name="changes"),
]
