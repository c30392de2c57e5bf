"""Statistics by calendar hour, day or month of a zone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings

from stadtkern.observations.fields import instant
from stadtkern.observations.models import Datastream, Rollup
from stadtkern.observations.queries.calendar import By, edges, fits_quarters
from stadtkern.observations.queries.raw import Raw, Rolled, raw, rolled

_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Statistics of one calendar unit; None where it holds no observation."""

    start: datetime
    end: datetime
    count: int
    min: float | None = None
    mean: float | None = None
    max: float | None = None
    sum: float | None = None
    quantiles: tuple[float, ...] = field(default=())


def aggregate(  # noqa: PLR0913
    datastream: Datastream,
    start: datetime,
    end: datetime,
    *,
    by: By,
    zone: str | ZoneInfo | None = None,
    quantiles: Sequence[float] = (),
) -> list[Bucket]:
    """Return one bucket for each calendar unit of `zone` that touches start <= time < end, empty ones too.

    The first and the last unit are counted as wholes. A local day may have 23 or 25 hours. Bad values are
    left out. `quantiles` are numbers from 0 to 1, computed from the single values, interpolated linearly.
    """
    where = zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone or settings.TIME_ZONE)
    found = edges(start, end, by, where)
    if len(found) == 1:
        return []
    if quantiles or not fits_quarters(found):
        return _from_raw(found, raw(datastream.pk, found[0], found[-1]), quantiles)
    width = _width(found, by, where)
    return _from_rollups(found, rolled(datastream.pk, width, found[0], found[-1]))


def _width(found: Sequence[int], by: By, zone: ZoneInfo) -> Rollup.Width:
    """Return the widest rollups that fit between the edges."""
    if by != "hour" and zone.key == settings.TIME_ZONE:
        return Rollup.Width.DAY
    return Rollup.Width.HOUR if all(edge % _HOUR == 0 for edge in found) else Rollup.Width.QUARTER


def _from_rollups(found: Sequence[int], rows: Rolled) -> list[Bucket]:
    cuts = np.searchsorted(rows.starts, found)
    buckets = []
    for number, (first, last) in enumerate(pairwise(cuts)):
        start, end = instant(found[number]), instant(found[number + 1])
        if first == last:
            buckets.append(Bucket(start=start, end=end, count=0))
            continue
        count, total = int(rows.counts[first:last].sum()), float(rows.totals[first:last].sum())
        buckets.append(
            Bucket(
                start=start,
                end=end,
                count=count,
                min=float(rows.minima[first:last].min()),
                mean=total / count,
                max=float(rows.maxima[first:last].max()),
                sum=total,
            )
        )
    return buckets


def _from_raw(found: Sequence[int], rows: Raw, quantiles: Sequence[float]) -> list[Bucket]:
    cuts = np.searchsorted(rows.times, found)
    buckets = []
    for number, (first, last) in enumerate(pairwise(cuts)):
        start, end = instant(found[number]), instant(found[number + 1])
        values = rows.values[first:last]
        if not len(values):
            buckets.append(Bucket(start=start, end=end, count=0))
            continue
        buckets.append(
            Bucket(
                start=start,
                end=end,
                count=len(values),
                min=float(values.min()),
                mean=float(values.mean()),
                max=float(values.max()),
                sum=float(values.sum()),
                quantiles=tuple(np.quantile(values, quantiles).tolist()) if quantiles else (),
            )
        )
    return buckets
