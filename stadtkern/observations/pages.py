"""What the pages of a datastream show, and the sentences they begin with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.observations.models import Datastream, DatastreamQuerySet, LatestObservation
from stadtkern.observations.quality import QualityFlag, check_names
from stadtkern.observations.queries import (
    Level,
    Series,
    UsualRange,
    series,
    thresholds_at,
    trend,
    usual_range,
)
from stadtkern.observations.queries.climate import Trend
from stadtkern.observations.services.stations import FORMER
from stadtkern.observations.spans import SPANS, Asked
from stadtkern.web.numbers import number_text

POINTS = 400
"""As many as the drawing on the page is wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPage:
    """One datastream with its chart."""

    stream: Datastream
    latest: LatestObservation | None
    sentence: str
    remark: str
    series: Series
    levels: Sequence[Level]
    spans: Sequence[tuple[str, str, bool]]
    """Label, address, whether it is the one shown."""
    siblings: Sequence[Datastream]
    former_names: Sequence[str]
    archived: int
    """Months in files."""


def stream_page(stream: Datastream, span: str, visible: DatastreamQuerySet) -> StreamPage:
    """Return the page of a datastream over a span that ends with its newest value.

    `visible` are the datastreams that the reader may see.
    """
    latest = LatestObservation.objects.filter(datastream=stream, result__isnull=False).first()
    end = (latest.phenomenon_time if latest else clock.now()) + timedelta(seconds=1)
    length = SPANS[span][0]
    levels = thresholds_at(stream, end)
    return StreamPage(
        stream=stream,
        latest=latest,
        sentence=sentence(stream, latest, levels),
        remark=remark(latest),
        series=series(stream, end - length, end, max_points=POINTS),
        levels=levels,
        spans=[(str(label), f"?span={name}", name == span) for name, (_length, label) in SPANS.items()],
        siblings=_siblings(stream, visible),
        former_names=[former["name"] for former in stream.thing.properties.get(FORMER, [])],
        archived=stream.archive_files.count(),
    )


def _siblings(stream: Datastream, visible: DatastreamQuerySet, most: int = 20) -> list[Datastream]:
    """Return what else is observed at the same thing, for the same reader."""
    others = visible.filter(thing=stream.thing).exclude(pk=stream.pk)
    return list(others.select_related("observed_property", "thing").order_by("key")[:most])


def sentence(stream: Datastream, latest: LatestObservation | None, levels: Sequence[Level]) -> str:
    """Return what the newest value means, in one or two sentences."""
    if latest is None or latest.result is None:
        return _("No value has come in yet.")
    shown = number_text(latest.result, stream.unit, stream.observed_property.decimals)
    words = {"what": stream.observed_property.label, "where": str(stream.thing), "value": shown}
    if stream.is_forecast:
        return _("The forecast of %(what)s for %(where)s ends with %(value)s.") % words
    first = _("%(what)s, %(where)s: %(value)s") % words
    parts = [
        first,
        _direction(trend(stream)),
        _comparison(latest.result, usual_range(stream, latest.phenomenon_time)),
    ]
    reached = [level for level in levels if level.severity > 0 and latest.result >= level.value]
    if reached:
        parts.append(_("“%(level)s” is reached.") % {"level": reached[-1].name})
    head = ", ".join(part for part in parts[:2] if part) + "."
    return " ".join([head, *(part for part in parts[2:] if part)])


def _direction(found: Trend | None) -> str:
    if found is None:
        return ""
    return {"rising": _("rising"), "falling": _("falling"), "steady": _("steady")}[found.direction]


def _comparison(result: float, usual: UsualRange | None) -> str:
    if usual is None:
        return ""
    if result < usual.low:
        return _("That is less than usual at this time of year.")
    if result > usual.high:
        return _("That is more than usual at this time of year.")
    return _("That is usual at this time of year.")


def remark(latest: LatestObservation | None) -> str:
    """Return what is wrong with the newest value; empty if nothing is known to be."""
    if latest is None or latest.quality in {QualityFlag.GOOD, QualityFlag.NOT_EVALUATED}:
        return ""
    names = ", ".join(check_names(latest.checks))
    return _("This value is %(verdict)s: %(reasons)s.") % {
        "verdict": str(QualityFlag(latest.quality).label),
        "reasons": names,
    }


def series_json(stream: Datastream, asked: Asked, points: int) -> dict[str, object]:
    """Return a series as the chart in the browser takes it: times in seconds since 1970."""
    end = asked.end or _newest(stream) + timedelta(seconds=1)
    start = asked.start or end - (asked.length or SPANS["week"][0])
    found = series(stream, start, max(end, start), max_points=points)
    return {
        "datastream": stream.key,
        "unit": stream.unit,
        "from": start.isoformat(),
        "to": end.isoformat(),
        "count": found.count,
        "minutes": found.width,
        "times": [time.timestamp() for time in found.times],
        "series": [{"label": stream.label, "values": found.values, "lows": found.lows, "highs": found.highs}],
        "csv": reverse("stream-csv", args=[stream.pk]),
    }


def _newest(stream: Datastream) -> datetime:
    times = LatestObservation.objects.filter(datastream=stream).values_list("phenomenon_time", flat=True)
    return times.first() or clock.now()
