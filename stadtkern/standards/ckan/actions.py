"""The actions on the catalogue. What changes something is refused: that is what the back office is for."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import Q

from stadtkern import __version__
from stadtkern.catalogue.access import Reader
from stadtkern.catalogue.models import Agent, Dataset, Distribution, Keyword
from stadtkern.catalogue.rdf.queries import described
from stadtkern.catalogue.vocabularies import THEMES
from stadtkern.governance.licences import LICENCES
from stadtkern.standards.ckan import packages, searching
from stadtkern.standards.ckan.errors import Invalid, Missing
from stadtkern.standards.ckan.params import Params
from stadtkern.web.town import current_town

Json = dict[str, Any]
Action = Callable[[Params, Reader], Any]
ACTIONS: dict[str, Action] = {}
MOST = 1000
"""Entries of a list in one answer."""


def action(function: Action) -> Action:
    """Offer a function under its own name."""
    ACTIONS[function.__name__] = function
    return function


def _page(params: Params, entries: list[Any], *, most: int = 100_000) -> list[Any]:
    start = params.number("offset", 0)
    return entries[start : start + params.number("limit", most, most=most)]


def _package(key: str) -> Dataset:
    """Return a public dataset by its short name, identifier or address."""
    own = key.removeprefix(f"{settings.PUBLIC_URL}/data/")
    found = Dataset.objects.public().filter(Q(slug=own) | (Q(identifier=key) & ~Q(identifier="")))
    one = described(found).order_by("pk").first()
    if one is None:
        raise Missing("Not found")
    return one


@action
def package_list(params: Params, _reader: Reader) -> list[str]:
    """Return the names of all datasets."""
    return _page(params, searching.names())


@action
def package_show(params: Params, _reader: Reader) -> Json:
    """Return one dataset."""
    return packages.package(_package(params.needed("id", "name_or_id")))


@action
def package_search(params: Params, _reader: Reader) -> Json:
    """Return the datasets that fit."""
    return searching.search(params)


@action
def current_package_list_with_resources(params: Params, _reader: Reader) -> list[Json]:
    """Return datasets with all that is known, the one that changed last first."""
    limit = params.number("limit", 100, most=MOST)
    start = params.number("offset", 0)
    if params.given.get("page"):
        start = (max(params.number("page", 1), 1) - 1) * limit
    found = described(Dataset.objects.public().order_by("-changed_at", "slug"))
    return [packages.package(one) for one in found[start : start + limit]]


@action
def package_autocomplete(params: Params, _reader: Reader) -> list[Json]:
    """Return the datasets whose name or title holds a text."""
    wanted = params.needed("q")
    titles = Q()
    for language in ("de", "pl", "en", "dsb"):
        titles |= Q(**{f"title__{language}__icontains": wanted})
    found = Dataset.objects.public().filter(titles | Q(slug__icontains=wanted)).order_by("slug")
    rows = found.only("slug", "title")[: params.number("limit", 10, most=MOST)]
    return [
        {
            "name": one.slug,
            "title": packages.text(one.title),
            "match_field": "name" if wanted.lower() in one.slug else "title",
            "match_displayed": f"{packages.text(one.title)} ({one.slug})",
        }
        for one in rows
    ]


@action
def recently_changed_packages_activity_list(params: Params, _reader: Reader) -> list[Json]:
    """Return the datasets that changed last, as activities."""
    start, limit = params.number("offset", 0), params.number("limit", 31, most=100)
    found = (
        Dataset.objects.public()
        .order_by("-changed_at", "slug")
        .only("slug", "title", "changed_at", "created_at")
    )
    return [
        {
            "id": f"{one.slug}-{one.changed_at:%Y%m%d%H%M%S}",
            "timestamp": packages.when(one.changed_at),
            "object_id": one.slug,
            "user_id": None,
            "activity_type": "changed package",
            "data": {"package": {"id": one.slug, "name": one.slug, "title": packages.text(one.title)}},
        }
        for one in found[start : start + limit]
    ]


@action
def resource_show(params: Params, _reader: Reader) -> Json:
    """Return one distribution."""
    one = find_resource(params.needed("id"))
    dataset = described(Dataset.objects.filter(pk=one.dataset_id)).get()
    return packages.resource(one, dataset)


def find_resource(key: str) -> Distribution:
    """Return a public distribution by its name, `<dataset>--<distribution>`."""
    dataset, _dashes, slug = key.partition("--")
    found = Distribution.objects.public().filter(dataset__slug=dataset, slug=slug).first()
    if found is None:
        raise Missing("Not found: Resource was not found.")
    return found


@action
def resource_search(params: Params, _reader: Reader) -> Json:
    """Return the distributions whose field holds a text: `name:trees`, several with AND."""
    wanted = params.json("query")
    parts = wanted if isinstance(wanted, list) else [wanted]
    found = Distribution.objects.public()
    for part in parts:
        field, colon, text = part.partition(":") if isinstance(part, str) else ("", "", "")
        columns = {
            "name": "title__de",
            "format": "format",
            "description": "description__de",
            "url": "download_url",
            "id": "slug",
        }
        if not colon or field not in columns:
            raise Invalid(query=[f"Must be <field>:<value> with one of {', '.join(columns)}"])
        found = found.filter(**{f"{columns[field]}__icontains": text})
    start, limit = params.number("offset", 0), params.number("limit", 100, most=MOST)
    rows = found.order_by("dataset__slug", "position", "pk")[start : start + limit]
    datasets = {
        one.pk: one for one in described(Dataset.objects.filter(pk__in=[row.dataset_id for row in rows]))
    }
    return {
        "count": found.count(),
        "results": [packages.resource(row, datasets[row.dataset_id]) for row in rows],
    }


def _counted() -> list[Json]:
    """Return the publishers of public datasets with their numbers."""
    counts = {
        name: count for name, _title, count in searching.organizations(Dataset.objects.public().order_by())
    }
    found = Agent.objects.filter(slug__in=counts).order_by("slug")
    return [packages.organization(one, count=counts[one.slug]) for one in found]


@action
def organization_list(params: Params, _reader: Reader) -> list[Any]:
    """Return the publishers."""
    wanted = set(params.list("organizations"))
    found = [one for one in _counted() if not wanted or one["name"] in wanted]
    return _listed(params, found)


def _listed(params: Params, found: list[Json]) -> list[Any]:
    """Return a page of organisations or groups: their names, or with `all_fields` all of them."""
    sort = params.text("sort", default="title asc")
    name = sort.split(" ")[0]
    key = name if name in {"name", "package_count", "title"} else "title"
    found.sort(key=lambda one: (one[key], one["name"]), reverse=sort.endswith("desc"))
    page = _page(params, found)
    return page if params.flag("all_fields") else [one["name"] for one in page]


@action
def organization_show(params: Params, _reader: Reader) -> Json:
    """Return one publisher, with `include_datasets` also what is published."""
    key = params.needed("id")
    found = next((one for one in _counted() if key in {one["id"], one["name"]}), None)
    if found is None:
        raise Missing("Not found")
    if params.flag("include_datasets"):
        found["packages"] = _datasets(Q(publisher__slug=found["name"]))
    return found


def _datasets(condition: Q) -> list[Json]:
    found = Dataset.objects.public().filter(condition).order_by("-changed_at", "slug")
    return [packages.package(one) for one in described(found)[:MOST]]


@action
def organization_autocomplete(params: Params, _reader: Reader) -> list[Json]:
    """Return the publishers whose name holds a text."""
    wanted = params.needed("q").lower()
    found = [one for one in _counted() if wanted in one["name"] or wanted in one["title"].lower()]
    return [
        {key: one[key] for key in ("id", "name", "title")}
        for one in found[: params.number("limit", 20, most=MOST)]
    ]


def _groups() -> list[Json]:
    counts = {name: count for name, _title, count in searching.groups(Dataset.objects.public().order_by())}
    return [packages.group(one, count=counts.get(code.lower(), 0)) for code, one in THEMES.items()]


@action
def group_list(params: Params, _reader: Reader) -> list[Any]:
    """Return the themes."""
    wanted = set(params.list("groups"))
    return _listed(params, [one for one in _groups() if not wanted or one["name"] in wanted])


@action
def group_show(params: Params, _reader: Reader) -> Json:
    """Return one theme, with `include_datasets` also its datasets."""
    key = params.needed("id").lower()
    found = next((one for one in _groups() if one["name"] == key), None)
    if found is None:
        raise Missing("Not found")
    if params.flag("include_datasets"):
        result = searching.search(Params({"fq": f'groups:"{key}"', "rows": MOST}))
        found["packages"] = result["results"]
    return found


@action
def tag_list(params: Params, _reader: Reader) -> list[Any]:
    """Return the keywords in use; with `query` those that hold a text."""
    if params.text("vocabulary_id"):
        raise Missing("Not found: could not find vocabulary")
    found = (
        Keyword.objects.filter(datasets__in=Dataset.objects.public().values("pk")).distinct().order_by("word")
    )
    if wanted := params.text("query"):
        found = found.filter(word__icontains=wanted)
    start, limit = params.number("offset", 0), params.number("limit", 10_000, most=10_000)
    page = found[start : start + limit]
    return [packages.tag(one) if params.flag("all_fields") else one.word for one in page]


@action
def tag_show(params: Params, _reader: Reader) -> Json:
    """Return one keyword, with `include_datasets` also its datasets."""
    key = params.needed("id")
    found = Keyword.objects.filter(datasets__in=Dataset.objects.public().values("pk"))
    one = found.filter(Q(word=key) | Q(slug=key)).order_by("pk").first()
    if one is None:
        raise Missing("Not found")
    told = packages.tag(one)
    if params.flag("include_datasets"):
        told["packages"] = _datasets(Q(keywords__word=one.word))
    return told


@action
def tag_autocomplete(params: Params, _reader: Reader) -> list[str]:
    """Return keywords that begin with a text."""
    found = Keyword.objects.filter(datasets__in=Dataset.objects.public().values("pk"))
    wanted = params.needed("query", "q")
    words = found.filter(word__istartswith=wanted).order_by("word").values_list("word", flat=True).distinct()
    return list(words[: params.number("limit", 10, most=MOST)])


@action
def license_list(_params: Params, _reader: Reader) -> list[Json]:
    """Return the licences."""
    return [packages.license_entry(one) for one in LICENCES.values()]


@action
def format_autocomplete(params: Params, _reader: Reader) -> list[str]:
    """Return formats in use that hold a text."""
    wanted = params.needed("q").lower()
    found = searching.formats(Dataset.objects.public().order_by())
    return sorted(title for title, _same, _count in found if wanted in title.lower())[
        : params.number("limit", 5)
    ]


@action
def vocabulary_list(_params: Params, _reader: Reader) -> list[Json]:
    """Return no vocabularies: keywords are free."""
    return []


@action
def site_read(_params: Params, _reader: Reader) -> bool:
    """Return that everybody may read."""
    return True


@action
def status_show(_params: Params, _reader: Reader) -> Json:
    """Return what kind of CKAN this is."""
    town = current_town()
    return {
        "ckan_version": "2.11.0",
        "stadtkern_version": __version__,
        "site_url": settings.PUBLIC_URL,
        "site_title": town.title,
        "site_description": "",
        "locale_default": settings.LANGUAGE_CODE,
        "error_emails_to": None,
        "extensions": ["datastore", "dcat"],
    }


@action
def help_show(params: Params, _reader: Reader) -> str:
    """Return what an action does."""
    found = ACTIONS.get(params.needed("name"))
    if found is None:
        raise Missing("Not found: Action function not found")
    return (found.__doc__ or "").strip()
