"""The machine interface."""

from dataclasses import asdict
from urllib.parse import urlencode

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from stadtkern.places.queries import search_addresses


@require_safe
def addresses(request: HttpRequest) -> JsonResponse:
    """Find addresses: `?q=frankfurter str 12&page=2`."""
    text = request.GET.get("q", "")
    found = search_addresses(text, page=request.GET.get("page", "1"))
    following = found.next_page and f"{request.path}?{urlencode({'q': text, 'page': found.next_page})}"
    body = {"items": [asdict(item) for item in found.items], "page": found.page, "next": following}
    return JsonResponse(body)
