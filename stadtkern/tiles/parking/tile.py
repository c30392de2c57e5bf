"""Free parking spaces."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import is_stale, latest, newest_of_property, place_name, sources_of
from stadtkern.observations.queries import Latest

MOST = 60


@dataclass(frozen=True, slots=True)
class CarPark:
    """A car park as the table shows it."""

    name: str
    free: Latest
    capacity: int | None
    stale: bool

    @property
    def spaces(self) -> int:
        """Free spaces; some sources count below zero when cars wait."""
        return max(0, round(self.free.result))


def car_parks(values: list[Latest]) -> list[CarPark]:
    """Return the car parks, most free spaces first; silent ones at the end."""
    sizes = {one.datastream.thing_id: one.result for one in newest_of_property("parking_capacity", most=400)}
    found = []
    for value in values:
        size = sizes.get(value.datastream.thing_id)
        found.append(CarPark(place_name(value), value, round(size) if size else None, is_stale(value)))
    return sorted(found, key=lambda one: (one.stale, -one.spaces, one.name))


def sentence(parks: list[CarPark]) -> str:
    """Say where there is room."""
    known = [park for park in parks if not park.stale]
    if not parks:
        return _("No car park reports its free spaces yet.")
    if not known:
        return _("No car park has reported for a while. Do not rely on the numbers.")
    if not known[0].spaces:
        return _("All car parks shown are full.")
    return _("Most room now: %(name)s, %(spaces)d free spaces.") % {
        "name": known[0].name,
        "spaces": known[0].spaces,
    }


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the chosen car parks, or all of them."""
    chosen = list(config.get("car_parks") or ())[:MOST]
    values = list(latest(chosen).values()) if chosen else newest_of_property("parking_free", most=MOST)
    parks = car_parks(values)
    return {
        "parks": parks,
        "sentence": sentence(parks),
        "time": max((value.time for value in values), default=None),
        "stale": bool(parks) and all(park.stale for park in parks),
        "sources": sources_of(values),
        "streams": [value.datastream.key for value in values],
    }


tile = Tile(
    title=gettext_lazy("Parking"),
    description=gettext_lazy("Where parking spaces are free now."),
    template="tiles/parking/tile.html",
    context=context,
    options=(
        Option(
            name="car_parks",
            kind="datastreams",
            label=gettext_lazy("Free spaces of these car parks"),
            help=gettext_lazy("Empty: all car parks of the town."),
        ),
    ),
    queries=4,
)
