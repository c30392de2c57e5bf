"""Places with their newest public values, for the map page and the map tile."""

from collections.abc import Mapping
from typing import Any, cast

from django.contrib.gis.geos import Point

from stadtkern.dashboards.data import address, is_stale, place_name, text_of
from stadtkern.observations import kinds
from stadtkern.observations.models import Datastream
from stadtkern.observations.queries import Latest, latest_values
from stadtkern.web.maps import Place, by_relevance

MOST, MOST_TEXTS = 400, 3
HOUSEKEEPING = (
    "battery_level", "battery_voltage", "gateways", "link_margin", "signal_strength", "signal_to_noise",
)  # fmt: skip
"""What devices say about themselves; it describes no place."""


def values_on_the_map(wanted: str) -> list[Latest]:
    """Return the newest public values with a place; two queries."""
    streams = Datastream.objects.public().filter(
        is_forecast=False, latest__isnull=False, thing__location__isnull=False
    )
    streams = (
        streams.filter(observed_property__slug=wanted)
        if wanted
        else streams.exclude(observed_property__slug__in=HOUSEKEEPING)
    )
    return list(latest_values(list(streams.order_by("key").values_list("key", flat=True)[:MOST])).values())


def place(values: list[Latest]) -> Place:
    """Return one place with its most telling values."""
    ordered = sorted(
        values, key=lambda value: (kinds.rank(value.datastream.observed_property.slug), value.datastream.key)
    )
    first = ordered[0]
    point = cast("Point", first.datastream.thing.location)
    texts = [f"{one.datastream.observed_property.label} {text_of(one)}" for one in ordered[:MOST_TEXTS]]
    return Place(
        key=str(first.datastream.thing_id),
        name=place_name(first),
        text=", ".join(texts),
        url=address("stream", first.datastream.pk),
        kind=kinds.kind(first.datastream.observed_property.slug),
        state="stale" if is_stale(first) else "",
        longitude=point.x,
        latitude=point.y,
        time=first.time,
    )


def places_of(values: list[Latest]) -> list[Place]:
    """Return the places, those of the town first."""
    things: dict[int, list[Latest]] = {}
    for value in values:
        things.setdefault(value.datastream.thing_id, []).append(value)
    return by_relevance(place(group) for group in things.values())


def features() -> Mapping[str, Any]:
    """Return the places as GeoJSON for the map page, in the active language."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": one.key,
                "geometry": {"type": "Point", "coordinates": [one.longitude, one.latitude]},
                "properties": {
                    "name": one.name,
                    "text": one.text,
                    "time": one.time.isoformat() if one.time else None,
                    "url": one.url,
                    "kind": one.kind,
                    "state": one.state,
                },
            }
            for one in places_of(values_on_the_map(""))
        ],
    }
