"""Pages of datasets."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from stadtkern.catalogue import page_parts
from stadtkern.catalogue.access import reader_of, visible
from stadtkern.catalogue.models import Dataset, Distribution, Version

PAGE = 20


def dataset_for(request: HttpRequest, slug: str) -> Dataset:
    """Return a dataset that the reader may know of."""
    related = ("profile__owner", "publisher", "series", "area")
    return get_object_or_404(visible(reader_of(request)).select_related(*related), slug=slug)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the datasets."""
    found = visible(reader_of(request)).select_related("publisher")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "catalogue/datasets.html", {"page_obj": page})


@require_safe
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one dataset."""
    found = dataset_for(request, slug)
    context = {
        "dataset": found,
        "distributions": found.distributions.select_related("dataset__profile"),
        "head": page_parts.head(request, found),
        "parts": page_parts.shown(request, found),
    }
    return render(request, "catalogue/dataset.html", context)


@require_safe
def table(request: HttpRequest, slug: str, table: str) -> HttpResponse:
    """Show one table."""
    found = dataset_for(request, slug)
    distribution = get_object_or_404(Distribution, dataset=found, slug=table)
    return render(request, "catalogue/table.html", {"dataset": found, "distribution": distribution})


@require_safe
def version(request: HttpRequest, slug: str, number: int, table: str | None = None) -> HttpResponse:
    """Show one edition of a table."""
    found = dataset_for(request, slug)
    versions = Version.objects.filter(distribution__dataset=found, number=number, state=Version.State.READY)
    if table is not None:
        versions = versions.filter(distribution__slug=table)
    shown = versions.select_related("distribution").order_by("distribution__position").first()
    if shown is None:
        return get_object_or_404(versions)
    context = {"dataset": found, "distribution": shown.distribution, "version": shown}
    return render(request, "catalogue/table.html", context)
