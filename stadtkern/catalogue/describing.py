"""Datasets, tables and columns as programs read them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from stadtkern.catalogue.loading import forms_of
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.catalogue.tableset import table_of
from stadtkern.catalogue.vocabularies import HVD_CATEGORIES, THEMES
from stadtkern.tables import Column, ColumnProfile, Geometry


def absolute(name: str, *args: object) -> str:
    """Return the full address of something of ours."""
    return settings.PUBLIC_URL + reverse(name, args=args)


def page_address(dataset: Dataset) -> str:
    """Return the full address of the page of a dataset in the town's first language."""
    with override(settings.LANGUAGE_CODE):
        return settings.PUBLIC_URL + reverse("dataset", args=[dataset.slug])


def dataset_json(
    dataset: Dataset, distributions: Iterable[Distribution], *, is_readable: bool
) -> dict[str, Any]:
    """Return a dataset with everything that can be had of it."""
    profile = dataset.profile
    return {
        "id": dataset.slug,
        "identifier": dataset.identifier or page_address(dataset),
        "title": dataset.title,
        "summary": dataset.summary,
        "description": dataset.description,
        "page": page_address(dataset),
        "publisher": {"id": dataset.publisher.slug, "name": dataset.publisher.name},
        "licence": _licence(profile.licence_facts),
        "attribution": profile.attribution or None,
        "themes": [{"id": code, "uri": THEMES[code].uri} for code in dataset.themes if code in THEMES],
        "high_value": [
            {"id": code, "uri": HVD_CATEGORIES[code].uri}
            for code in dataset.hvd_categories
            if code in HVD_CATEGORIES
        ],
        "keywords": [one.word for one in dataset.keywords.all()],
        "series": dataset.series.slug if dataset.series else None,
        "frequency": dataset.frequency or None,
        "issued": dataset.issued,
        "modified": dataset.modified,
        "temporal": {"start": dataset.temporal_start, "end": dataset.temporal_end},
        "bbox": list(dataset.extent.extent) if dataset.extent else None,
        "access": "open" if dataset.is_open else "restricted",
        "is_readable": is_readable,
        "profile": absolute_profile(dataset),
        "distributions": [distribution_json(one, dataset) for one in distributions],
    }


def absolute_profile(dataset: Dataset) -> str:
    """Return the address of the page that says why the town holds these data."""
    with override(settings.LANGUAGE_CODE):
        return settings.PUBLIC_URL + reverse("profile", args=[dataset.profile.slug])


def _licence(found: Any) -> dict[str, Any]:  # noqa: ANN401  # governance's Licence
    return {"id": found.code, "title": found.title, "url": found.url or None, "uri": found.uri or None}


def distribution_json(one: Distribution, dataset: Dataset) -> dict[str, Any]:
    """Return one way to have the data; a table with the addresses to ask it."""
    version = one.current_version
    facts: dict[str, Any] = {
        "id": one.slug,
        "title": one.title,
        "description": one.description,
        "licence": _licence(one.licence_facts),
        "format": one.format or None,
        "access_url": one.access_url or None,
        "download_url": one.download_url or None,
    }
    if version is None:
        return facts
    args = (dataset.slug, one.slug)
    return {
        **facts,
        "table": one.name,
        "version": version.number,
        "rows": version.rows,
        "modified": version.created_at,
        "rows_url": absolute("api-table-rows", *args),
        "schema_url": absolute("api-table-schema", *args),
        "profile_url": absolute("api-table-profile", *args),
        "aggregate_url": absolute("api-table-aggregate", *args),
    }


def table_json(dataset: Dataset, distribution: Distribution, version: Version) -> dict[str, Any]:
    """Return a table with its columns and files."""
    table = table_of(version)
    args = (dataset.slug, distribution.slug)
    return {
        **distribution_json(distribution, dataset),
        "columns": [column_json(one) for one in table.columns],
        "geometry": geometry_json(table.geometry),
        "files": {one.suffix: absolute("api-table-file", *args, one.suffix) for one in forms_of(table)},
    }


def column_json(column: Column) -> dict[str, Any]:
    """Return a column."""
    return {
        "name": column.name,
        "title": column.title,
        "type": column.kind,
        "meaning": column.meaning or None,
        "unit": column.unit or None,
        "description": column.description or None,
    }


def geometry_json(geometry: Geometry | None) -> dict[str, Any] | None:
    """Return what is known about the places of a table."""
    if geometry is None:
        return None
    bbox = list(geometry.bbox) if geometry.bbox else None
    return {
        "type": geometry.type,
        "bbox": bbox,
        "crs": "EPSG:4326",
        "source_crs": geometry.source_crs or None,
    }


def profile_json(profiles: Sequence[ColumnProfile]) -> list[dict[str, Any]]:
    """Return the numbers about each column."""
    return [
        {
            **column_json(one.column),
            "count": one.count,
            "nulls": one.nulls,
            "distinct": one.distinct,
            "minimum": one.minimum,
            "maximum": one.maximum,
            "mean": one.mean,
            "quantiles": dict(one.quantiles),
            "top": [{"value": top.value, "count": top.count} for top in one.top],
            "histogram": [{"start": b.start, "stop": b.stop, "count": b.count} for b in one.histogram],
        }
        for one in profiles
    ]
