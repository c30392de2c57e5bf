"""Who may read the collections in our tables: whoever filled them says so, at each request anew."""

from collections.abc import Callable, Collection
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from stadtkern.features.models import FeatureCollection

References = Callable[[HttpRequest | None], "QuerySet[Any] | Collection[int]"]
"""Returns the references (`FeatureCollection.reference`) that the reader may read; None: everybody."""

_sources: dict[str, References] = {}


def register(source: str, references: References) -> None:
    """Say who may read the collections of a source; those of a source without a word nobody may read."""
    if _sources.setdefault(source, references) is not references:
        raise ValueError(f"There is already an access rule for {source!r}.")


def readable(request: HttpRequest | None) -> "QuerySet[FeatureCollection]":
    """Return the filled collections that the reader may read."""
    allowed = Q(pk__in=[])
    for source, references in _sources.items():
        allowed |= Q(source=source, reference__in=references(request))
    return FeatureCollection.objects.filter(allowed, current__isnull=False)
