"""Layers of the town's map; subjects add theirs when the program starts.

A layer is a function that returns GeoJSON points. Map and list show these properties of a feature: `name`,
`text` (the value in words), `time` (ISO 8601), `url` (its page), `kind` (the shape of the marker: `water`,
`weather`, `air`, `traffic`, `energy`, `nature`, `other`) and `state` (`""`, `info`, `success`, `warning`,
`danger`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stadtkern.base.errors import NotFound
from stadtkern.contracts.option import Label

Features = Callable[[], Mapping[str, Any]]
"""Returns a FeatureCollection in the active language."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A named layer."""

    slug: str
    title: Label
    features: Features


_layers: dict[str, Layer] = {}


def register(slug: str, title: Label, features: Features) -> None:
    """Add a layer to the map."""
    if slug in _layers and _layers[slug].features is not features:
        raise ValueError(f"there is already a map layer called {slug!r}")
    _layers[slug] = Layer(slug, title, features)


def all_layers() -> list[Layer]:
    """Return the layers in the order they were added."""
    return list(_layers.values())


def get_layer(slug: str) -> Layer:
    """Return one layer.

    Raises
    ------
    NotFound
        if there is none of that name.
    """
    try:
        return _layers[slug]
    except KeyError:
        raise NotFound(f"There is no map layer {slug!r}.") from None
