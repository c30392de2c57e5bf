"""The files, for a Masterportal wherever it stands."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from stadtkern.standards.masterportal import documents

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=60",
    "Vary": "Accept-Language",
}


def _json(make: Callable[[], Any]) -> Callable[[HttpRequest], HttpResponse]:
    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(msgspec.json.encode(make()), content_type="application/json", headers=HEADERS)

    return view


@require_safe
def config_js(request: HttpRequest) -> HttpResponse:
    """Answer with `config.js`."""
    return HttpResponse(documents.config_js(), content_type="text/javascript; charset=utf-8", headers=HEADERS)


@require_safe
def tile_style(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with the style of a layer of vector tiles."""
    body = msgspec.json.encode(documents.tile_style(name))
    return HttpResponse(body, content_type="application/json", headers=HEADERS)


config_json = _json(documents.config_json)
services = _json(documents.services)
rest_services = _json(documents.rest_services)
style_v3 = _json(documents.style_v3)
