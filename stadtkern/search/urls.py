"""Pages below a language."""

from django.urls import path

from stadtkern.search import feeds, views

urlpatterns = [
    path("", views.search_page, name="search"),
    path("suggest.json", views.suggestions, name="search-suggest"),
    path("places.json", views.places, name="search-places"),
    path("feed/", feeds.SearchFeed(), name="search-feed"),
]
