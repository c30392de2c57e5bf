"""The map of the town: the list is the page, the map makes it clearer."""

from itertools import islice

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from stadtkern.base.errors import BadInput, NotFound
from stadtkern.base.fields import finite
from stadtkern.web import map_layers
from stadtkern.web.maps import Place, by_relevance, distance, feature_collection, places_of
from stadtkern.web.town import current_town

PER_PAGE = 25
MOST_ON_MAP = 2000


def chosen_places(request: HttpRequest) -> list[Place]:
    """Return the places of the wanted layer that fit the wanted word."""
    slug, word = request.GET.get("layer", ""), request.GET.get("q", "").strip().casefold()
    layers = [map_layers.get_layer(slug)] if slug else map_layers.all_layers()
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


@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    """Show list and map."""
    places = chosen_places(request)
    page = Paginator(places, PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page_obj": page,
        "layers": map_layers.all_layers(),
        "layer": request.GET.get("layer", ""),
        "point": wanted_point(request),
        "near": request.GET.get("near", ""),
        "word": request.GET.get("q", ""),
        "query": request.GET.urlencode(),
    }
    return render(request, "web/map_page.html", facts)


@require_safe
def map_data(request: HttpRequest) -> JsonResponse:
    """Answer with the same places as GeoJSON."""
    places = feature_collection(islice(chosen_places(request), MOST_ON_MAP))
    return JsonResponse(places, content_type="application/geo+json", headers={"Cache-Control": "max-age=60"})


@require_safe
def map_base(request: HttpRequest) -> HttpResponse:
    """Answer with the town's own base map (river, roads, outlines)."""
    path = current_town().folder / "base.geojson"
    if not path.is_file():
        raise NotFound("The town has no base map of its own.")
    headers = {"Cache-Control": "public, max-age=3600"}
    return HttpResponse(path.read_bytes(), content_type="application/geo+json", headers=headers)
