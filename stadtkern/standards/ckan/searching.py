"""`package_search`: what fits, in which order, and how much of what is in it."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Count, F, QuerySet

from stadtkern.catalogue.models import Agent, Dataset, DatasetQuerySet, Distribution, Keyword, Version
from stadtkern.catalogue.rdf.queries import described
from stadtkern.catalogue.vocabularies import FORMATS, THEMES
from stadtkern.governance.licences import licence
from stadtkern.standards.ckan import packages
from stadtkern.standards.ckan.errors import BadQuery, Invalid
from stadtkern.standards.ckan.params import Params
from stadtkern.standards.ckan.solr import condition, prepared

Json = dict[str, Any]
MOST_ROWS, USUAL_ROWS = 1000, 10
MOST_FACETS = 50
_ORDERS = {
    "name": "slug",
    "id": "slug",
    "title": "title__de",
    "title_string": "title__de",
    "metadata_modified": "changed_at",
    "metadata_created": "created_at",
    "modified": "modified",
    "issued": "issued",
}
USUAL_SORT = "score desc, metadata_modified desc"


def search(params: Params) -> Json:
    """Return a page of the datasets that fit, with counts for the facets asked for."""
    found = fitting(params)
    sort = params.text("sort") or USUAL_SORT
    rows = params.number("rows", USUAL_ROWS, most=MOST_ROWS)
    start = params.number("start", 0)
    ordered = found.order_by(*_order(sort), "slug")
    results = [packages.package(one) for one in described(ordered)[start : start + rows]] if rows else []
    facets, detailed = _facets(found, params)
    return {
        "count": found.count(),
        "facets": facets,
        "results": _only(results, params.list("fl")),
        "sort": sort,
        "search_facets": detailed,
    }


def fitting(params: Params) -> DatasetQuerySet:
    """Return the public datasets that `q`, `fq` and `fq_list` leave."""
    found = prepared(Dataset.objects.public()).filter(condition(params.text("q")))
    for part in (params.text("fq"), *params.list("fq_list")):
        found = found.filter(condition(part))
    box = params.text("ext_bbox")
    return _within(found, box) if box else found


def _within(found: DatasetQuerySet, box: str) -> DatasetQuerySet:
    """Return the datasets whose extent meets a box (`west,south,east,north`, as ckanext-spatial takes it)."""
    from django.contrib.gis.geos import Polygon  # noqa: PLC0415  # few ask for a box
    from django.db.models import Q  # noqa: PLC0415

    try:
        west, south, east, north = (float(part) for part in box.split(","))
    except ValueError as error:
        raise BadQuery("Wrong bounding box provided") from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004  # degrees
        raise BadQuery("Wrong bounding box provided")
    shape = Polygon.from_bbox((west, south, east, north))
    shape.srid = 4326
    met = Dataset.objects.filter(
        Q(extent__intersects=shape) | Q(extent=None, area__geometry__intersects=shape)
    )
    return found.filter(pk__in=met.values("pk"))


def _order(sort: str) -> list[Any]:
    """Return Django's order of Solr's `name asc, other desc`."""
    found: list[Any] = []
    for part in sort.split(","):
        name, _blank, direction = part.strip().partition(" ")
        direction = direction.strip().lower() or "asc"
        if direction not in {"asc", "desc"} or not name:
            raise BadQuery(f"Can't determine a Sort Order (asc or desc) in sort spec '{sort[:100]}'")
        column = _ORDERS.get(name)
        if column is not None:
            field = F(column)
            found.append(field.desc(nulls_last=True) if direction == "desc" else field.asc(nulls_last=True))
    return found


def _only(results: list[Json], fields: list[str]) -> list[Json]:
    if not fields:
        return results
    return [{name: one[name] for name in fields if name in one} for one in results]


Entry = tuple[str, str, int]
"""Name, title, count."""


def _facets(found: DatasetQuerySet, params: Params) -> tuple[Json, Json]:
    """Return the counts of each facet asked for, in CKAN's short and in its detailed form."""
    wanted = params.list("facet.field")
    if not params.flag("facet", default=True) or not wanted:
        return {}, {}
    if len(wanted) > MOST_FACETS:
        raise Invalid(**{"facet.field": [f"At most {MOST_FACETS} facets"]})
    limit = _limit(params)
    least = params.number("facet.mincount", 1)
    short, detailed = {}, {}
    rows = Dataset.objects.filter(pk__in=found.order_by().values("pk")).order_by()
    for name in wanted:
        count = _COUNTERS.get(name)
        entries = sorted(count(rows) if count else [], key=lambda entry: (-entry[2], entry[1]))
        shown = [entry for entry in entries if entry[2] >= least][:limit]
        short[name] = {entry[0]: entry[2] for entry in shown}
        items = [{"name": key, "display_name": title, "count": number} for key, title, number in shown]
        detailed[name] = {"title": name, "items": items}
    return short, detailed


def _limit(params: Params) -> int | None:
    """Return how many values of a facet are wanted; None: all."""
    text = params.text("facet.limit")
    if not text:
        return MOST_FACETS
    if text.lstrip("-").isdigit() and text.startswith("-"):
        return None
    return params.number("facet.limit", MOST_FACETS)


def organizations(rows: QuerySet[Dataset]) -> list[Entry]:
    """Return the publishers of the datasets with their numbers; two queries."""
    counts = dict(rows.values_list("publisher").annotate(count=Count("pk")))
    return [
        (one.slug, packages.text(one.name) or one.slug, counts[one.pk])
        for one in Agent.objects.filter(pk__in=list(counts))
    ]


def groups(rows: QuerySet[Dataset]) -> list[Entry]:
    """Return the themes of the datasets with their numbers; one query."""
    counts = Counter(code for themes in rows.values_list("themes", flat=True) for code in themes)
    return [
        (code.lower(), str(THEMES[code].title), count) for code, count in counts.items() if code in THEMES
    ]


def tags(rows: QuerySet[Dataset]) -> list[Entry]:
    """Return the keywords of the datasets with their numbers; one query."""
    found = Keyword.objects.filter(datasets__in=rows.values("pk"))
    counted = found.order_by().values_list("word").annotate(count=Count("datasets", distinct=True))
    return [(word, word, count) for word, count in counted]


def formats(rows: QuerySet[Dataset]) -> list[Entry]:
    """Return the formats of the datasets with their numbers; a table of ours counts as CSV; two queries."""
    own = Distribution.objects.filter(dataset__in=rows.values("pk"), is_live=True)
    linked = own.exclude(versions__is_current=True).exclude(format="")
    found: dict[str, set[int]] = {}
    for code, dataset in linked.order_by().values_list("format", "dataset").distinct():
        found.setdefault(FORMATS[code].title if code in FORMATS else code, set()).add(dataset)
    tables = Version.objects.current().filter(distribution__in=own.values("pk"))
    found.setdefault("CSV", set()).update(tables.order_by().values_list("distribution__dataset", flat=True))
    return [(title, title, len(datasets)) for title, datasets in found.items() if datasets]


def licences(rows: QuerySet[Dataset]) -> list[Entry]:
    """Return the licences of the datasets with their numbers; two queries."""
    own = Distribution.objects.filter(dataset__in=rows.values("pk"), is_live=True).exclude(licence="")
    found: dict[int, set[str]] = {}
    for dataset, code in own.order_by().values_list("dataset", "licence").distinct():
        found.setdefault(dataset, set()).add(code)
    counts: Counter[str] = Counter()
    for dataset, code in rows.values_list("pk", "profile__licence"):
        counts.update(found.get(dataset, {code}))
    return [(code, licence(code).title, count) for code, count in counts.items() if code]


def _types(rows: QuerySet[Dataset]) -> list[Entry]:
    return [("dataset", "dataset", rows.count())]


_COUNTERS: dict[str, Callable[[QuerySet[Dataset]], Iterable[Entry]]] = {
    "organization": organizations,
    "owner_org": organizations,
    "groups": groups,
    "tags": tags,
    "res_format": formats,
    "license_id": licences,
    "dataset_type": _types,
    "type": _types,
}


def names() -> list[str]:
    """Return the names of all public datasets in alphabetical order."""
    return list(Dataset.objects.public().order_by("slug").values_list("slug", flat=True))
