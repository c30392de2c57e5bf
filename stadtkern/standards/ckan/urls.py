"""Addresses of the interface: with and without the number of its version."""

from django.urls import path, re_path

from stadtkern.standards.ckan import views

urlpatterns = [
    path("3", views.version, name="ckan-version"),
    path("3/", views.version),
    re_path(r"^(?:3/)?action/(?P<name>[a-z0-9_]{1,60})/?$", views.action, name="ckan-action"),
]
