"""One newest value with its trend and what is usual for the season."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import facts, latest_of, month_name, place_name, text_of, usual_band
from stadtkern.observations.queries import Latest, Trend, UsualRange, series, trend, usual_range
from stadtkern.web.charts import Line
from stadtkern.web.numbers import number_text

DAYS = 2


def sentence(value: Latest, usual: UsualRange | None) -> str:
    """Say what is measured where, and whether that is as usual."""
    parts: dict[str, object] = {
        "what": value.datastream.observed_property.label,
        "where": place_name(value),
        "value": text_of(value),
        "month": month_name(value.time),
    }
    if usual is None:
        # Translators: what is such as Air temperature, where such as Guben
        return _("%(what)s, %(where)s: %(value)s.") % parts
    parts["low"] = number_text(usual.low, value.unit, value.decimals)
    parts["high"] = number_text(usual.high, value.unit, value.decimals)
    if value.result > usual.high:
        return (
            _("%(what)s, %(where)s: %(value)s – more than usual for %(month)s (%(low)s to %(high)s).") % parts
        )
    if value.result < usual.low:
        return (
            _("%(what)s, %(where)s: %(value)s – less than usual for %(month)s (%(low)s to %(high)s).") % parts
        )
    return _("%(what)s, %(where)s: %(value)s – as usual for %(month)s.") % parts


def trend_words(course: Trend | None) -> str:
    """Return the word beside the arrow."""
    words = {"rising": _("rising"), "falling": _("falling"), "steady": _("steady")}
    return words[course.direction] if course else ""


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the newest value, where it goes and how it compares."""
    value = latest_of(config.get("datastream"))
    if value is None:
        return {"sentence": _("There is no value to show yet.")}
    usual = usual_range(value.datastream, value.time)
    course = trend(value.datastream)
    start = value.time - timedelta(days=DAYS)
    points = series(value.datastream, start, value.time + timedelta(microseconds=1), max_points=120)
    label = place_name(value)
    return {
        **facts(value),
        "sentence": sentence(value, usual),
        "trend": course,
        "trend_words": trend_words(course),
        "line": Line(times=points.times, values=points.values, label=label) if points.count > 1 else None,
        "band": usual_band(usual, start, value.time, _("usual range")),
    }


tile = Tile(
    title=gettext_lazy("Newest value"),
    description=gettext_lazy("One number with its trend, and whether it is as usual for the season."),
    template="tiles/value/tile.html",
    context=context,
    options=(
        Option(
            name="datastream", kind="datastream", label=gettext_lazy("Series of measurements"), required=True
        ),
    ),
    queries=8,
)
