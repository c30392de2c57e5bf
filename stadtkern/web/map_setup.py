"""What the map portal is told: layers, words, where to search."""

import json
from collections.abc import Collection, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from stadtkern.web.map_layers import MapLayer


def portal_setup(layers: Sequence[MapLayer], on: Collection[str]) -> str:
    """Return the layers and words as JSON for `data-portal`."""
    setup = {
        "layers": [_layer(one, is_on=one.slug in on) for one in layers],
        "search": reverse("search-places"),
        "qr": reverse("map-qr"),
        "words": words(),
    }
    return json.dumps(setup, ensure_ascii=False)


def _layer(layer: MapLayer, *, is_on: bool) -> dict[str, object]:
    return {
        "slug": layer.slug,
        "title": layer.title,
        "kind": layer.kind,
        "url": layer.url,
        "sourceLayer": layer.source_layer,
        "items": layer.items,
        "page": layer.page,
        "attribution": layer.attribution,
        "licence": layer.licence,
        "bbox": layer.bbox,
        "times": layer.times,
        "on": is_on,
    }


def words() -> dict[str, str]:
    """Return what the portal says itself."""
    return {
        "found": _("What is here"),
        "nothing": _("Nothing lies here on the layers that are on."),
        "noResults": _("No place of this name was found."),
        "distance": _("Distance"),
        "area": pgettext("of a surface", "Area"),
        "points": _("Points"),
        "hint": _("Click into the map, or move the map and press Enter to take the point in its middle."),
        "text": _("Text for this drawing"),
        "remove": pgettext("button", "Remove"),
        "unnamed": _("without a name"),
        "allTimes": _("all times"),
        "noLayer": _("This layer cannot be loaded now."),
        "tooLong": _("These drawings are too many for an address; they stay on this device."),
        "kept": _("The drawings are in the address of this page; whoever gets it sees them."),
        "details": _("All that is known"),
    }
