"""Statistics from the rollups that the write path keeps; the ends of a range come from single rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Bucket
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Rollup
from stadtkern.observations.queries.calendar import edges as calendar_edges
from stadtkern.observations.services.archive.beside import Extent
from stadtkern.standards.sensorthings.compile.sql import Sql, build, every, joined
from stadtkern.standards.sensorthings.compile.tables import OBSERVATION, ROLLUP
from stadtkern.standards.sensorthings.read.bounds import Range
from stadtkern.standards.sensorthings.read.context import Context

QUARTER, HOUR = 900_000_000, 3_600_000_000
Width = Rollup.Width
MOST_SUMS = 500_000
"""Sums by datastream and time that one answer is made of; they are held in memory."""
_MOST = Sql("%s", (MOST_SUMS + 1,))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a range, and the rollups that cover it; no width: single rows."""

    width: Rollup.Width | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Count, sum and extremes by datastream (0: all together) and time."""

    streams: NDArray[np.int64]
    times: NDArray[np.int64]
    counts: NDArray[np.int64]
    totals: NDArray[np.float64]
    minima: NDArray[np.float64]
    maxima: NDArray[np.float64]


def width_for(bucket: Bucket | None, edges: Sequence[int]) -> Rollup.Width | None:
    """Return the widest rollups that fit between the edges; None: there are none."""
    if bucket is None:
        return Width.DAY
    if bucket.zone == settings.TIME_ZONE and "T" not in bucket.width:
        return Width.DAY
    for width, length in ((Width.HOUR, HOUR), (Width.QUARTER, QUARTER)):
        if all(edge % length == 0 for edge in edges):
            return width
    return None


def pieces(within: Range, width: Rollup.Width) -> list[Piece]:
    """Return parts that cover a range: rollups in the middle, narrower ones beside them, rows at the ends."""
    found = _cover(within.start, within.end, width)
    return [piece for piece in found if piece.start < piece.end]


def _cover(start: int, end: int, width: Rollup.Width) -> Iterator[Piece]:
    first, last = _inside(start, end, width)
    if first >= last:
        first = last = end
        if width == Width.QUARTER:
            yield Piece(None, start, end)
            return
    narrower = None if width == Width.QUARTER else Width.QUARTER
    for piece_start, piece_end, inner in (
        (start, first, narrower),
        (first, last, width),
        (last, end, narrower),
    ):
        if inner is None or inner == width:
            yield Piece(inner, piece_start, piece_end)
        else:
            yield from _cover(piece_start, piece_end, inner)


def _inside(start: int, end: int, width: Rollup.Width) -> tuple[int, int]:
    """Return the first and last edge of rollups within a range."""
    if width != Width.DAY:
        length = HOUR if width == Width.HOUR else QUARTER
        return -(-start // length) * length, end // length * length
    zone = ZoneInfo(settings.TIME_ZONE)
    first = calendar_edges(instant(start), instant(start + 1), "day", zone)
    last = calendar_edges(instant(end), instant(end + 1), "day", zone)
    return first[0] if first[0] == start else first[1], last[0]


def sums(context: Context, streams: Sequence[int] | None, parts: Sequence[Piece], *, by_stream: bool) -> Sums:
    """Return the sums of each part, by time and, if wanted, by datastream."""
    kept = [_query(context, streams, part, by_stream=by_stream) for part in parts if part.width is not None]
    rows = [*context.rows(_limited(joined(kept, " UNION ALL ")))] if kept else []
    for part in parts:
        if part.width is None:
            extent = Extent(streams=streams, start=part.start, end=part.end)
            rows += context.rows(_limited(_query(context, streams, part, by_stream=by_stream)), extent)
    if len(rows) > MOST_SUMS:
        raise QueryError(f"This takes more than {MOST_SUMS} sums; choose wider spans or less time.")
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    times = [time if isinstance(time, int) else micros(time) for time in columns[1]]
    return Sums(
        np.array(columns[0], np.int64),
        np.array(times, np.int64),
        np.array(columns[2], np.int64),
        *(np.array(column, np.float64) for column in columns[3:]),
    )


def _limited(query: Sql) -> Sql:
    return build("{} LIMIT {}", query, _MOST)


def _query(context: Context, streams: Sequence[int] | None, part: Piece, *, by_stream: bool) -> Sql:
    dialect = context.dialect
    time = "phenomenon_time" if part.width is None else "start"
    found = [
        build(f"r.{time} >= {{}}", dialect.instant(instant(part.start))),
        build(f"r.{time} < {{}}", dialect.instant(instant(part.end))),
    ]
    if streams is not None:
        found.insert(0, dialect.any_of("r.datastream_id", streams))
    if part.width is None:
        table, sums_ = OBSERVATION, "count(*), sum(r.result), min(r.result), max(r.result)"
        found.append(Sql("r.quality < 4 AND r.result IS NOT NULL"))
    else:
        table, sums_ = ROLLUP, "sum(r.count), sum(r.total), min(r.minimum), max(r.maximum)"
        found.append(Sql("r.width = %s", (int(part.width),)))
    group = f"r.datastream_id, r.{time}" if by_stream else f"r.{time}"
    first = "r.datastream_id" if by_stream else "0"
    text = f"SELECT {first}, r.{time}, {sums_} FROM {table} r WHERE {{}} GROUP BY {group}"  # noqa: S608  # names of tables
    return build(text, every(found))
