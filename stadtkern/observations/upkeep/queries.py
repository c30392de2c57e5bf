"""What the quality editor shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Datastream, Observation, Thing
from stadtkern.observations.quality import QualityFlag, check_names
from stadtkern.observations.queries.downsample import lttb
from stadtkern.observations.queries.raw import raw
from stadtkern.observations.services.archive.reading import archived, rows_of
from stadtkern.observations.upkeep.models import LogEntry, QualityMark

POINTS = 500
PER_PAGE = 50
NEWEST_ENTRIES = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the chart."""

    label: str
    times: Sequence[datetime]
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Doubtful:
    """An observation that is not simply good."""

    time: datetime
    result: float | None
    flag: str
    reasons: str


def lines(stream: Datastream, start: datetime, end: datetime, *, labels: tuple[str, str]) -> list[Line]:
    """Return the values of a span that count and, where there are bad ones, all values beside them."""
    found = [
        _line(stream, start, end, label=label, with_bad=with_bad)
        for label, with_bad in zip(labels, (False, True), strict=True)
    ]
    return found if found[0].values != found[1].values else found[:1]


def _line(stream: Datastream, start: datetime, end: datetime, *, label: str, with_bad: bool) -> Line:
    times, values = raw(stream.pk, micros(start), micros(end), with_bad=with_bad)
    chosen = lttb(times, values, POINTS)
    return Line(label, [instant(int(t)) for t in times[chosen]], [float(v) for v in values[chosen]])


def _archived(stream: Datastream, start: datetime, end: datetime) -> list[Observation]:
    """Return what `doubtful` shows of months in the archive."""
    span = micros(start), micros(end)
    return [
        Observation(
            datastream=stream, phenomenon_time=instant(row.time), copy=row.copy, result=row.result,
            quality=row.quality, checks=row.checks,
        )
        for file in archived({stream.pk: span})
        for row in rows_of(file, *span)
        if row.checks
    ]  # fmt: skip


def doubtful(
    stream: Datastream, start: datetime, end: datetime, page: str | None
) -> tuple[Page[Observation], list[Doubtful]]:
    """Return a page of the observations of a span that are not simply good, and what to show of them."""
    kept = (
        Observation.objects.filter(datastream=stream, phenomenon_time__gte=start, phenomenon_time__lt=end)
        .exclude(checks=0)
        .order_by("phenomenon_time", "copy")
    )
    old = _archived(stream, start, end)
    found = sorted([*kept, *old], key=lambda row: row.phenomenon_time) if old else kept
    shown = Paginator(found, PER_PAGE).get_page(page)
    rows = [
        Doubtful(
            row.phenomenon_time,
            row.result,
            str(QualityFlag(row.quality).label),
            ", ".join(check_names(row.checks)),
        )
        for row in shown
    ]
    return shown, rows


def marks(stream: Datastream, page: str | None) -> Page[QualityMark]:
    """Return a page of the marks of a datastream, the newest first, undone ones too."""
    found = QualityMark.objects.filter(datastream=stream).select_related("made_by", "undone_by")
    return Paginator(found, PER_PAGE).get_page(page)


def with_overdue(entries: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
    """Let entries know as `is_overdue` whether the same had to be done again, and was not."""
    later = LogEntry.objects.filter(thing=OuterRef("thing"), kind=OuterRef("kind"), date__gt=OuterRef("date"))
    return entries.annotate(is_overdue=Q(next_due__lt=localdate()) & ~Exists(later))


def newest_entries(thing: Thing) -> QuerySet[LogEntry]:
    """Return the newest entries of the log about a thing."""
    return with_overdue(LogEntry.objects.filter(thing=thing))[:NEWEST_ENTRIES]
