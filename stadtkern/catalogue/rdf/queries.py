"""Datasets with everything that is said of them, in a constant number of queries."""

from django.db.models import Prefetch, QuerySet

from stadtkern.catalogue.models import DataService, Dataset, Distribution, Version

BATCH = 500
"""Datasets that are in memory at once while a catalogue is streamed."""


def described(datasets: QuerySet[Dataset]) -> QuerySet[Dataset]:
    """Return the datasets with publisher, profile, keywords, distributions, tables and services."""
    versions = Version.objects.current().only(
        "distribution_id",
        "number",
        "is_current",
        "byte_size",
        "sha256",
        "table_schema",
        "finished_at",
        "rows",
        "original_name",
        "emptied_at",
    )
    distributions = (
        Distribution.objects.filter(is_live=True)
        .order_by("position", "pk")
        .prefetch_related(Prefetch("versions", versions))
    )
    services = DataService.objects.select_related("publisher__organisation").order_by("slug")
    return datasets.select_related(
        "profile__owner", "publisher__organisation", "series__publisher__organisation", "area"
    ).prefetch_related("keywords", Prefetch("distributions", distributions), Prefetch("services", services))
