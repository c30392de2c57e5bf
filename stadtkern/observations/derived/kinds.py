"""Ready-made kinds of virtual series: which series they need, and the formula they come to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from stadtkern.contracts.option import Label
from stadtkern.observations.air_index import LIMITS

RATING = "rating"
"""Name of the table of a rating curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A ready-made formula."""

    title: Label
    text: Label
    inputs: Sequence[tuple[str, str]] = ()
    """Name in the formula and observed property of each series."""
    formula: Callable[[Sequence[str]], str] | None = None
    """The formula over the names of the series that are given; None: written by hand."""
    observed_property: str = ""
    """What comes out; empty: chosen by hand."""
    least: int = 1
    """Series needed at least; 0: all of `inputs`."""
    alignment: str = "same"
    needs_table: bool = False


def _call(function: str) -> Callable[[Sequence[str]], str]:
    return lambda names: f"{function}({', '.join(names)})"


def _index(names: Sequence[str]) -> str:
    return f"max({', '.join(f'lqi_{name}({name})' for name in names)})"


AIR = (("t", "air_temperature"), ("rh", "relative_humidity"))
KINDS: Mapping[str, Kind] = {
    "formula": Kind(
        title=_("Formula of your own"), text=_("Anything that can be computed from series and tables.")
    ),
    "discharge": Kind(
        title=_("Discharge from a water level"),
        text=_("By a rating curve, with its periods of validity; beyond the curve the result is doubtful."),
        inputs=(("h", "water_level"),),
        formula=lambda _names: f"lookup({RATING}, h)",
        observed_property="discharge",
        least=0,
        needs_table=True,
    ),
    "heat_index": Kind(
        title=_("Heat index"),
        text=_("How hot it feels, from temperature and humidity (US National Weather Service, SR 90-23)."),
        inputs=AIR,
        formula=_call("heat_index"),
        observed_property="apparent_temperature",
        least=0,
        alignment="last",
    ),
    "wind_chill": Kind(
        title=_("Wind chill"),
        text=_("How cold it feels, from temperature and wind (Environment Canada, 2001)."),
        inputs=(("t", "air_temperature"), ("v", "wind_speed")),
        formula=_call("wind_chill"),
        observed_property="apparent_temperature",
        least=0,
        alignment="last",
    ),
    "dew_point": Kind(
        title=_("Dew point"),
        text=_("At which temperature dew forms, from temperature and humidity (WMO-No. 8)."),
        inputs=AIR,
        formula=_call("dew_point"),
        observed_property="dew_point",
        least=0,
        alignment="last",
    ),
    "absolute_humidity": Kind(
        title=_("Absolute humidity"),
        text=_("Grams of water in a cubic metre of air, from temperature and humidity (WMO-No. 8)."),
        inputs=AIR,
        formula=_call("absolute_humidity"),
        observed_property="absolute_humidity",
        least=0,
        alignment="last",
    ),
    "air_quality": Kind(
        title=_("Air quality index"),
        text=_(
            "Class 1 (very good) to 5 (very poor) from hourly means, by the index of the Umweltbundesamt."
        ),
        inputs=tuple((slug, slug) for slug in LIMITS),
        formula=_index,
        observed_property="air_quality_index",
        alignment="mean",
    ),
    "sum": Kind(
        title=_("Sum of several series"),
        text=_("Only where every one of them has a value."),
        formula=_call("sum"),
        least=2,
        alignment="mean",
    ),
    "mean": Kind(
        title=_("Mean of several series"),
        text=_("Of those that have a value at the time."),
        formula=_call("mean"),
        least=2,
        alignment="mean",
    ),
}


def formula_of(kind: str, names: Sequence[str], written: str) -> str:
    """Return the formula of a kind over the series that are given."""
    make = KINDS[kind].formula
    return written if make is None else make(names)
