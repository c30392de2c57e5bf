"""Pages below a language."""

from django.urls import path

from stadtkern.web import barriers, feeds, map_views

urlpatterns = [
    path("accessibility/report/", barriers.report, name="report-barrier"),
    path("accessibility/reported/", barriers.reported, name="barrier-reported"),
    path("feed/", feeds.NewestPages(), name="feed"),
    path("map/", map_views.map_page, name="map"),
    path("map/qr.svg", map_views.map_qr, name="map-qr"),
    path("map/places.geojson", map_views.map_data, name="map-data"),
]
