"""Addresses below `sensors/`."""

from django.urls import path

from stadtkern.governance import views

urlpatterns = [
    path("", views.index, name="register"),
    path("profile/<slug:slug>/", views.profile, name="profile"),
]
