"""The lasting names of what the catalogue describes, and the addresses where it can be had.

Written out rather than asked from Django by `reverse`: they are lasting, and ten thousand datasets name fifty
thousand of them. A test compares them with the addresses that there are.
"""

from urllib.parse import urlsplit

from django.conf import settings

from stadtkern.catalogue.models import Agent, DataService, Dataset, DatasetSeries, Distribution
from stadtkern.catalogue.rdf.terms import iri
from stadtkern.web.town import current_town


def base() -> str:
    """Return the address of the town."""
    return str(settings.PUBLIC_URL)


def catalogue() -> str:
    """Return the name of the catalogue."""
    return f"{base()}/catalog"


def _own(extra: object) -> str:
    """Return the name that a record had where it came from; empty: none."""
    given = extra.get("uri") if isinstance(extra, dict) else None
    found = iri(given) if isinstance(given, str) else None
    return found.value if found and urlsplit(found.value).scheme in {"http", "https", "urn"} else ""


def dataset(one: Dataset) -> str:
    """Return the name of a dataset; one of another catalogue keeps the name it has there."""
    return _own(one.extra) or f"{base()}/data/{one.slug}"


def record(one: Dataset) -> str:
    """Return the name of the catalogue's entry of a dataset."""
    return f"{catalogue()}#record-{one.slug}"


def distribution(one: Distribution) -> str:
    """Return the name of a distribution."""
    return _own(one.extra) or f"{base()}/data/{one.dataset.slug}#{one.slug}"


def service(one: DataService) -> str:
    """Return the name of a data service."""
    return _own(one.extra) or f"{catalogue()}#service-{one.slug}"


def rows_service(one: Dataset) -> str:
    """Return the name of the interface by which the rows of its tables are asked."""
    return f"{base()}/data/{one.slug}#api"


def series(one: DatasetSeries) -> str:
    """Return the name of a series."""
    return f"{catalogue()}#series-{one.slug}"


def agent(one: Agent) -> str:
    """Return the name of a publisher."""
    found = iri(one.uri)
    return found.value if found else f"{catalogue()}#publisher-{one.slug}"


def language() -> str:
    """Return the language of the town's pages that addresses lead to."""
    return current_town().languages[0]


def page(one: Dataset) -> str:
    """Return the address of the page of a dataset."""
    return f"{base()}/{language()}/data/{one.slug}/"


def table_page(one: Distribution) -> str:
    """Return the address of the page of a table."""
    return f"{page(one.dataset)}tables/{one.slug}/"


def source_file(one: Distribution, number: int) -> str:
    """Return where an edition of a table can be had as it was uploaded."""
    return f"{table_page(one)}versions/{number}/file"


def rows_file(one: Distribution, suffix: str) -> str:
    """Return where all rows of a table can be had as a file: csv, xlsx, json, geojson, gpkg, parquet."""
    return f"{base()}/api/v1/datasets/{one.dataset.slug}/tables/{one.slug}/rows.{suffix}"
