"""Pages of things: list and map, one thing, its label."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from stadtkern.governance.models import DataProfile
from stadtkern.observations.access import access_for, visible_streams, visible_things
from stadtkern.observations.models import DatastreamQuerySet, ObservedProperty
from stadtkern.observations.queries.things import ThingFilter, things_for_list
from stadtkern.observations.thing_pages import place_of, thing_page
from stadtkern.web.maps import feature_collection
from stadtkern.web.qr import qr_image

PAGE = 25
MOST_ON_MAP = 2000
STATES = ("current", "silent")


def _visible(request: HttpRequest) -> DatastreamQuerySet:
    return visible_streams(access_for(user=request.user)).single()


def _wanted(request: HttpRequest) -> ThingFilter:
    """Read what is looked for."""
    text, prop, profile, state = (
        request.GET.get(name, "").replace("\0", "").strip()[:200]
        for name in ("q", "property", "profile", "state")
    )
    return ThingFilter(text=text, property=prop, profile=profile, state=state if state in STATES else "")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the things with their newest values, and show them on the map."""
    visible, wanted = _visible(request), _wanted(request)
    page = Paginator(things_for_list(visible, wanted), PAGE).get_page(request.GET.get("page"))
    rows = [(thing, place_of(thing, thing.shown_streams)) for thing in page]  # type: ignore[attr-defined]  # prefetched
    properties = ObservedProperty.objects.filter(datastreams__in=visible).distinct()
    profiles = DataProfile.objects.filter(datastreams__in=visible).distinct()
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page_obj": page,
        "places": [place for _thing, place in rows if place is not None],
        "elsewhere": [thing for thing, place in rows if place is None],
        "wanted": wanted,
        "properties": sorted(properties, key=lambda found: found.label),
        "profiles": sorted(profiles, key=str),
        "query": query.urlencode(),
    }
    return render(request, "observations/things.html", context)


@require_safe
def index_map(request: HttpRequest) -> JsonResponse:
    """Answer with the same things as GeoJSON."""
    things = things_for_list(_visible(request), _wanted(request)).filter(location__isnull=False)
    places = (place_of(thing, thing.shown_streams) for thing in things[:MOST_ON_MAP])  # type: ignore[attr-defined]  # prefetched
    body = feature_collection(place for place in places if place is not None)
    return JsonResponse(body, content_type="application/geo+json", headers={"Cache-Control": "no-cache"})


@require_safe
def thing(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one thing."""
    access = access_for(user=request.user)
    found = get_object_or_404(visible_things(access), pk=pk)
    context = {
        "shown": thing_page(found, visible_streams(access).single()),
        "thing": found,
        "may_change": request.user.has_perm("observations.change_thing", found),
    }
    return render(request, "observations/thing.html", context)


@require_safe
def thing_map(request: HttpRequest, pk: int) -> JsonResponse:
    """Answer with the place of one thing as GeoJSON."""
    access = access_for(user=request.user)
    found = get_object_or_404(visible_things(access), pk=pk)
    streams = visible_streams(access).single().filter(thing=found)
    place = place_of(found, list(streams.select_related("observed_property", "latest")))
    body = feature_collection([place] if place else [])
    return JsonResponse(body, content_type="application/geo+json", headers={"Cache-Control": "no-cache"})


@require_safe
def label(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the label to print and stick on a device: its name, its QR code, who answers for it."""
    access = access_for(user=request.user)
    found = get_object_or_404(visible_things(access), pk=pk)
    address = reverse("thing", args=[found.pk])
    stream = visible_streams(access).filter(thing=found).select_related("profile__owner").first()
    profile = stream.profile if stream else None
    context = {"thing": found, "address": address, "code": qr_image(address), "profile": profile}
    return render(request, "observations/label.html", context)
