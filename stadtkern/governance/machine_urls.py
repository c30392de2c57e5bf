"""Addresses without a language."""

from django.urls import path

from stadtkern.governance import views

urlpatterns = [path("sensors.json", views.machine, name="register-json")]
