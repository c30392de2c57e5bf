"""Addresses below `data/`."""

from django.urls import path

from stadtkern.catalogue.views import datasets

urlpatterns = [
    path("", datasets.index, name="datasets"),
    path("<slug:slug>/", datasets.dataset, name="dataset"),
    path("<slug:slug>/versions/", datasets.versions, name="versions"),
    path("<slug:slug>/versions/<int:number>/", datasets.version, name="version"),
    path("<slug:slug>/tables/<slug:table>/versions/<int:number>/", datasets.version, name="table-version"),
    path("<slug:slug>/tables/<slug:table>/versions/<int:number>/file", datasets.version_file, name="version-file"),
]
