"""Addresses without a language."""

from django.urls import path

from stadtkern.warnings import views

urlpatterns = [path("push-worker.js", views.worker, name="push-worker")]
