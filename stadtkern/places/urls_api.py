"""Addresses of the machine interface, below `/api/v1/`."""

from django.urls import path

from stadtkern.places import views

urlpatterns = [path("addresses", views.addresses, name="api-addresses")]
