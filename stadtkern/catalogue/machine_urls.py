"""Addresses of the catalogue for programs."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
