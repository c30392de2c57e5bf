"""A map of what is being measured now, with its list."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stadtkern.contracts.option import Option
from stadtkern.contracts.properties import OBSERVED_PROPERTIES
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import address, is_stale, place_name, sources_of, text_of
from stadtkern.observations.models import Datastream
from stadtkern.observations.queries import Latest, latest_values
from stadtkern.web.maps import Place

MOST, MOST_LISTED, MOST_TEXTS = 400, 100, 3
KINDS: Mapping[str, Sequence[str]] = {
    "water": ("water_level", "discharge", "water_temperature"),
    "weather": ("air_temperature", "relative_humidity", "precipitation", "wind_speed", "air_pressure"),
    "air": ("pm10", "pm2_5", "nitrogen_dioxide", "ozone", "sulphur_dioxide", "noise"),
    "traffic": ("parking_free", "vehicles_available", "docks_available", "count"),
    "energy": ("charging_points", "charging_power", "electricity_price", "electricity_power"),
    "nature": ("soil_moisture", "soil_temperature"),
}
KIND_OF = {slug: kind for kind, slugs in KINDS.items() for slug in slugs}
ORDER = list(KIND_OF)


def values_on_the_map(wanted: str) -> list[Latest]:
    """Return the newest public values with a place; two queries."""
    streams = Datastream.objects.filter(
        is_forecast=False, profile__is_published=True, latest__isnull=False, thing__location__isnull=False
    )
    if wanted:
        streams = streams.filter(observed_property__slug=wanted)
    return list(latest_values(list(streams.order_by("key").values_list("key", flat=True)[:MOST])).values())


def rank(value: Latest) -> int:
    """Return how soon a property is named among those of a place."""
    slug = value.datastream.observed_property.slug
    return ORDER.index(slug) if slug in KIND_OF else len(ORDER)


def place(values: list[Latest]) -> Place:
    """Return one place with its most telling values."""
    ordered = sorted(values, key=lambda value: (rank(value), value.datastream.key))
    first = ordered[0]
    point = first.datastream.thing.location
    texts = [f"{one.datastream.observed_property.label} {text_of(one)}" for one in ordered[:MOST_TEXTS]]
    return Place(
        key=str(first.datastream.thing_id),
        name=place_name(first),
        text=", ".join(texts),
        url=address("stream", first.datastream.pk),
        kind=KIND_OF.get(first.datastream.observed_property.slug, "other"),
        state="stale" if is_stale(first) else "",
        longitude=point.x,
        latitude=point.y,
        time=first.time,
    )


def places_of(values: list[Latest]) -> list[Place]:
    """Return the places, those measured last first."""
    things: dict[int, list[Latest]] = {}
    for value in values:
        things.setdefault(value.datastream.thing_id, []).append(value)
    ordered = sorted(
        things.values(), key=lambda group: (-max(one.time for one in group).timestamp(), place_name(group[0]))
    )
    return [place(group) for group in ordered]


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
