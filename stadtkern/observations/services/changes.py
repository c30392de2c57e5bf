"""A counter of batches written, so that live pages and rules can ask cheaply what is new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Min

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Change, Follower, LateChange, LatestObservation
from stadtkern.observations.services.storage.base import chunks


@dataclass(frozen=True, slots=True)
class News:
    """What a follower has not seen yet."""

    since: int
    version: int
    datastreams: frozenset[int] = frozenset()
    late: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    """First and last time (microseconds) of what came out of order, by datastream."""


_NEXT = (
    "INSERT INTO observations_change (id, version, numbers) VALUES (1, 1, 0) "
    "ON CONFLICT (id) DO UPDATE SET version = observations_change.version + 1 RETURNING version"
)


def next_version() -> int:
    """Count one more batch; on PostgreSQL this queues up writers until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT)
        return int(cursor.fetchone()[0])


def changed_since(version: int) -> tuple[int, set[str]]:
    """Return the current version and the keys of the datastreams that changed after `version`."""
    current = Change.objects.values_list("version", flat=True).first() or 0
    if current <= version:
        return current, set()
    changed = LatestObservation.objects.filter(version__gt=version, version__lte=current)
    return current, set(changed.values_list("datastream__key", flat=True))


def newest_times(datastreams: Sequence[int]) -> dict[int, int]:
    """Return the newest time of each datastream, in microseconds."""
    found: dict[int, int] = {}
    for part in chunks(datastreams):
        rows = LatestObservation.objects.filter(pk__in=part).values_list("pk", "phenomenon_time")
        found.update((key, micros(time)) for key, time in rows)
    return found


def note_late(spans: Sequence[tuple[int, int, int]], *, version: int) -> None:
    """Tell followers what was written out of order: datastream, first and last time in microseconds.

    To be called in the transaction of the write for all that is not newer than what was known before.
    """
    LateChange.objects.bulk_create(
        [
            LateChange(datastream_id=key, first=instant(first), last=instant(last), version=version)
            for key, first, last in spans
        ],
        batch_size=500,
    )


def news_for(name: str) -> News:
    """Return what the follower `name` has not seen; a new one begins now."""
    current = Change.objects.values_list("version", flat=True).first() or 0
    follower, _is_new = Follower.objects.get_or_create(name=name, defaults={"version": current})
    if follower.version >= current:
        return News(follower.version, follower.version)
    between = {"version__gt": follower.version, "version__lte": current}
    late: dict[int, tuple[int, int]] = {}
    for key, first, last in LateChange.objects.filter(**between).values_list("datastream", "first", "last"):
        low, high = late.get(key, (micros(first), micros(last)))
        late[key] = (min(low, micros(first)), max(high, micros(last)))
    # a stream that changed again after `current` shows up with its later version, too
    changed = LatestObservation.objects.filter(version__gt=follower.version)
    return News(follower.version, current, frozenset(changed.values_list("pk", flat=True)), late)


def mark_seen(name: str, news: News) -> bool:
    """Note in the open transaction that `news` are worked off; False if another process was quicker."""
    if news.version == news.since:
        return Follower.objects.filter(name=name, version=news.since).exists()
    waiting = Follower.objects.filter(name=name, version=news.since)
    return waiting.update(version=news.version) == 1


def forget_late(now: datetime) -> int:
    """Delete what every follower has seen."""
    seen = Follower.objects.aggregate(least=Min("version"))["least"]
    del now  # what counts is who has read it, not its age
    return LateChange.objects.filter(version__lte=seen).delete()[0] if seen is not None else 0
