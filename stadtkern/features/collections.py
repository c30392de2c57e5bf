"""The collections of features of the town; subjects add theirs when the program starts.

A source knows collections; a collection says what it is and answers questions. Readers see only what they may
read: each source decides that from the request (`None`: everybody).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from stadtkern.base.errors import NotFound
from stadtkern.features.boxes import Bounds, Span
from stadtkern.features.facts import Kind

GEOMETRY, TIME = "geometry", "time"
"""Names under which every collection can be asked for place and time."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the features and the expression that reads it in the database."""

    kind: Kind
    title: str
    expression: Any
    """Of Django; gives text for `boolean` ("true", "false") and for dates (ISO 8601)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a collection is."""

    name: str
    title: str
    description: str
    bounds: Bounds | None = None
    span: tuple[datetime | None, datetime | None] | None = None
    geometries: Sequence[str] = ()
    """Kinds of geometry in the words of GeoJSON; empty: not known."""
    count: int | None = None
    """Number of features if it is known without counting."""
    licence: str = ""
    """Code or address, as `governance.licences` knows it."""
    attribution: str = ""
    page: str = ""
    """Address of the page about it."""
    revision: str = ""
    """Another one when the features are others; empty: they change all the time."""
    is_public: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which features are asked for; all conditions have to hold."""

    box: Bounds | None = None
    shape: GEOSGeometry | None = None
    """What was asked for, where that is no box in degrees; `box` is the box around it."""
    span: Span | None = None
    condition: Q | Any = None  # a condition of Django
    limit: int = 10
    after: int = 0
    """The place in the order after which to go on."""


@dataclass(frozen=True, slots=True)
class Row:
    """One feature as it is sent."""

    place: int
    """Its place in the order of the collection."""
    key: str | int
    text: str
    """Geometry as GeoJSON, longitude and latitude; `null` if it has none."""
    properties: str
    """JSON object."""
    geometry: bytes | None = None
    """(E)WKB in EPSG:4326, if asked for."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some features in order; `after` leads on, None at the end."""

    rows: Sequence[Row]
    after: int | None
    matched: int | None = None
    """How many there are in all, if that is known exactly."""


class Collection(Protocol):
    """Features that can be asked for."""

    def about(self) -> About:
        """Say what it is, in the active language."""

    def properties(self) -> Mapping[str, Property]:
        """Return what can be asked for beside place and time."""

    def page(self, wanted: Wanted, *, shapes: bool = False) -> Page:
        """Return the features asked for; with `shapes` also as WKB."""

    def row(self, key: str, *, shapes: bool = False) -> Row | None:
        """Return one feature."""

    def drawn(self, box: Bounds, zoom: int, most: int) -> Sequence[Row]:
        """Return at most `most` features for a tile at this zoom, as WKB."""

    def about_how_many(self, box: Bounds) -> int | None:
        """Estimate how many features meet a box, without asking for them; None: nobody knows."""

    def rows_of(self) -> "QuerySet[Model]":
        """Return the rows whose fields are named by `geometry_path` and `time_paths`."""

    geometry_path: str
    time_paths: tuple[str, str] | None


class Source(Protocol):
    """Whoever knows collections."""

    def names(self, request: HttpRequest | None) -> Iterator[str]:
        """Yield the names of all collections the reader may read."""

    def get(self, names: Sequence[str], request: HttpRequest | None) -> Mapping[str, Collection]:
        """Return those of `names` that exist and the reader may read."""


@dataclass(slots=True)
class Fixed:
    """A source of collections that are written in code and everybody may read."""

    collections: dict[str, Collection] = field(default_factory=dict)

    def names(self, request: HttpRequest | None) -> Iterator[str]:  # noqa: ARG002  # all may read them
        """Yield all names."""
        yield from self.collections

    def get(
        self,
        names: Sequence[str],
        request: HttpRequest | None,  # noqa: ARG002  # all may read them
    ) -> Mapping[str, Collection]:
        """Return the known ones."""
        return {name: self.collections[name] for name in names if name in self.collections}


_sources: dict[str, Source] = {}
_fixed = Fixed()
_sources["code"] = _fixed


def register(name: str, collection: Collection) -> None:
    """Add one collection that everybody may read."""
    if _fixed.collections.setdefault(name, collection) is not collection:
        raise ValueError(f"There is already a collection called {name!r}.")


def register_source(name: str, source: Source) -> None:
    """Add a source of collections."""
    if _sources.setdefault(name, source) is not source:
        raise ValueError(f"There is already a source of collections called {name!r}.")


def names(request: HttpRequest | None = None) -> list[str]:
    """Return the names of all collections the reader may read, in order."""
    return sorted({name for source in _sources.values() for name in source.names(request)})


def several(wanted: Sequence[str], request: HttpRequest | None = None) -> dict[str, Collection]:
    """Return the collections called so, as far as the reader may read them, in the given order."""
    found: dict[str, Collection] = {}
    for source in _sources.values():
        found |= source.get(wanted, request)
    return {name: found[name] for name in wanted if name in found}


def get(name: str, request: HttpRequest | None = None) -> Collection:
    """Return one collection.

    Raises
    ------
    NotFound
        if there is none of that name, or the reader may not know of it.
    """
    if found := several([name], request).get(name):
        return found
    raise NotFound(f"There is no collection {name[:200]!r}.")
