"""Addresses of the interface."""

from django.urls import path, re_path

from stadtkern.standards.sensorthings import views

urlpatterns = [
    path("", views.resource, name="sensorthings"),
    re_path(r"^(?P<path>[\s\S]+)$", views.resource, name="sensorthings_resource"),
]
