"""What is usual, and where it is going."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Datastream, LatestObservation, Rollup
from stadtkern.observations.queries.raw import raw, rolled

FEWEST_DAYS, FEWEST_YEARS = 40, 2
"""Days and years behind a usual range at least."""
FEWEST_POINTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualRange:
    """Between which daily means four of five days of this month lay in other years."""

    low: float
    """10 % of the days were below."""
    high: float
    """10 % of the days were above."""
    median: float
    years: int
    """How many years are behind it."""
    month: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Which way the values go."""

    direction: Literal["rising", "falling", "steady"]
    change_per_hour: float


def usual_range(datastream: Datastream, when: datetime) -> UsualRange | None:
    """Return what is usual in the calendar month of `when`; None if too little is known.

    The month itself does not count, so that an unusual month stays unusual.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    local = when.astimezone(zone)
    days = rolled(datastream.pk, Rollup.Width.DAY, -(2**53), micros(when))
    dates = [instant(start).astimezone(zone) for start in days.starts.tolist()]
    others = [
        number for number, day in enumerate(dates) if day.month == local.month and day.year != local.year
    ]
    years = len({dates[number].year for number in others})
    if len(others) < FEWEST_DAYS or years < FEWEST_YEARS:
        return None
    means = days.totals[others] / days.counts[others]
    low, median, high = np.quantile(means, (0.1, 0.5, 0.9)).tolist()
    return UsualRange(low=low, high=high, median=median, years=years, month=local.month)


def trend(datastream: Datastream, over: timedelta = timedelta(hours=3)) -> Trend | None:
    """Return the direction of the last `over` before the newest value; None with fewer than three values.

    The slope is that of the least-squares line. It counts as steady when the change over the span rounds to
    nothing at the decimals shown, or lies within two standard errors.
    """
    newest = LatestObservation.objects.filter(datastream=datastream).values_list("phenomenon_time", flat=True)
    if (end := newest.first()) is None:
        return None
    times, values = raw(datastream.pk, micros(end - over), micros(end) + 1)
    if len(times) < FEWEST_POINTS:
        return None
    hours = (times - times[-1]) / 3.6e9
    x, y = hours - hours.mean(), values - values.mean()
    slope = float(x @ y / (x @ x))
    error = float(np.sqrt(max(float((y - slope * x) @ (y - slope * x)), 0.0) / (len(x) - 2) / (x @ x)))
    change = abs(slope) * float(hours[-1] - hours[0])
    if change < 0.5 * 10.0**-datastream.observed_property.decimals or abs(slope) <= 2 * error:
        return Trend(direction="steady", change_per_hour=slope)
    return Trend(direction="rising" if slope > 0 else "falling", change_per_hour=slope)
