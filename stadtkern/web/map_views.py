"""The map of the town: the list is the page, the map makes it clearer."""

from collections.abc import Collection, Sequence
from itertools import islice
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from stadtkern.base.errors import BadInput, NotFound
from stadtkern.base.fields import finite
from stadtkern.web import map_layers
from stadtkern.web.map_layers import MapLayer
from stadtkern.web.map_setup import portal_setup
from stadtkern.web.maps import Place, by_relevance, distance, feature_collection, places_of
from stadtkern.web.qr import qr_svg
from stadtkern.web.town import current_town

PER_PAGE = 25
MOST_ON_MAP = 2000
MOST_IN_CODE = 500
"""Letters that a QR code on paper still shows well."""


def chosen_places(request: HttpRequest, on: Collection[str]) -> list[Place]:
    """Return the places of the layers that are on and fit the wanted word."""
    word = request.GET.get("q", "").strip().casefold()
    layers = [layer for layer in map_layers.all_layers() if layer.slug in on]
    places = (place for layer in layers for place in places_of(layer.features(), layer.slug))
    found = [place for place in places if word in f"{place.name} {place.text}".casefold()]
    if point := wanted_point(request):
        return sorted(found, key=lambda place: distance(place, *point))
    return by_relevance(found)


def wanted_point(request: HttpRequest) -> tuple[float, float] | None:
    """Return longitude and latitude of `?near=51.95,14.71` (latitude first, as people write it).

    Raises
    ------
    BadInput
        if there is something else.
    """
    text = request.GET.get("near", "").strip()
    if not text:
        return None
    try:
        latitude, longitude = (finite(part) for part in text[:40].split(","))
    except ValueError as error:
        raise BadInput(_("Write a place as latitude and longitude, such as 51.95,14.71.")) from error
    if abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004  # degrees
        raise BadInput(_("This place does not lie on the earth."))
    return longitude, latitude


def layers_of(request: HttpRequest) -> list[MapLayer]:
    """Return the whole tree: live layers, collections of features, maps of others."""
    live = [
        MapLayer(
            slug=one.slug,
            title=str(one.title),
            group="live",
            kind="live",
            url=f"{reverse('map-data')}?layer={one.slug}",
            page=f"{reverse('map')}?layer={one.slug}",
            is_on=True,
            features=one.features,
        )
        for one in map_layers.all_layers()
    ]
    pictures = [
        MapLayer(
            slug=f"wms-{one.slug}",
            title=one.title,
            group="external",
            kind="picture",
            url=f"/tiles/wms-{one.slug}/{{z}}/{{x}}/{{y}}.png",
            page=one.homepage or one.url,
            legend=reverse("tile-legend", args=[f"wms-{one.slug}"]),
            attribution=one.attribution,
            licence=one.licence,
        )
        for one in current_town().map_services
    ]
    return [*live, *map_layers.from_sources(request), *pictures]


def switched_on(request: HttpRequest, layers: Sequence[MapLayer]) -> list[str]:
    """Return the short names of the layers that are on: as the address says, else those on from the start."""
    if "layers" in request.GET:
        wanted = set(",".join(request.GET.getlist("layers"))[:4000].split(","))
        return [one.slug for one in layers if one.slug in wanted]
    if slug := request.GET.get("layer", ""):
        return [map_layers.get_layer(slug).slug]
    return [one.slug for one in layers if one.is_on]


@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    """Show the tree of layers, the list and the map."""
    layers = layers_of(request)
    on = switched_on(request, layers)
    page = Paginator(chosen_places(request, on), PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page_obj": page,
        "tree": map_layers.grouped(layers),
        "on": on,
        "lists": [one for one in layers if one.slug in on and not one.features and one.page],
        "point": wanted_point(request),
        "near": request.GET.get("near", ""),
        "word": request.GET.get("q", ""),
        "portal": portal_setup(layers, on),
        # the map draws the places of all live layers, and hides those whose layer is off
        "map_query": urlencode({name: request.GET[name] for name in ("q", "near") if request.GET.get(name)}),
    }
    return render(request, "web/map_page.html", facts)


@require_safe
def map_data(request: HttpRequest) -> JsonResponse:
    """Answer with the same places as GeoJSON."""
    slug = request.GET.get("layer", "")
    on = [map_layers.get_layer(slug).slug] if slug else [one.slug for one in map_layers.all_layers()]
    places = feature_collection(islice(chosen_places(request, on), MOST_ON_MAP))
    return JsonResponse(places, content_type="application/geo+json", headers={"Cache-Control": "max-age=60"})


@require_safe
def map_qr(request: HttpRequest) -> HttpResponse:
    """Draw the address of the map, with what it shows, as a QR code; without it if that would be too long."""
    query = request.META.get("QUERY_STRING", "")
    path = reverse("map") + (f"?{query}" if 0 < len(query) <= MOST_IN_CODE else "")
    return HttpResponse(qr_svg(path), content_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"})


@require_safe
def map_base(request: HttpRequest) -> HttpResponse:
    """Answer with the town's own base map (river, roads, outlines)."""
    path = current_town().folder / "base.geojson"
    if not path.is_file():
        raise NotFound("The town has no base map of its own.")
    headers = {"Cache-Control": "public, max-age=3600"}
    return HttpResponse(path.read_bytes(), content_type="application/geo+json", headers=headers)
