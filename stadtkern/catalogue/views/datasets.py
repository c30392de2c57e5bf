"""Pages of datasets: the list, one dataset, its editions, and what is left of one that was taken back."""

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from stadtkern.base.errors import NotFound
from stadtkern.catalogue import listing, page_parts, uses
from stadtkern.catalogue.access import Reader, demand, note_read, reader_of, visible
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.catalogue.showing import dataset_page, siblings
from stadtkern.catalogue.tableset import distributions_of, editions, tables_of

PAGE = 20
RELATED = ("profile__owner", "publisher", "series", "area")


class Withdrawn(Exception):
    """The dataset was taken back; its page says so."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset.slug)
        self.dataset = dataset


def dataset_for(reader: Reader, slug: str) -> Dataset:
    """Return a dataset that the reader may know of.

    Raises
    ------
    Withdrawn
        if it was public once and was taken back.
    Http404
        if there is none, or the reader may not know of it.
    """
    found = Dataset.objects.select_related(*RELATED).filter(slug=slug).first()
    if found is not None and found.withdrawn_at and found.issued:
        raise Withdrawn(found)
    if found is None or not (found.is_public or visible(reader).filter(pk=found.pk).exists()):
        raise Http404
    return found


def tombstone(request: HttpRequest, dataset: Dataset) -> HttpResponse:
    """Say that a dataset was taken back, why, and what to use instead."""
    context = {"dataset": dataset, "siblings": siblings(dataset)}
    return render(request, "catalogue/tombstone.html", context, status=410)


def table_for(dataset: Dataset, slug: str) -> tuple[Distribution, Version]:
    """Return a table of a dataset with its current edition."""
    for distribution, version in tables_of(distributions_of(dataset).filter(slug=slug)):
        distribution.dataset = dataset
        return distribution, version
    raise Http404


def edition_for(distribution: Distribution, current: Version, number: int) -> Version:
    """Return an edition that everybody may see."""
    if number == current.number:
        return current
    return get_object_or_404(editions(distribution, current), number=number)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the datasets, with ways to narrow the list."""
    seen, wanted = visible(reader_of(request)), listing.asked(request.GET.dict())
    found = listing.fitting(seen, wanted)
    page = Paginator(found.select_related("publisher", "profile"), PAGE).get_page(request.GET.get("page"))
    formats = listing.formats_of(page)
    context = {
        "page_obj": page,
        "asked": wanted,
        "facets": listing.facets(found, wanted),
        "orders": [(name, title) for name, (title, _columns) in listing.ORDERS.items()],
        "rows": [(one, formats[one.pk]) for one in page],
    }
    return render(request, "catalogue/datasets.html", context)


@require_safe
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one dataset."""
    reader = reader_of(request)
    try:
        found = dataset_for(reader, slug)
    except Withdrawn as gone:
        return tombstone(request, gone.dataset)
    uses.note(request, found, "view")
    context = {
        "shown": dataset_page(found, reader),
        "dataset": found,
        "head": page_parts.head(request, found),
        "parts": page_parts.shown(request, found),
    }
    return render(request, "catalogue/dataset.html", context)


@require_safe
def versions(request: HttpRequest, slug: str) -> HttpResponse:
    """List all editions of the tables of a dataset."""
    try:
        found = dataset_for(reader_of(request), slug)
    except Withdrawn as gone:
        return tombstone(request, gone.dataset)
    tables = tables_of(distributions_of(found))
    chosen = next(
        (one for one in tables if one[0].slug == request.GET.get("table")), next(iter(tables), None)
    )
    if chosen is None:
        raise Http404
    chosen[0].dataset = found
    page = Paginator(editions(*chosen), PAGE).get_page(request.GET.get("page"))
    context = {"dataset": found, "page_obj": page, "distribution": chosen[0], "tables": tables}
    return render(request, "catalogue/versions.html", context)


@require_safe
def version(request: HttpRequest, slug: str, number: int, table: str | None = None) -> HttpResponse:
    """Show what is known of one edition: when, what changed, its files. The address lasts."""
    try:
        found = dataset_for(reader_of(request), slug)
    except Withdrawn as gone:
        return tombstone(request, gone.dataset)
    shown = distributions_of(found)
    tables = tables_of(shown.filter(slug=table) if table else shown)
    if not tables:
        raise Http404
    distribution, current = tables[0]
    distribution.dataset = found
    return _version_page(request, found, distribution, edition_for(distribution, current, number))


def _version_page(
    request: HttpRequest, dataset: Dataset, distribution: Distribution, version: Version
) -> HttpResponse:
    from stadtkern.catalogue.changes import changes  # noqa: PLC0415  # only this page compares
    from stadtkern.catalogue.citing import citation  # noqa: PLC0415

    context = {
        "dataset": dataset,
        "distribution": distribution,
        "version": version,
        "changes": changes(version),
        "citation": citation(dataset, version, licence=distribution.licence_facts.title),
    }
    return render(request, "catalogue/version.html", context)


@require_safe
def version_file(request: HttpRequest, slug: str, table: str, number: int) -> HttpResponseBase:
    """Answer with the file of an edition as it was uploaded."""
    reader = reader_of(request)
    try:
        found = dataset_for(reader, slug)
    except Withdrawn as gone:
        return tombstone(request, gone.dataset)
    demand(reader, found)
    distribution, current = table_for(found, table)
    edition = edition_for(distribution, current, number)
    path = edition.source_path
    if not path.is_file():
        raise NotFound("The file of this version is no longer kept.")
    name = f"{slugify(f'{found.slug}-{distribution.slug}')}-{number}{path.suffix}"
    note_read(reader, found, "file", edition.rows)
    uses.note(request, found, "download")
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def page_of(dataset: Dataset) -> str:
    """Return the address of the page of a dataset."""
    return reverse("dataset", args=[dataset.slug])
