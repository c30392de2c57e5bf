"""Addresses of the interface."""

from django.urls import path

from stadtkern.standards.sensorthings import views

urlpatterns = [
    path("", views.resource, name="sensorthings"),
    path("<path:path>", views.resource, name="sensorthings_resource"),
]
