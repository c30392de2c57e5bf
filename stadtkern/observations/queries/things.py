"""Things with what they observe, for lists, maps and their pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from stadtkern.base import clock
from stadtkern.observations import kinds
from stadtkern.observations.models import Datastream, DatastreamQuerySet, Observation, Thing
from stadtkern.observations.quality import QualityFlag

SILENT = timedelta(days=1)
"""A thing without a value for so long is listed as silent."""
COUNTED = timedelta(days=1)
"""The quality of so long a time is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingFilter:
    """What a reader of the list looks for."""

    text: str = ""
    property: str = ""
    profile: str = ""
    state: str = ""
    """`current`, `silent` or empty."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How many values of a day have which flag."""

    total: int = 0
    by_flag: dict[int, int] = field(default_factory=dict)

    @property
    def doubtful(self) -> int:
        """Values that are questionable or bad."""
        return sum(self.by_flag.get(int(flag), 0) for flag in (QualityFlag.QUESTIONABLE, QualityFlag.BAD))


def things_for_list(visible: DatastreamQuerySet, wanted: ThingFilter) -> QuerySet[Thing]:
    """Return the things that one of the `visible` datastreams belongs to and that fit, by name."""
    streams = visible.filter(thing=OuterRef("pk"))
    if wanted.property:
        streams = streams.filter(observed_property__slug=wanted.property)
    if wanted.profile:
        streams = streams.filter(profile__slug=wanted.profile)
    found = Thing.objects.filter(Exists(streams))
    if wanted.text:
        found = found.filter(
            Q(name__icontains=wanted.text)
            | Q(key__icontains=wanted.text)
            | Q(description__icontains=wanted.text)
        )
    if wanted.state:
        recent = streams.filter(latest__phenomenon_time__gte=clock.now() - SILENT)
        found = found.filter(Exists(recent) if wanted.state == "current" else ~Exists(recent))
    return found.order_by("name", "source", "key").prefetch_related(with_streams(visible))


def with_streams(visible: DatastreamQuerySet) -> "Prefetch[str]":
    """Return how to read the visible datastreams of things with their newest values: one query more."""
    streams = visible.select_related("observed_property", "latest", "profile").order_by("key")
    return Prefetch("datastreams", queryset=streams, to_attr="shown_streams")


def by_importance(streams: Sequence[Datastream]) -> list[Datastream]:
    """Return measured series before forecasts, and the most telling properties first."""
    return sorted(
        streams,
        key=lambda stream: (stream.is_forecast, kinds.rank(stream.observed_property.slug), stream.key),
    )


def newest(streams: Sequence[Datastream]) -> datetime | None:
    """Return the time of the newest measured value."""
    times = [
        stream.latest.phenomenon_time
        for stream in streams
        if not stream.is_forecast and getattr(stream, "latest", None) is not None
    ]
    return max(times, default=None)


def quality_of(streams: Sequence[Datastream], until: datetime) -> dict[int, Quality]:
    """Return the quality of the last day of some datastreams; one query."""
    rows = (
        Observation.objects.filter(
            datastream__in=[stream.pk for stream in streams],
            phenomenon_time__gt=until - COUNTED,
            phenomenon_time__lte=until,
        )
        .order_by()
        .values_list("datastream", "quality")
        .annotate(times=Count("phenomenon_time"))
    )
    counts: dict[int, dict[int, int]] = {}
    for stream, flag, times in rows:
        counts.setdefault(stream, {})[flag] = times
    return {stream: Quality(sum(flags.values()), flags) for stream, flags in counts.items()}
