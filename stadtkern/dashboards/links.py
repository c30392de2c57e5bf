"""Addresses of a placed tile."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation


def tile_links(page: int, block_id: str, language: str) -> dict[str, str]:
    """Return the addresses of fragment, places and embedded page; none while the page is not saved."""
    if not page or not block_id:
        return {"fragment_url": "", "places_url": "", "embed_url": ""}
    with translation.override(language):
        args = (page, block_id)
        return {
            "fragment_url": reverse("tile", args=args),
            "places_url": reverse("tile-places", args=args),
            "embed_url": settings.PUBLIC_URL + reverse("tile-embed", args=args),
        }
