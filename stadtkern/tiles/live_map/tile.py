"""A map of what is being measured now, with its list."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stadtkern.contracts.option import Option
from stadtkern.contracts.properties import OBSERVED_PROPERTIES
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import address, sources_of
from stadtkern.dashboards.live_places import places_of, values_on_the_map

MOST_LISTED = 12


def sentence(count: int) -> str:
    """Say how many places report."""
    if not count:
        return _("No place on the map reports values yet.")
    return ngettext(
        "%(n)d place reports its newest values.", "%(n)d places report their newest values.", count
    ) % {"n": count}


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the places with their newest values."""
    values = values_on_the_map(str(config.get("property") or ""))
    places = places_of(values)
    return {
        "places": places,
        "listed": places[:MOST_LISTED],
        "sentence": sentence(len(places)),
        "time": max((value.time for value in values), default=None),
        "sources": sources_of(values)[:6],
        "detail_url": address("map"),
        "streams": [value.datastream.key for value in values],
    }


tile = Tile(
    title=gettext_lazy("Map of newest values"),
    description=gettext_lazy("Where in town something is measured, on a map and as a list."),
    template="tiles/live_map/tile.html",
    context=context,
    options=(
        Option(
            name="property",
            kind="choice",
            label=gettext_lazy("What to show"),
            help=gettext_lazy("Empty: everything that is measured."),
            choices=tuple((slug, gettext_lazy(known.name)) for slug, known in OBSERVED_PROPERTIES.items()),
        ),
    ),
    spans=(3, 2),
    queries=2,
)
