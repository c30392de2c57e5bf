"""The water level of a river: what it means, alarm levels, both banks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stadtkern.base import clock
from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import (
    facts,
    is_stale,
    latest,
    levels_of,
    month_name,
    place_name,
    sources_of,
    text_of,
    usual_band,
)
from stadtkern.observations.queries import Latest, Level, Trend, UsualRange, series, trend, usual_range
from stadtkern.web.charts import Level as ChartLevel
from stadtkern.web.charts import Line
from stadtkern.web.numbers import number_text

DAYS = 3
STATES = {1: "warning", 2: "warning", 3: "danger", 4: "danger"}


@dataclass(frozen=True, slots=True)
class Gauge:
    """A gauge as the table shows it."""

    value: Latest
    name: str
    reached: Level | None
    next: Level | None
    stale: bool

    @property
    def state(self) -> str:
        """The state to show, empty below all alarm levels."""
        return STATES.get(self.reached.severity, "") if self.reached else ""


def what_to_do(severity: int) -> str:
    """Return what an alarm level means and asks for.

    After the four alarm levels of the German states on Elbe and Oder (Brandenburg: HWMDV, annex 2).
    """
    texts = {
        1: _("The river begins to leave its bed. Keep an eye on it; nothing else to do yet."),
        2: _("Meadows and low paths go under water. Stay away from the banks."),
        3: _("Single plots, roads and cellars can be flooded. Bring cars and valuables to higher ground."),
        4: _(
            "Built-up areas can be flooded. Follow the fire brigade and the crisis staff; in danger call 112."
        ),
    }
    return texts[min(max(severity, 1), 4)]


def gauge(value: Latest, levels: list[Level]) -> Gauge:
    """Return the gauge with the alarm level it has reached and the next one."""
    alarms = [level for level in levels if level.severity > 0]
    reached = [level for level in alarms if level.value <= value.result]
    above = [level for level in alarms if level.value > value.result]
    highest = max(reached, key=lambda level: (level.severity, level.value), default=None)
    return Gauge(value, place_name(value), highest, above[0] if above else None, is_stale(value))


def comparison(value: float, usual: UsualRange | None) -> str:
    """Return `normal`, `high` or `low` for the season; empty if it is not known."""
    if usual is None:
        return ""
    return "low" if value < usual.low else "high" if value > usual.high else "normal"


def sentence(one: Gauge, river: str, usual: UsualRange | None) -> str:
    """Say how the river stands and what to do."""
    parts = {
        "river": river or one.name,
        "value": text_of(one.value),
        "month": month_name(one.value.time),
    }
    if one.reached:
        parts["level"] = one.reached.name
        # Translators: river is such as The Neisse, level such as A3
        text = _("%(river)s stands at %(value)s, alarm level %(level)s is reached.") % parts
        return f"{text} {what_to_do(one.reached.severity)}"
    texts = {
        # Translators: river is such as The Neisse, month such as November
        "normal": _("%(river)s stands at %(value)s – normal for %(month)s. Nothing to do."),
        "high": _(
            "%(river)s stands at %(value)s – higher than usual for %(month)s, but no alarm level is reached."
        ),
        "low": _("%(river)s stands at %(value)s – lower than usual for %(month)s. Nothing to do."),
    }
    known = comparison(one.value.result, usual)
    if known:
        return texts[known] % parts
    if one.next:
        gap = one.next.value - one.value.result
        parts["gap"] = number_text(gap, one.value.unit, one.value.decimals)
        return _("%(river)s stands at %(value)s, %(gap)s below the first alarm level. Nothing to do.") % parts
    return _("%(river)s stands at %(value)s.") % parts


def trend_words(course: Trend | None, unit: str) -> str:
    """Say which way the water goes and how fast."""
    if course is None:
        return ""
    if course.direction == "steady":
        return _("steady")
    change = {
        "change": number_text(abs(course.change_per_hour), unit, 0 if abs(course.change_per_hour) >= 1 else 1)
    }
    if course.direction == "rising":
        return _("rising by %(change)s an hour") % change
    return _("falling by %(change)s an hour") % change


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the main gauge with its levels and course, and the other gauges."""
    others = [key for key in config.get("others") or () if key != config.get("gauge")]
    found = latest([config.get("gauge") or "", *others])
    main = found.get(config.get("gauge") or "")
    if main is None:
        return {"gauges": [], "sentence": _("There is no water level to show yet.")}
    now = clock.now()
    levels = levels_of([value.datastream for value in found.values()], now)
    gauges = [gauge(value, levels[value.datastream.pk]) for value in found.values()]
    first = gauges[0] if gauges[0].value is main else gauge(main, levels[main.datastream.pk])
    start = main.time - timedelta(days=DAYS)
    course = trend(main.datastream)
    usual = usual_range(main.datastream, main.time)
    points = series(main.datastream, start, main.time + timedelta(microseconds=1), max_points=300)
    return {
        **facts(main),
        "sources": sources_of(found.values()),
        "sentence": sentence(first, str(config.get("river") or ""), usual),
        "state": first.state,
        "is_judged": bool(first.reached or first.next),
        "trend": course,
        "trend_words": trend_words(course, main.unit),
        "gauges": gauges,
        "levels": [level for level in levels[main.datastream.pk] if level.severity > 0],
        "lines": [Line(times=points.times, values=points.values, label=first.name)],
        "chart_levels": [
            ChartLevel(label=level.name, value=level.value, severity=level.severity)
            for level in levels[main.datastream.pk]
            if level.severity > 0
        ],
        "band": usual_band(usual, start, main.time, _("usual range")),
    }


tile = Tile(
    title=gettext_lazy("Water level"),
    description=gettext_lazy("How the river stands, which alarm level is reached and what to do."),
    template="tiles/river_level/tile.html",
    context=context,
    options=(
        Option(
            name="river",
            kind="text",
            label=gettext_lazy("Name of the river"),
            help=gettext_lazy("As it begins a sentence, such as “The Neisse”. Empty: the name of the gauge."),
        ),
        Option(
            name="gauge", kind="datastream", label=gettext_lazy("Gauge the sentence is about"), required=True
        ),
        Option(
            name="others",
            kind="datastreams",
            label=gettext_lazy("Further gauges"),
            help=gettext_lazy("The other bank, or gauges upstream that see a flood earlier."),
        ),
    ),
    queries=10,
)
