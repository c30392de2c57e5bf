"""Addresses without a language."""

from django.urls import path

from stadtkern.web import views

urlpatterns = [
    path("town.<slug:digest>.css", views.town_style, name="town-css"),
    path("arms.svg", views.arms, name="arms"),
]
