"""Addresses of the files."""

from django.urls import path

from stadtkern.standards.masterportal import views

urlpatterns = [
    path("config.js", views.config_js, name="masterportal"),
    path("config.json", views.config_json),
    path("services.json", views.services),
    path("rest-services.json", views.rest_services),
    path("style_v3.json", views.style_v3),
    path("tiles/<str:name>.json", views.tile_style),
]
