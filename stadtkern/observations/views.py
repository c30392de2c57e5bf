"""Pages and data of single datastreams."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from stadtkern.observations import pages
from stadtkern.observations.access import access_for, visible_streams
from stadtkern.observations.interface import interface_page
from stadtkern.observations.models import Datastream, DatastreamQuerySet, ObservedProperty
from stadtkern.observations.queries.text import CsvText
from stadtkern.observations.spans import SPANS, asked_points, asked_span

PAGE = 50


def _visible(request: HttpRequest) -> DatastreamQuerySet:
    """Return the series that the reader may see on pages."""
    return visible_streams(access_for(user=request.user)).single()


def stream_for(request: HttpRequest, pk: int) -> Datastream:
    """Return a series that the reader may see."""
    return _among(_visible(request), pk)


def _among(visible: DatastreamQuerySet, pk: int) -> Datastream:
    related = ("thing", "observed_property", "sensor", "profile__owner")
    return get_object_or_404(visible.select_related(*related), pk=pk)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the datastreams with their newest values."""
    wanted = request.GET.get("q", "").replace("\0", "").strip()[:200]
    chosen = request.GET.get("property", "").replace("\0", "")[:100]
    visible = _visible(request)
    streams = visible.matching(wanted, chosen).for_list()
    page = Paginator(streams, PAGE).get_page(request.GET.get("page"))
    shown = ObservedProperty.objects.filter(datastreams__in=visible)
    properties = sorted(shown.distinct(), key=lambda found: found.label)
    context = {"page_obj": page, "q": wanted, "chosen": chosen, "properties": properties}
    return render(request, "observations/streams.html", context)


@require_safe
def interface(request: HttpRequest) -> HttpResponse:
    """Say how programs read the values."""
    return render(request, "observations/interface.html", {"shown": interface_page(_visible(request))})


@require_safe
def stream(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one datastream."""
    visible = _visible(request)
    found = _among(visible, pk)
    asked = request.GET.get("span", "")
    page = pages.stream_page(found, asked if asked in SPANS else "week", visible)
    return render(request, "observations/stream.html", {"shown": page, "stream": found})


@require_safe
def series_json(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with a series for a chart."""
    found = stream_for(request, pk)
    body = pages.series_json(found, asked_span(request.GET), asked_points(request.GET))
    return JsonResponse(body, headers={"Access-Control-Allow-Origin": "*"})


@require_safe
def data_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Answer with all values as CSV, as the spreadsheets of the active language take it."""
    found, asked = stream_for(request, pk), asked_span(request.GET)
    pieces = CsvText(found, get_language() or "en").pieces(asked.start, asked.end)
    body = _threaded(pieces) if isinstance(request, ASGIRequest) else pieces
    name = f"{slugify(found.key.replace(':', '-')) or found.pk}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)


async def _threaded(pieces: Iterator[str]) -> AsyncIterator[str]:
    """Yield the pieces without stopping the other requests while one is read."""
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
