"""Addresses for machines, without a language."""

from django.urls import path

from stadtkern.ingest import views

urlpatterns = [path("hooks/<slug:slug>/", views.hook, name="hook")]
