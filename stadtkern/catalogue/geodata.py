"""Tables with places become collections of features: maps, tiles and OGC interfaces read them."""

import logging
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation

from stadtkern.catalogue.access import Reader, readable, reader_of
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.features import services
from stadtkern.features.facts import Kind
from stadtkern.features.models import FeatureCollection
from stadtkern.features.services import Described, NewFeature

logger = logging.getLogger(__name__)
SOURCE = "catalogue"
BATCH = 4000
OWN_COLUMNS = frozenset({"_id", "geometry", "_bbox"})
KINDS: Mapping[str, Kind] = {
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "date-time",
    "year": "integer",
}
"""Kinds of properties by the types of Table Schema."""


def fill(version: Version) -> None:
    """Offer the features of a version that became current; take them away if it has none.

    The same version again changes nothing. Readers see the old features until all new ones are stored.
    """
    one = version.distribution
    if not Version.objects.current().filter(pk=version.pk).exists():
        return  # another one became current meanwhile, and is filled by its own task
    file = pq.ParquetFile(version.table_path)
    if "geometry" not in file.schema_arrow.names or one.dataset.withdrawn_at is not None:
        services.remove(SOURCE, one.pk)
        return
    loaded = services.replace(one.name, features(file, version), about=described(version))
    if loaded.is_fresh:
        logger.info("%s: %s features of version %s", one.name, loaded.count, version.number)


def refresh(dataset: Dataset) -> None:
    """Tell readers the title, licence and attribution that a dataset has now."""
    for version in (
        Version.objects.current().filter(distribution__dataset=dataset).select_related("distribution")
    ):
        version.distribution.dataset = dataset
        about = described(version)
        FeatureCollection.objects.filter(source=SOURCE, reference=version.distribution_id).update(
            title=dict(about.title),
            description=dict(about.description),
            licence=about.licence,
            attribution=about.attribution,
            page=about.page,
        )


def tidy(_moment: datetime) -> int:
    """Delete the features of tables that are gone or withdrawn; return how many.

    A million rows take a while, so whoever withdraws a dataset does not wait for it.
    """
    shown = Version.objects.current().filter(distribution__dataset__withdrawn_at=None)
    ours = FeatureCollection.objects.filter(source=SOURCE)
    left = ours.exclude(reference__in=shown.values("distribution"))
    return sum(services.remove(SOURCE, reference) for reference in left.values_list("reference", flat=True))


def described(version: Version) -> Described:
    """Return what readers are told of the features of a version."""
    one, dataset = version.distribution, version.distribution.dataset
    several = dataset.distributions.count() > 1
    title = one.title if several and any(one.title.values()) else dataset.title
    fields = version.table_schema.get("fields", [])
    with translation.override("de"):
        page = reverse("table", args=[dataset.slug, one.slug])
    return Described(
        source=SOURCE,
        reference=one.pk,
        title=title,
        description=one.description or dataset.summary or dataset.description,
        licence=one.licence or dataset.profile.licence,
        attribution=one.attribution or dataset.profile.attribution,
        page=page,
        kinds={field["name"]: KINDS.get(field.get("type", ""), "string") for field in fields},
        titles={field["name"]: field["title"] for field in fields if field.get("title")},
        revision=f"version {version.pk}",
    )


def features(file: pq.ParquetFile, version: Version) -> Iterator[NewFeature]:
    """Yield the rows of a table as features, a few thousand in memory at a time."""
    names = [name for name in file.schema_arrow.names if name not in OWN_COLUMNS]
    moment = time_column(version.table_schema, names)
    for batch in file.iter_batches(batch_size=BATCH, columns=[*names, "geometry"]):
        shapes = shapely.from_wkb(
            batch.column("geometry").to_numpy(zero_copy_only=False), on_invalid="ignore"
        )
        columns = [_values(batch.column(name)) for name in names]
        times = columns[names.index(moment)] if moment else [None] * len(shapes)
        for shape, time, *values in zip(shapes, times, *columns, strict=True):
            start, end = _span(time)
            yield NewFeature(shape, dict(zip(names, values, strict=True)), start=start, end=end)


def _values(column: pa.Array) -> list[Any]:
    return column.to_pylist()  # type: ignore[no-any-return]  # pyarrow has no types


def time_column(schema: Mapping[str, Any], names: Collection[str]) -> str:
    """Return the column that says when a feature is: the only one with dates, else none."""
    dated = [
        field["name"]
        for field in schema.get("fields", [])
        if field.get("type") in {"date", "datetime"} and field["name"] in names
    ]
    return dated[0] if len(dated) == 1 else ""


def _span(time: object) -> tuple[datetime | None, datetime | None]:
    """Return start and end of a time; a date lasts a whole day."""
    if isinstance(time, datetime):
        aware = time if time.tzinfo else time.replace(tzinfo=UTC)
        return aware, aware
    if isinstance(time, date):
        day = datetime(time.year, time.month, time.day, tzinfo=UTC)
        return day, day.replace(hour=23, minute=59, second=59)
    return None, None


def references(request: HttpRequest | None) -> "QuerySet[Any]":
    """Return which distributions a reader may read, for `features.access`."""
    reader = Reader() if request is None else reader_of(request)
    open_to = readable(reader)
    tables = Distribution.objects.filter(is_live=True, dataset__withdrawn_at=None)
    return tables.filter(dataset__in=open_to.values("pk")).values("pk")
