"""Fill collections as a whole, and take them away."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import msgspec
import numpy as np
import shapely
from django.db import connection, transaction
from shapely.geometry.base import BaseGeometry

from stadtkern.features import tiles
from stadtkern.features.boxes import together
from stadtkern.features.facts import Facts, Kind, common
from stadtkern.features.models import Feature, FeatureCollection, FeatureSet
from stadtkern.features.thinning import Thinning

logger = logging.getLogger(__name__)
BATCH = 20_000
"""Features written in one transaction: other writers wait for a second or two. Each batch writes most pages
of the spatial index anew, so that small ones take much longer in all."""
DIGITS = 7
MOST_PROBLEMS = 100
UNFINISHED_FOR = timedelta(days=1)
COLUMNS = (
    "set_id", "number", "zoom", "west", "south", "east", "north", "started", "ended", "key", "properties",
    "text", "geometry",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewFeature:
    """A feature to be stored."""

    geometry: BaseGeometry | None
    """Longitude and latitude, WGS 84; None: it has no place."""
    properties: Mapping[str, Any]
    key: str = ""
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What readers are told of a collection."""

    source: str
    reference: int
    title: Mapping[str, str]
    description: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""
    attribution: str = ""
    page: str = ""
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    """Kinds of properties that are known beforehand; the values decide on the others."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Titles of properties."""
    revision: str = ""


@dataclass(slots=True)
class Loaded:
    """What came of a loading."""

    count: int = 0
    is_fresh: bool = True
    """False: the same revision was there already."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Number of the feature and why its geometry was left out, `MOST_PROBLEMS` at most."""


def replace(name: str, features: Iterable[NewFeature], *, about: Described) -> Loaded:
    """Store features under a name instead of the old ones, which readers see until all are in.

    The same `about.revision` again changes nothing. A geometry that is empty, not finite or not on the earth
    is left out with a note; its feature is kept.
    """
    collection = _described(name, about)
    current = collection.current
    if current is not None and about.revision and current.revision == about.revision:
        return Loaded(Facts.from_json(current.facts).count, is_fresh=False)
    fresh = FeatureSet.objects.create(collection=collection, revision=about.revision)
    loading = _Loading(fresh.pk, about)
    try:
        for batch in _batches(features):
            loading.write(batch)
    except BaseException:
        _delete(fresh.pk)
        raise
    fresh.facts = loading.finished().as_json()
    with transaction.atomic():
        fresh.save(update_fields=["facts"])
        FeatureCollection.objects.filter(pk=collection.pk).update(current=fresh)
    _delete_others(collection)
    return Loaded(loading.facts.count, problems=loading.problems)


def remove(source: str, reference: int) -> bool:
    """Take a collection away; return whether it was there. Readers stop seeing it at once."""
    collection = FeatureCollection.objects.filter(source=source, reference=reference).first()
    if collection is None:
        return False
    FeatureCollection.objects.filter(pk=collection.pk).update(current=None)
    _delete_others(collection)
    collection.delete()
    return True


def sweep(moment: datetime) -> int:
    """Delete loadings that were interrupted long ago; return how many features that were."""
    left = FeatureSet.objects.filter(shown_by=None, created_at__lt=moment - UNFINISHED_FOR)
    return sum(_delete(pk) for pk in left.values_list("pk", flat=True))


def _described(name: str, about: Described) -> FeatureCollection:
    facts = {
        "name": name,
        "title": dict(about.title),
        "description": dict(about.description),
        "licence": about.licence,
        "attribution": about.attribution,
        "page": about.page,
    }
    collection, _made = FeatureCollection.objects.update_or_create(
        source=about.source, reference=about.reference, defaults=facts
    )
    return collection


def _delete_others(collection: FeatureCollection) -> None:
    collection.refresh_from_db(fields=["current"])
    others = FeatureSet.objects.filter(collection=collection).exclude(pk=collection.current_id)
    for pk in others.values_list("pk", flat=True):
        _delete(pk)


def _delete(pk: int) -> int:
    """Delete a loading in steps that let others write between; return how many features it had."""
    deleted = 0
    last = Feature.objects.filter(set=pk).order_by("-number").values_list("number", flat=True).first() or 0
    for number in range(0, last + 1, BATCH):
        rows = Feature.objects.filter(set=pk, number__gt=number, number__lte=number + BATCH)
        deleted += rows._raw_delete(rows.db)  # noqa: SLF001  # nothing refers to a feature
    FeatureSet.objects.filter(pk=pk).delete()
    tiles.forget(str(pk))
    return deleted


def _batches(features: Iterable[NewFeature]) -> Iterator[list[NewFeature]]:
    remaining = iter(features)
    while batch := list(islice(remaining, BATCH)):
        yield batch


class _Loading:
    """Writes batch after batch and gathers the facts."""

    def __init__(self, pk: int, about: Described) -> None:
        self.pk, self.about = pk, about
        self.facts = Facts(titles=dict(about.titles))
        self.problems: list[tuple[int, str]] = []
        self.thinning = Thinning()
        self.kinds: dict[str, Kind | None] = {}
        self.geometries: set[int] = set()
        self.first: datetime | None = None
        self.last: datetime | None = None

    def write(self, batch: Sequence[NewFeature]) -> None:
        """Store some features."""
        shapes = self._shapes(batch)
        bounds = shapely.bounds(shapes)
        zooms = self.thinning.take(bounds).tolist()
        edges = [[None] * 4 if box[0] != box[0] else box for box in bounds.tolist()]  # NaN
        texts = _texts(shapes)
        blobs = _blobs(shapes)
        rows = []
        for number, (feature, zoom, box, text, blob) in enumerate(
            zip(batch, zooms, edges, texts, blobs, strict=True), start=self.facts.count + 1
        ):
            properties = self._properties(feature.properties)
            start, end = self._times(feature)
            rows.append((self.pk, number, zoom, *box, start, end, feature.key, properties, text, blob))
        _insert(rows)
        self._note(batch, shapes, bounds)

    def _shapes(self, batch: Sequence[NewFeature]) -> Any:  # noqa: ANN401  # an array of geometries
        """Return the geometries in two dimensions; None in place of what cannot be used."""
        shapes = np.array([feature.geometry for feature in batch], dtype=object)
        shapes = shapely.set_srid(shapely.force_2d(shapes), 4326)
        bounds = shapely.bounds(shapes)
        west, south, east, north = bounds.T
        usable = (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)  # noqa: PLR2004  # degrees
        given = ~shapely.is_missing(shapes)
        for at in np.flatnonzero(given & ~usable)[: MOST_PROBLEMS - len(self.problems)]:
            number = self.facts.count + int(at) + 1
            empty = bool(shapely.is_empty(shapes[at]))
            self.problems.append((number, "is empty" if empty else "does not lie on the earth"))
        shapes[~usable] = None
        return shapes

    def _properties(self, values: Mapping[str, Any]) -> str:
        kinds = self.kinds
        if any('"' in name for name in values):  # SQLite has no way to ask for such a name
            values = {name.replace('"', "'"): value for name, value in values.items()}
        for name, value in values.items():
            kinds[name] = common(kinds.get(name), _kind(value))
        return msgspec.json.encode(values, enc_hook=str).decode()

    def _times(self, feature: NewFeature) -> tuple[Any, Any]:
        start, end = feature.start, feature.end
        if start is None and end is None:
            return None, None
        earliest = start or datetime.min.replace(tzinfo=UTC)
        latest = end or earliest
        self.first = min(self.first or earliest, earliest)
        self.last = max(self.last or latest, latest)
        adapt = connection.ops.adapt_datetimefield_value
        return adapt(earliest), adapt(latest)

    def _note(self, batch: Sequence[NewFeature], shapes: Any, bounds: Any) -> None:  # noqa: ANN401  # arrays
        facts = self.facts
        facts.count += len(batch)
        facts.nowhere += int(shapely.is_missing(shapes).sum())
        facts.has_keys = facts.has_keys or any(feature.key for feature in batch)
        self.geometries |= set(shapely.get_type_id(shapes).tolist())
        with np.errstate(all="ignore"):
            if np.isfinite(bounds).any():
                low, high = np.nanmin(bounds[:, :2], axis=0), np.nanmax(bounds[:, 2:], axis=0)
                facts.bounds = together(facts.bounds, (*low.tolist(), *high.tolist()))

    def finished(self) -> Facts:
        """Return the facts of all that was written."""
        facts = self.facts
        facts.kinds = {name: kind or "string" for name, kind in self.kinds.items()} | dict(self.about.kinds)
        facts.geometries = sorted(GEOMETRIES[number] for number in self.geometries if number in GEOMETRIES)
        facts.start, facts.end = (time and time.isoformat() for time in (self.first, self.last))
        facts.density, facts.zooms = self.thinning.summary()
        return facts


GEOMETRIES = {
    0: "Point", 1: "LineString", 2: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString",
    6: "MultiPolygon", 7: "GeometryCollection",
}  # fmt: skip
"""Kinds of geometry by shapely's numbers."""


def _kind(value: object) -> Kind | None:
    """Return the kind of a value; None for none."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, datetime):
        return "date-time"
    return "date" if hasattr(value, "isoformat") and hasattr(value, "year") else "string"


def _texts(shapes: Any) -> list[str]:  # noqa: ANN401  # an array of geometries
    return [text or "null" for text in shapely.to_geojson(rounded(shapes, DIGITS)).tolist()]


def rounded(shapes: Any, digits: int) -> Any:  # noqa: ANN401  # arrays of geometries
    """Return geometries with fewer decimal places, outlines anticlockwise (RFC 7946 section 3.1.6)."""
    return shapely.orient_polygons(shapely.transform(shapes, lambda corners: np.round(corners, digits)))


def _blobs(shapes: Any) -> list[Any]:  # noqa: ANN401  # an array of geometries
    as_text = connection.vendor == "postgresql"
    found: list[Any] = shapely.to_wkb(shapes, hex=as_text, include_srid=True, flavor="extended").tolist()
    return found


def _insert(rows: list[tuple[Any, ...]]) -> None:
    names = ", ".join(f'"{column}"' for column in COLUMNS)
    table = f'"{Feature._meta.db_table}"'  # noqa: SLF001
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        places = ", ".join(["%s"] * len(COLUMNS))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608  # own names


def from_geojson(feature: Mapping[str, Any]) -> NewFeature:
    """Return a GeoJSON feature as one to be stored; its `id` becomes its name.

    Raises
    ------
    ValueError
        if its geometry cannot be read.
    """
    given = feature.get("geometry")
    try:
        geometry = None if given is None else shapely.from_geojson(json.dumps(given))
    except shapely.errors.GEOSException as error:
        raise ValueError(f"not a geometry: {error}") from error
    key = feature.get("id")
    return NewFeature(geometry, feature.get("properties") or {}, "" if key is None else str(key))
