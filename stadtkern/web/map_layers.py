"""Layers of the town's map; subjects add theirs when the program starts.

A layer with places of its own is a function that returns GeoJSON points. Map and list show these properties
of a feature: `name`, `text` (the value in words), `time` (ISO 8601), `url` (its page), `kind` (the shape of
the marker: `water`, `weather`, `air`, `traffic`, `energy`, `nature`, `other`) and `state` (`""`, `info`,
`success`, `warning`, `danger`).

Whoever has many layers, or other ones for other readers, adds a source.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.http import HttpRequest
from django.utils.translation import pgettext_lazy

from stadtkern.base.errors import NotFound
from stadtkern.contracts.option import Label

Features: TypeAlias = Callable[[], Mapping[str, Any]]
"""Returns a FeatureCollection in the active language."""
BBox: TypeAlias = tuple[float, float, float, float]

GROUPS: Mapping[str, Label] = {
    "live": pgettext_lazy("group of map layers", "Live"),
    "places": pgettext_lazy("group of map layers", "Places"),
    "data": pgettext_lazy("group of map layers", "Open data"),
    "external": pgettext_lazy("group of map layers", "Maps of others"),
}
"""The groups of the tree of layers, in order."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A named layer of places that is drawn from the start."""

    slug: str
    title: Label
    features: Features


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLayer:
    """A layer of the tree that a reader may switch on."""

    slug: str
    title: str
    group: str
    kind: str
    """`live` (places of the list), `items` (GeoJSON, asked for again), `vector` or `picture` (tiles)."""
    url: str
    """Address of the GeoJSON, or of tiles with `{z}`, `{x}`, `{y}`."""
    source_layer: str = ""
    """Name of the layer in vector tiles."""
    items: str = ""
    """Address of the features as GeoJSON, for their time and for lists; empty: there are none."""
    page: str = ""
    """Page about it, with its features as a list."""
    legend: str = ""
    """Address of a picture that explains it; empty: marks explain themselves."""
    attribution: str = ""
    licence: str = ""
    bbox: BBox | None = None
    times: tuple[str, str] | None = None
    """First and last day (ISO 8601), if features have a time."""
    is_on: bool = False
    features: Features | None = None
    """Returns points for the list; None: the list is on its page."""


Source: TypeAlias = Callable[[HttpRequest], Iterable[MapLayer]]
"""Yields the layers that whoever asks may see."""

_layers: dict[str, Layer] = {}
_sources: dict[str, Source] = {}


def register(slug: str, title: Label, features: Features) -> None:
    """Add a layer of places to the map."""
    if slug in _layers and _layers[slug].features is not features:
        raise ValueError(f"there is already a map layer called {slug!r}")
    _layers[slug] = Layer(slug, title, features)


def add_source(name: str, source: Source) -> None:
    """Add layers that depend on what there is and on who asks."""
    if _sources.setdefault(name, source) is not source:
        raise ValueError(f"there is already a source of map layers called {name!r}")


def all_layers() -> list[Layer]:
    """Return the layers of places in the order they were added."""
    return list(_layers.values())


def get_layer(slug: str) -> Layer:
    """Return one layer of places.

    Raises
    ------
    NotFound
        if there is none of that name.
    """
    try:
        return _layers[slug]
    except KeyError:
        raise NotFound(f"There is no map layer {slug!r}.") from None


def from_sources(request: HttpRequest) -> Iterator[MapLayer]:
    """Yield the layers of all sources."""
    for source in _sources.values():
        yield from source(request)


def grouped(layers: Sequence[MapLayer]) -> list[tuple[Label, list[MapLayer]]]:
    """Return the tree: groups with their layers, without empty groups."""
    groups = ((title, [one for one in layers if one.group == slug]) for slug, title in GROUPS.items())
    return [(title, found) for title, found in groups if found]
