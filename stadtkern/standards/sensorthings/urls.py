"""Addresses of the interface."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
