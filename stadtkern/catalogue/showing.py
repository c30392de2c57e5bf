"""What the page of a dataset says, and the sentences it begins with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stadtkern.base.clock import now
from stadtkern.base.errors import NotFound
from stadtkern.catalogue.access import Reader, can_read
from stadtkern.catalogue.cells import Preview, preview
from stadtkern.catalogue.citing import Citation, citation
from stadtkern.catalogue.models import DataService, Dataset, Distribution, Keyword, Version
from stadtkern.catalogue.tableset import distributions_of, editions, table_of, tables_of
from stadtkern.catalogue.vocabularies import (
    AVAILABILITIES,
    FREQUENCIES,
    HVD_CATEGORIES,
    LEVELS,
    RHYTHMS,
    THEMES,
)
from stadtkern.contracts.option import Label
from stadtkern.governance.licences import Licence
from stadtkern.tables import TableError
from stadtkern.web.qr import qr_image

FIRST_ROWS = 5
MOST_EDITIONS = 10
MOST_SIBLINGS = 20
FILE_FORMATS = (("csv", "CSV"), ("xlsx", "Excel"), ("json", "JSON"), ("parquet", "Parquet"))
GEO_FORMATS = (("geojson", "GeoJSON"), ("gpkg", "GeoPackage"))
LATE = 1.5
"""How many times the promised span may pass until the page says that data are overdue."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its text."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way to have the data."""

    distribution: Distribution
    title: str
    licence: Licence
    version: Version | None = None
    page: str = ""
    """Of the table; empty: it is no table of ours."""
    files: Sequence[Link] = ()
    has_geometry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetPage:
    """Everything the page of a dataset shows."""

    dataset: Dataset
    state: str
    is_readable: bool
    offers: Sequence[Offer]
    preview: Preview | None
    editions: Sequence[Version]
    keywords: Sequence[Keyword]
    themes: Sequence[tuple[str, Label]]
    hvd: Sequence[tuple[str, Label]]
    frequency: Label
    availability: Label
    level: Label
    bbox: str
    services: Sequence[DataService]
    siblings: Sequence[Dataset]
    citation: Citation
    address: str
    code: str
    """QR code of the address of the page."""


def dataset_page(dataset: Dataset, reader: Reader) -> DatasetPage:
    """Return the page of a dataset for a reader."""
    distributions = list(distributions_of(dataset))
    for one in distributions:
        one.dataset = dataset
    tables = tables_of(distributions)
    is_readable = can_read(reader, dataset)
    offers = [_offer(one, is_readable=is_readable) for one in distributions]
    first = tables[0] if tables else None
    themes = [(code, THEMES[code].title) for code in dataset.themes if code in THEMES]
    hvd = [(code, HVD_CATEGORIES[code].title) for code in dataset.hvd_categories if code in HVD_CATEGORIES]
    licence = dataset.profile.licence_facts
    path = dataset.get_absolute_url()
    return DatasetPage(
        dataset=dataset,
        state=state(dataset, tables),
        is_readable=is_readable,
        offers=offers,
        preview=_glance(first[1]) if first and is_readable else None,
        editions=list(editions(first[0], first[1])[:MOST_EDITIONS]) if first else [],
        keywords=list(dataset.keywords.all()[:50]),
        themes=themes,
        hvd=hvd,
        frequency=FREQUENCIES[dataset.frequency].title if dataset.frequency in FREQUENCIES else "",
        availability=(
            AVAILABILITIES[dataset.availability].title if dataset.availability in AVAILABILITIES else ""
        ),
        level=LEVELS[dataset.level].title if dataset.level in LEVELS else "",
        bbox=_bbox(dataset),
        services=list(dataset.services.select_related("publisher")[:20]),
        siblings=siblings(dataset),
        citation=citation(dataset, licence=licence.title),
        address=f"{settings.PUBLIC_URL}{path}",
        code=qr_image(path),
    )


def _offer(distribution: Distribution, *, is_readable: bool) -> Offer:
    dataset = distribution.dataset
    version = distribution.current_version
    title = distribution.get_title() or dataset.get_title()
    if version is None:
        return Offer(distribution=distribution, title=title, licence=distribution.licence_facts)
    has_geometry = _has_geometry(version)
    args = [dataset.slug, distribution.slug]
    forms = (*FILE_FORMATS, *(GEO_FORMATS if has_geometry else ()))
    files = [Link(name, reverse("api-table-file", args=[*args, suffix])) for suffix, name in forms]
    return Offer(
        distribution=distribution,
        title=title,
        licence=distribution.licence_facts,
        version=version,
        page=reverse("table", args=args),
        files=files if is_readable else (),
        has_geometry=has_geometry,
    )


def _has_geometry(version: Version) -> bool:
    """Return whether the schema of a table names a geometry; the file itself is not opened."""
    fields = version.table_schema.get("fields", [])
    return any(one.get("type") == "geojson" and one.get("name") == "geometry" for one in fields)


def _glance(version: Version) -> Preview | None:
    """Return the first rows; None where the file cannot be read: the page stands without them."""
    try:
        return preview(table_of(version), most=FIRST_ROWS)
    except (NotFound, TableError):
        return None


def state(dataset: Dataset, tables: Sequence[tuple[Distribution, Version]]) -> str:
    """Return how fresh and how large the data are, in one or two sentences."""
    parts = []
    if dataset.modified:
        day = date_format(timezone.localtime(dataset.modified), "DATE_FORMAT")
        parts.append(_("Last change of the data: %(day)s.") % {"day": day})
    if tables:
        rows = sum(version.rows for _one, version in tables)
        shown = number_format(rows, force_grouping=True)
        facts = {
            "rows": ngettext("%(rows)s row", "%(rows)s rows", rows) % {"rows": shown},
            "tables": ngettext("%(count)d table", "%(count)d tables", len(tables)) % {"count": len(tables)},
        }
        parts.append((_("%(rows)s in %(tables)s.") if len(tables) > 1 else _("%(rows)s.")) % facts)
    if is_overdue(dataset):
        rhythm = FREQUENCIES[dataset.frequency].title
        parts.append(_("New data were promised %(rhythm)s and are overdue.") % {"rhythm": rhythm})
    return " ".join(parts)


def is_overdue(dataset: Dataset) -> bool:
    """Return whether the promised rhythm was missed clearly."""
    promised = RHYTHMS.get(dataset.frequency)
    if promised is None or dataset.modified is None:
        return False
    return now() - dataset.modified > max(promised * LATE, timedelta(hours=2))


def _bbox(dataset: Dataset) -> str:
    if dataset.extent is None:
        return ""
    west, south, east, north = (number_format(round(one, 3)) for one in dataset.extent.extent)
    facts = {"west": west, "south": south, "east": east, "north": north}
    return _("%(south)s° to %(north)s° north, %(west)s° to %(east)s° east") % facts


def siblings(dataset: Dataset) -> list[Dataset]:
    """Return the other public datasets of the same series."""
    if dataset.series_id is None:
        return []
    others = Dataset.objects.public().filter(series=dataset.series_id).exclude(pk=dataset.pk)
    return list(others.order_by("-temporal_start", "slug")[:MOST_SIBLINGS])
