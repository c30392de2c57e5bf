"""Single tiles, embeds, kiosk and live update."""

from csp.decorators import csp_replace
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from stadtkern.base.errors import BadInput
from stadtkern.dashboards.events import changes_since, hub
from stadtkern.dashboards.rendering import pictures
from stadtkern.dashboards.services import drawn_tiles, find_tile, home_cockpit, public_cockpit, tile_places
from stadtkern.web.maps import feature_collection


@require_safe
def tile(request: HttpRequest, page: int, block_id: str) -> HttpResponse:
    """Answer with one tile, to be put in the place of its older self."""
    placed = find_tile(public_cockpit(page), block_id)
    (picture,) = pictures([placed], language=get_language() or "", at_once=True)
    response = HttpResponse(picture.safe_html)
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def places(request: HttpRequest, page: int, block_id: str) -> HttpResponse:
    """Answer with the places a tile shows, for its map."""
    answer = JsonResponse(feature_collection(tile_places(find_tile(public_cockpit(page), block_id))))
    answer["Content-Type"] = "application/geo+json"
    answer["Cache-Control"] = "no-cache"
    return answer


@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type]  # django-csp types views without arguments
def embed(request: HttpRequest, page: int, block_id: str) -> HttpResponse:
    """Show one tile on a page that others may frame."""
    cockpit = public_cockpit(page)
    placed = find_tile(cockpit, block_id)
    (picture,) = pictures([placed], language=get_language() or "")
    return render(request, "dashboards/embed.html", {"cockpit": cockpit, "tile": placed, "picture": picture})


@require_safe
def kiosk(request: HttpRequest, page: int | None = None) -> HttpResponse:
    """Show the tiles of a cockpit one by one on a big screen."""
    cockpit = public_cockpit(page) if page else home_cockpit(request)
    return render(request, "dashboards/kiosk.html", {"cockpit": cockpit, "drawn": drawn_tiles(cockpit)})


@require_safe
def changes(request: HttpRequest) -> JsonResponse:
    """Answer which datastreams changed after `?since=`, for pages that cannot listen."""
    since = request.GET.get("since", "0")
    if not since.isascii() or not since.isdigit() or len(since) > 18:  # noqa: PLR2004  # fits 64 bits
        raise BadInput("`since` must be a whole number")
    response = JsonResponse(changes_since(int(since))[1])
    response["Cache-Control"] = "no-cache"
    return response


async def events(request: HttpRequest) -> HttpResponseBase:
    """Tell a page which datastreams change, as server-sent events."""
    if not isinstance(request, ASGIRequest) or hub.is_full:
        return HttpResponse(status=204)  # tells a browser to stop asking for a stream (HTML, section 9.2.3)
    last = request.headers.get("Last-Event-ID", "")
    since = int(last) if last.isascii() and last.isdigit() and len(last) <= 18 else None  # noqa: PLR2004
    response = StreamingHttpResponse(hub.stream(since), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response
