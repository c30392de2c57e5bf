"""Addresses of the interface; those of datasets are their lasting names and know no language."""

from django.urls import path, re_path

from stadtkern.standards.dcat import feeds, views

urlpatterns = [
    path("catalog", views.catalogue, name="catalog"),
    path("catalog.atom", feeds.NewestDatasets(), name="catalog-atom"),
    path("catalog.rss", feeds.NewestDatasetsRss(), name="catalog-rss"),
    re_path(r"^catalog\.(?P<ending>ttl|rdf|jsonld)$", views.document, name="catalog-document"),
    path("data/<slug:slug>", views.dataset, name="dataset-name"),
    re_path(
        r"^data/(?P<slug>[-a-zA-Z0-9_]+)\.(?P<ending>ttl|rdf|jsonld)$",
        views.dataset_document,
        name="dataset-document",
    ),
    re_path(r"^data/(?P<rest>[-a-zA-Z0-9_/]*)$", views.page, name="dataset-page"),
]
