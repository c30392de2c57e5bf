"""Charging points for electric cars."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import newest_of_property, place_name, sources_of
from stadtkern.observations.queries import Latest
from stadtkern.web.numbers import number_text

MOST, MOST_LISTED = 300, 10


def sentence(points: int, places: int, strongest: Latest | None) -> str:
    """Say how many points there are and how strong the best one is."""
    if not points:
        return _("No charging points are known yet.")
    at = ngettext("%(n)d place", "%(n)d places", places) % {"n": places}
    text = ngettext("%(n)d charging point at %(places)s.", "%(n)d charging points at %(places)s.", points)
    known = text % {"n": points, "places": at}
    if strongest is None:
        return known
    power = number_text(strongest.result, strongest.unit)
    best = _("The strongest: %(place)s with %(power)s.") % {"place": place_name(strongest), "power": power}
    return f"{known} {best}"


def with_place(values: list[Latest]) -> list[Latest]:
    """Leave out sums over a whole area, which stand nowhere, unless there is nothing else."""
    return [one for one in values if one.datastream.thing.location] or values


def context(config: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001  # nothing to set
    """Return the charging places, strongest first."""
    points = with_place(newest_of_property("charging_points", most=MOST))
    power = {one.datastream.thing_id: one for one in newest_of_property("charging_power", most=MOST)}
    rows: list[dict[str, Any]] = [
        {"name": place_name(one), "points": round(one.result), "power": power.get(one.datastream.thing_id)}
        for one in points
    ]
    rows.sort(key=lambda row: (-(row["power"].result if row["power"] else 0), row["name"]))
    strongest = rows[0]["power"] if rows else None
    return {
        "rows": rows[:MOST_LISTED],
        "more": max(0, len(rows) - MOST_LISTED),
        "sentence": sentence(sum(row["points"] for row in rows), len(rows), strongest),
        "time": max((one.time for one in points), default=None),
        "sources": sources_of(points),
        "streams": [one.datastream.key for one in [*points, *power.values()]],
    }


tile = Tile(
    title=gettext_lazy("Charging"),
    description=gettext_lazy("Where electric cars can be charged and how strong."),
    template="tiles/charging/tile.html",
    context=context,
    queries=4,
)
