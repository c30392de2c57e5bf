"""The course of up to four series over days, months or a year."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stadtkern.base import clock
from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import facts, latest, place_name, sources_of, text_of
from stadtkern.observations.queries import Latest, series
from stadtkern.web.charts import Line

MOST = 4
SPANS = {"1": 1, "3": 3, "7": 7, "30": 30, "365": 365}


def sentence(values: list[Latest], days: int) -> str:
    """Say what the picture shows and the newest value of each line."""
    what = values[0].datastream.observed_property.label
    newest = ", ".join(f"{place_name(value)}: {text_of(value)}" for value in values)
    text = ngettext(
        "%(what)s in the last 24 hours. Newest: %(newest)s.",
        "%(what)s in the last %(days)d days. Newest: %(newest)s.",
        days,
    )
    return text % {"what": what, "days": days, "newest": newest}


def comparable(values: list[Latest]) -> list[Latest]:
    """Keep the series that share the unit of the first one; others need a picture of their own."""
    return [value for value in values if value.unit == values[0].unit][:MOST]


def label_of(value: Latest, values: list[Latest]) -> str:
    """Name a line by its place, or by what is measured if the place is the same for all."""
    same_place = len({one.datastream.thing_id for one in values}) == 1
    return value.datastream.observed_property.label if same_place and len(values) > 1 else place_name(value)


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the lines of the chart."""
    found = list(latest((config.get("datastreams") or ())[:MOST]).values())
    if not found:
        return {"sentence": _("There is nothing measured to show yet.")}
    values = comparable(found)
    days = SPANS.get(str(config.get("days")), 7)
    end = max(clock.now(), *(value.time + timedelta(microseconds=1) for value in values))
    lines = []
    for value in values:
        points = series(value.datastream, end - timedelta(days=days), end, max_points=480 // len(values))
        label = label_of(value, values)
        lines.append(
            Line(
                times=points.times,
                values=points.values,
                label=label,
                is_forecast=value.datastream.is_forecast,
            )
        )
    return {
        **facts(max(values, key=lambda value: value.time)),
        "sources": sources_of(values),
        "sentence": sentence(values, days),
        "lines": lines,
        "has_points": any(line.times for line in lines),
        "unit": values[0].unit,
        "decimals": values[0].decimals,
        "left_out": len(found) - len(values),
    }


tile = Tile(
    title=gettext_lazy("Course over time"),
    description=gettext_lazy("A chart of up to four series with the same unit."),
    template="tiles/time_series/tile.html",
    context=context,
    options=(
        Option(
            name="datastreams",
            kind="datastreams",
            label=gettext_lazy("Series of measurements"),
            help=gettext_lazy("Up to four with the same unit."),
            required=True,
        ),
        Option(
            name="days",
            kind="choice",
            label=gettext_lazy("Time shown"),
            default="7",
            required=True,
            choices=(
                ("1", gettext_lazy("24 hours")),
                ("3", gettext_lazy("3 days")),
                ("7", gettext_lazy("7 days")),
                ("30", gettext_lazy("30 days")),
                ("365", gettext_lazy("one year")),
            ),
        ),
    ),
    spans=(2, 1, 3),
    queries=14,
)
