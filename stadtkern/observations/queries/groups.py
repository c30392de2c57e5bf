"""Personal data as the public may see them: means over groups, never a single value.

A group is fixed: all series of one profile and one property in its unit. Nobody chooses which things go in,
so that two answers cannot be subtracted from each other to find one thing. A mean of an hour or day appears

- over at least `smallest_group` things of which each sent a value,
- when the hour or day has been over for an hour,
- unless all values were the same, because then the mean would be the value of each.

Neither extremes nor counts of single things are told. Compare Hundepool and others: Statistical Disclosure
Control (2012), chapter 5 (minimum frequency rule), and Sweeney: k-anonymity (2002).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, F, FloatField, Max, Min
from django.db.models.functions import Cast

from stadtkern.base import clock
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream, DatastreamQuerySet, ObservedProperty, Rollup
from stadtkern.observations.queries.series import Series

DELAY = timedelta(hours=1)
LONGEST_HOURS = timedelta(days=32)
"""A longer span is told by the day."""
DAY = timedelta(hours=25)
"""A local day has at most so many hours."""


@dataclass(frozen=True, slots=True)
class GroupMean:
    """The mean of a group over an hour or a local day."""

    start: datetime
    mean: float


def grouped_streams(profile: DataProfile, observed_property: ObservedProperty) -> DatastreamQuerySet:
    """Return the series that go into the means of a property."""
    streams: DatastreamQuerySet = Datastream.objects.filter(
        profile=profile,
        observed_property=observed_property,
        unit=observed_property.unit,
        is_forecast=False,
        is_multi=False,
    )
    return streams


def group_properties(profile: DataProfile) -> list[ObservedProperty]:
    """Return the properties of which a profile with personal data may tell means."""
    if not profile.has_personal_data:
        return []
    streams = Datastream.objects.filter(profile=profile, is_forecast=False, is_multi=False)
    enough = (
        streams.values("observed_property")
        .order_by()
        .annotate(things=Count("thing", distinct=True))
        .filter(things__gte=profile.smallest_group)
        .values("observed_property")
    )
    return sorted(ObservedProperty.objects.filter(pk__in=enough), key=lambda found: found.label)


def group_means(
    profile: DataProfile, observed_property: ObservedProperty, start: datetime, end: datetime
) -> list[GroupMean]:
    """Return the means of the hours or days that lie within start and end, oldest first; one query."""
    width = Rollup.Width.HOUR if end - start <= LONGEST_HOURS else Rollup.Width.DAY
    length = timedelta(hours=1) if width == Rollup.Width.HOUR else DAY
    last = min(end, clock.now() - DELAY) - length
    rows = (
        Rollup.objects.filter(
            datastream__in=grouped_streams(profile, observed_property).values("pk"),
            width=width,
            start__gte=start,
            start__lte=last,
            count__gt=0,
        )
        .order_by()
        .values("start")
        .annotate(
            things=Count("datastream__thing", distinct=True),
            mean=Avg(F("total") / Cast(F("count"), FloatField())),
            low=Min("minimum"),
            high=Max("maximum"),
        )
        .filter(things__gte=profile.smallest_group, low__lt=F("high"))
        .order_by("start")
        .values_list("start", "mean")
    )
    return [GroupMean(begin, mean) for begin, mean in rows]


def group_series(
    profile: DataProfile, observed_property: ObservedProperty, start: datetime, end: datetime
) -> Series:
    """Return the means as a chart takes them, with a break where a mean is held back."""
    found = group_means(profile, observed_property, start, end)
    hourly = end - start <= LONGEST_HOURS
    step = timedelta(hours=1) if hourly else DAY
    times: list[datetime] = []
    values: list[float | None] = []
    for number, one in enumerate(found):
        if number and one.start - found[number - 1].start > step:
            times.append(found[number - 1].start + step)
            values.append(None)
        times.append(one.start)
        values.append(one.mean)
    minutes = Rollup.Width.HOUR if hourly else Rollup.Width.DAY
    return Series(
        start=start,
        end=end,
        unit=observed_property.unit,
        times=times,
        values=values,
        width=minutes,
        count=len(found),
    )
