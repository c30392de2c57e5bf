"""Addresses below `warnings/`."""

from django.urls import path

from stadtkern.warnings import views

urlpatterns = [
    path("", views.index, name="warnings"),
    path("feed.atom", views.feed, name="warnings-feed"),
    path("push/", views.subscribe, name="warnings-push"),
    path("<int:pk>/", views.detail, name="warning"),
]
