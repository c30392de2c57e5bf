"""Addresses without a language."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path
from wagtail.contrib.sitemaps import Sitemap

from stadtkern.web import map_views, operation, tiles_proxy, views

urlpatterns = [
    path("town.<slug:digest>.css", views.town_style, name="town-css"),
    path("arms.svg", views.arms, name="arms"),
    path("base.geojson", map_views.map_base, name="map-base"),
    path("tiles/<slug:source>/<int:z>/<int:x>/<int:y>.png", tiles_proxy.tile, name="tile"),
    path("tiles/<slug:source>/legend.png", tiles_proxy.legend, name="tile-legend"),
    path("media/<path:path>", views.media, name="media"),
    path("healthz", operation.healthz, name="healthz"),
    path("readyz", operation.readyz, name="readyz"),
    path("metrics", operation.metrics, name="metrics"),
    path("robots.txt", operation.robots_txt),
    path(".well-known/security.txt", operation.security_txt),
    path("sitemap.xml", sitemap, {"sitemaps": {"pages": Sitemap}}),
]
