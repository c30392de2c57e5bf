"""What tiles read: newest values, fetched once for a whole cockpit, and what to say about their sources."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone

from stadtkern.base import clock
from stadtkern.observations.models import Datastream, Threshold
from stadtkern.observations.queries import Latest, Level, UsualRange, latest_values
from stadtkern.web.charts import Band
from stadtkern.web.numbers import number_text

_fetched: ContextVar[Mapping[str, Latest | None]] = ContextVar("fetched")

SHORTEST_WAIT, LONGEST_WAIT = timedelta(hours=2), timedelta(days=7)
"""A value is not called old before the one and not later than the other."""
MISSED_UPDATES = 4


@contextmanager
def fetched(keys: Iterable[str]) -> Iterator[None]:
    """Fetch the newest values of all `keys` in one query, for all tiles drawn inside."""
    wanted = set(keys)
    found = latest_values(wanted) if wanted else {}
    token = _fetched.set({key: found.get(key) for key in wanted})
    try:
        yield
    finally:
        _fetched.reset(token)


def latest(keys: Iterable[str]) -> dict[str, Latest]:
    """Return the newest values of those datastreams that are public and have one, in the order asked for."""
    wanted = [key for key in dict.fromkeys(keys) if key]
    known = _fetched.get({})
    missing = [key for key in wanted if key not in known]
    found = {**known, **(latest_values(missing) if missing else {})}
    return {key: value for key in wanted if (value := found.get(key)) is not None}


def latest_of(key: str | None) -> Latest | None:
    """Return the newest value of one datastream."""
    return latest([key]).get(key) if key else None


def siblings(one: Latest, *, forecast: bool = False) -> dict[str, Latest]:
    """Return what the same thing measures, or is forecast to, by slug of the property; two queries."""
    streams = Datastream.objects.public().filter(thing=one.datastream.thing_id, is_forecast=forecast)
    found = latest_values(list(streams.values_list("key", flat=True)[:60]))
    return {value.datastream.observed_property.slug: value for value in found.values()}


def newest_of_property(slug: str, *, most: int) -> list[Latest]:
    """Return the newest values of one property at all places, by name of the place; two queries."""
    streams = (
        Datastream.objects.public()
        .filter(observed_property__slug=slug, is_forecast=False, latest__isnull=False)
        .order_by("thing__name", "key")
    )
    found = latest_values(list(streams.values_list("key", flat=True)[:most]))
    return sorted(found.values(), key=lambda value: (place_name(value).casefold(), value.datastream.key))


def levels_of(datastreams: Iterable[Datastream], when: datetime) -> dict[int, list[Level]]:
    """Return the levels in force at `when`, lowest first, by number of the datastream; one query."""
    found: dict[int, list[Level]] = {stream.pk: [] for stream in datastreams}
    rows = Threshold.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=when),
        Q(valid_to__isnull=True) | Q(valid_to__gt=when),
        datastream__in=list(found),
    ).order_by("value", "name")
    for row in rows:
        level = Level(
            name=row.name,
            value=row.value,
            severity=row.severity,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        found[row.datastream_id].append(level)
    return found


def place_name(value: Latest) -> str:
    """Return where it was measured."""
    return value.datastream.thing.name or value.datastream.thing.key


def is_stale(value: Latest, now: datetime | None = None) -> bool:
    """Return whether newer values should have come long ago, judged by the rhythm of the source."""
    profile = value.datastream.profile
    rhythm = profile.update_rhythm if profile else None
    if rhythm is None and value.previous_time:
        rhythm = value.time - value.previous_time
    wait = min(max((rhythm or SHORTEST_WAIT) * MISSED_UPDATES, SHORTEST_WAIT), LONGEST_WAIT)
    return (now or clock.now()) - value.time > wait


def source_of(value: Latest) -> dict[str, str]:
    """Return who the value comes from and what may be done with it."""
    profile = value.datastream.profile
    if profile is None:
        return {"name": "", "url": "", "licence": ""}
    return {"name": profile.attribution or str(profile), "url": "", "licence": profile.licence}


def sources_of(values: Iterable[Latest]) -> list[dict[str, str]]:
    """Return the different sources of several values."""
    different = {tuple(source.items()): source for source in map(source_of, values)}
    return [source for source in different.values() if source["name"]]


def address(name: str, *args: object) -> str:
    """Return the address of a page; empty if this installation has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def facts(value: Latest) -> dict[str, object]:
    """Return what `dashboards/tile.html` says about the value a tile is about."""
    pk = value.datastream.pk
    return {
        "value": value,
        "time": value.time,
        "stale": is_stale(value),
        "sources": sources_of([value]),
        "detail_url": address("stream", pk),
        "data_url": address("stream-csv", pk),
    }


def text_of(value: Latest) -> str:
    """Return the value with its unit for a sentence."""
    return number_text(value.result, value.unit, value.decimals)


def month_name(when: datetime) -> str:
    """Return the month as it stands in a sentence ("for November", "dla listopada")."""
    return formats.date_format(timezone.localtime(when), "E")


def usual_band(usual: UsualRange | None, start: datetime, end: datetime, label: str) -> Band | None:
    """Return the usual range as the band of a chart."""
    if usual is None:
        return None
    return Band(times=[start, end], low=[usual.low] * 2, high=[usual.high] * 2, label=label)
