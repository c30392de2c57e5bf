"""Addresses below a language."""

from django.urls import path

from stadtkern.dashboards import views

urlpatterns = [
    path("tiles/<int:page>/<str:block_id>/", views.tile, name="tile"),
    path("tiles/<int:page>/<str:block_id>/places.geojson", views.places, name="tile-places"),
    path("embed/<int:page>/<str:block_id>/", views.embed, name="tile-embed"),
    path("kiosk/", views.kiosk, name="kiosk"),
    path("kiosk/<int:page>/", views.kiosk, name="kiosk-page"),
]
