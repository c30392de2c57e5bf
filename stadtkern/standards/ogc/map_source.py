"""The collections of features as layers of the town's map."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse

from stadtkern.features import collections
from stadtkern.features.collections import About
from stadtkern.governance.licences import licence
from stadtkern.web.map_layers import MapLayer

MOST = 200
"""Collections in the tree; the others are found by the search."""
GRID = "WebMercatorQuad"
LIVE = "live"
"""The collection of all newest values, which the map shows anyway; those of one kind begin with it."""
PLACES = frozenset({"areas", "addresses"})
"""Collections that tell of the town itself, not of a dataset."""


def layers(request: HttpRequest) -> Iterator[MapLayer]:
    """Yield the collections that the reader may read."""
    names = [name for name in collections.names(request) if name != LIVE]
    found = collections.several(names[:MOST], request)
    for collection in found.values():
        yield _layer(collection.about())


def _layer(about: About) -> MapLayer:
    listing = reverse("ogc-collection", args=[about.name])
    is_live = about.name.startswith(f"{LIVE}-")
    facts = licence(about.licence) if about.licence else None
    return MapLayer(
        slug=about.name,
        title=about.title,
        group="live" if is_live else "places" if about.name in PLACES else "data",
        kind="items" if is_live else "vector",
        url=reverse("ogc-tileset", args=[about.name, GRID]) + "/{z}/{y}/{x}",
        source_layer=about.name,
        items=reverse("ogc-items", args=[about.name]),
        page=about.page or f"{listing}/items?f=html",
        attribution=about.attribution,
        licence=facts.title if facts else "",
        bbox=about.bounds,
        times=None if is_live else _days(about),
    )


def _days(about: About) -> tuple[str, str] | None:
    start, end = about.span or (None, None)
    if start is None:
        return None
    return start.date().isoformat(), (end or start).date().isoformat()
