"""A small catalogue for tests: a town that publishes, with one dataset that lacks nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Polygon

from stadtkern.catalogue.models import (
    Agent,
    DataService,
    Dataset,
    DatasetSeries,
    Distribution,
    Keyword,
    Version,
)
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Organisation
from stadtkern.places.models import Area

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def organisation(slug: str = "umwelt") -> Organisation:
    """Return the office for the environment."""
    facts = {"name": {"de": "Umweltamt"}, "email": "umwelt@example.org"}
    return Organisation.objects.get_or_create(slug=slug, defaults=facts)[0]


def agent(slug: str = "umwelt") -> Agent:
    """Return it as publisher."""
    facts = {
        "name": {"de": "Umweltamt", "pl": "Urząd ochrony środowiska"},
        "homepage": "https://example.org/umwelt",
    }
    return Agent.objects.get_or_create(slug=slug, defaults=facts)[0]


def profile(slug: str = "trees", **facts: Any) -> DataProfile:  # noqa: ANN401
    """Return a published data profile."""
    texts = {name: {"de": "Bäume der Stadt"} for name in ("title", "purpose", "legal_basis")}
    defaults = {
        **texts,
        "owner": organisation(),
        "licence": "dl-de/by-2-0",
        "attribution": "Stadt Guben",
        "is_published": True,
    }
    return DataProfile.objects.update_or_create(slug=slug, defaults={**defaults, **facts})[0]


def area() -> Area:
    """Return the town as an area."""
    shape = MultiPolygon(Polygon.from_bbox((14.6, 51.9, 14.8, 52.0)))
    facts = {"kind": "town", "name": {"de": "Guben"}, "code": "12071160", "geometry": shape}
    return Area.objects.get_or_create(slug="guben", defaults=facts)[0]


def dataset(slug: str = "trees", **facts: Any) -> Dataset:  # noqa: ANN401
    """Return a public dataset that says only what it must."""
    facts.setdefault("profile", None)
    facts["profile"] = facts["profile"] or profile()
    texts = {"title": {"de": f"Datensatz {slug}"}, "description": {"de": "Alle Bäume an Straßen."}}
    return Dataset.objects.create(slug=slug, **{**texts, "publisher": agent(), "live": True, **facts})


def distribution(one: Dataset, slug: str = "file", **facts: Any) -> Distribution:  # noqa: ANN401
    """Return a file elsewhere."""
    link = {
        "title": {"de": "Baumliste"},
        "access_url": "https://example.org/baeume",
        "download_url": "https://example.org/baeume.csv",
        "format": "CSV",
    }
    return Distribution.objects.create(dataset=one, slug=slug, **{**link, **facts})


def table(one: Dataset, slug: str = "table", **facts: Any) -> Distribution:  # noqa: ANN401
    """Return a table of ours with one edition; its file is not there."""
    made = Distribution.objects.create(dataset=one, slug=slug, title={"de": "Bäume"})
    schema = {
        "fields": [
            {"name": "species", "title": "Art", "type": "string"},
            {"name": "geometry", "type": "geojson"},
        ]
    }
    values = {
        "number": 1,
        "state": "ready",
        "is_current": True,
        "original_name": "Bäume.xlsx",
        "byte_size": 1234,
        "sha256": "ab" * 32,
        "table_schema": schema,
        "rows": 3,
        "finished_at": DAY,
    }
    Version.objects.create(distribution=made, **{**values, **facts})
    return made


def full(slug: str = "trees") -> Dataset:
    """Return a public dataset that lacks nothing."""
    series = DatasetSeries.objects.get_or_create(
        slug="tree-years",
        defaults={
            "title": {"de": "Bäume je Jahr"},
            "description": {"de": "Jedes Jahr."},
            "publisher": agent(),
            "frequency": "ANNUAL",
        },
    )[0]
    made = dataset(
        slug,
        title={"de": "Straßenbäume", "pl": "Drzewa przyuliczne"},
        description={"de": "Alle Bäume an Straßen mit Art und Alter.", "pl": "Wszystkie drzewa."},
        contact_name="Grünpflege",
        contact_email="gruen@example.org",
        themes=["ENVI"],
        hvd_categories=["c_dd313021"],
        area=area(),
        series=series,
        temporal_start=DAY - timedelta(days=365),
        temporal_end=DAY,
        frequency="ANNUAL",
        availability="AVAILABLE",
        provenance={"de": "Eigene Zählung"},
        issued=DAY,
        modified=DAY,
    )
    made.keywords.add(
        *(
            Keyword.objects.get_or_create(word=word, language="de", defaults={"slug": word.lower()})[0]
            for word in ("Baum", "Straße")
        )
    )
    distribution(made, byte_size=99, checksum="cd" * 32, issued=DAY, modified=DAY)
    table(made)
    service = DataService.objects.get_or_create(
        slug="trees-api",
        defaults={
            "title": {"de": "Schnittstelle der Bäume"},
            "publisher": agent(),
            "endpoint_url": "https://example.org/api",
            "documentation": "https://example.org/api/docs",
            "contact_email": "gruen@example.org",
            "licence": "dl-de/by-2-0",
            "hvd_categories": ["c_dd313021"],
        },
    )[0]
    service.datasets.add(made)
    return made
