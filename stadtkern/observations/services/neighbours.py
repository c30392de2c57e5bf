"""What other stations nearby measured at the same time."""

import math

from stadtkern.observations import checks as tests
from stadtkern.observations.models import Datastream
from stadtkern.observations.queries.raw import raw

RADIUS = 50_000.0
"""Metres."""
MOST = 8
"""The nearest stations that are asked."""
_EARTH = 6_371_000.0


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance of two (longitude, latitude) in metres."""
    (lon1, lat1), (lon2, lat2) = ([math.radians(degrees) for degrees in place] for place in (one, other))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(half)))


def nearby(stream: Datastream) -> list[int]:
    """Return the datastreams of the same property at other places within `RADIUS`, nearest first."""
    here = stream.thing.location
    if here is None:
        return []
    others = (
        Datastream.objects.filter(
            observed_property=stream.observed_property, is_forecast=False, thing__location__isnull=False
        )
        .exclude(thing=stream.thing)
        .order_by("pk")
        .values_list("pk", "thing__location")
    )
    by_distance = sorted(
        (distance((here.x, here.y), (place.x, place.y)), pk) for pk, place in others if place
    )
    return [pk for metres, pk in by_distance if metres <= RADIUS][:MOST]


def neighbour_values(stream: Datastream, times: tests.Times) -> list[tests.Values]:
    """Return for each station nearby its values nearest to `times`, nan where it has none within an hour."""
    first, last = int(times[0]) - tests.HOUR, int(times[-1]) + tests.HOUR
    return [tests.at_times(times, *raw(pk, first, last + 1)) for pk in nearby(stream)]
