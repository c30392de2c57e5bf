"""Addresses without a language: what the labels on devices lead to."""

from django.urls import path

from stadtkern.lorawan import views

urlpatterns = [path("device/<str:eui>/", views.label_address, name="lorawan-label-address")]
