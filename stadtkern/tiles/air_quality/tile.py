"""Air quality in plain words, by the index of the German Environment Agency."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stadtkern.base import clock
from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import facts, latest_of, place_name, siblings, sources_of
from stadtkern.observations.air_index import LIMITS
from stadtkern.observations.queries import Latest

STATES = ("success", "success", "info", "warning", "danger")
FRESH = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Pollutant:
    """One pollutant and its class."""

    value: Latest
    grade: int

    @property
    def state(self) -> str:
        """The state to show."""
        return STATES[self.grade]

    @property
    def word(self) -> str:
        """The class in a word."""
        return grade_word(self.grade)


def grade_of(slug: str, value: float) -> int:
    """Return the class of an hourly mean in whole ug/m3, from 0 (very good) to 4 (very poor)."""
    return bisect_left(LIMITS[slug], round(value))


def grade_word(grade: int) -> str:
    """Return the name of a class."""
    return (_("very good"), _("good"), _("moderate"), _("poor"), _("very poor"))[grade]


def sentence(grade: int, place: str) -> str:
    """Say what the class means for people."""
    texts = (
        _("The air is very good (%(place)s). Ideal for being outdoors."),
        _("The air is good (%(place)s). Nothing to do."),
        _("The air is moderate (%(place)s). People with asthma may feel it."),
        _("The air is poor (%(place)s). Sensitive people should avoid effort outdoors."),
        _("The air is very poor (%(place)s). Avoid effort outdoors; keep windows shut near busy roads."),
    )
    return texts[grade] % {"place": place}


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pollutants of the station; the worst one decides."""
    here = latest_of(config.get("station"))
    if here is None:
        return {"sentence": _("There is no air quality to show yet.")}
    now = clock.now()
    found = {
        slug: value for slug, value in siblings(here).items() if slug in LIMITS and value.unit == "ug/m3"
    }
    fresh = {slug: value for slug, value in found.items() if now - value.time < FRESH}
    shown = [Pollutant(value, grade_of(slug, value.result)) for slug, value in (fresh or found).items()]
    if not shown:
        return {**facts(here), "sentence": _("This station measures none of the pollutants of the index.")}
    worst = max(shown, key=lambda one: (one.grade, one.value.result / LIMITS[_slug(one)][3]))
    return {
        **facts(worst.value),
        "sources": sources_of(one.value for one in shown),
        "stale": not fresh,
        "sentence": sentence(worst.grade, place_name(here)),
        "state": worst.state if fresh else "",
        "state_word": worst.word,
        "is_judged": True,
        "pollutants": sorted(shown, key=lambda one: -one.grade),
        "missing": [slug for slug in LIMITS if slug not in fresh],
        "streams": [one.value.datastream.key for one in shown],
    }


def _slug(one: Pollutant) -> str:
    return one.value.datastream.observed_property.slug


tile = Tile(
    title=gettext_lazy("Air quality"),
    description=gettext_lazy(
        "What the air is like and what to do, by the index of the German Environment Agency."
    ),
    template="tiles/air_quality/tile.html",
    context=context,
    options=(
        Option(
            name="station",
            kind="datastream",
            label=gettext_lazy("Any pollutant of the station"),
            help=gettext_lazy("The others are found by themselves."),
            required=True,
        ),
    ),
    queries=4,
)
