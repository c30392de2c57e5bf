"""The readings of many datastreams, each since its own moment, as numpy columns."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from stadtkern.observations.quality import QualityFlag
from stadtkern.observations.queries.raw import Times, Values
from stadtkern.observations.services.archive.reading import with_archive
from stadtkern.observations.services.storage import storage

STREAMS_AT_ONCE = 5000


class Judged(NamedTuple):
    """Readings by time with their quality flags; bad ones are included, missing ones are not."""

    times: Times
    values: Values
    quality: NDArray[np.int16]


FAR = 2**60
"""Later than anything."""


def readings_since(wanted: Mapping[int, int]) -> dict[int, Judged]:
    """Return the readings of each datastream later than its moment (microseconds since 1970)."""
    return readings_between({key: (moment + 1, FAR) for key, moment in wanted.items()})


def readings_between(wanted: Mapping[int, tuple[int, int]]) -> dict[int, Judged]:
    """Return the readings of each datastream with start <= time < end (microseconds since 1970)."""
    keys = sorted(wanted)

    def table() -> dict[int, Judged]:
        found: dict[int, Judged] = {}
        for start in range(0, len(keys), STREAMS_AT_ONCE):
            found.update(_read([(key, *wanted[key]) for key in keys[start : start + STREAMS_AT_ONCE]]))
        return found

    found, archived = with_archive(wanted, table)
    for file, part in archived:
        known = found.get(file.datastream_id)
        kept = part.quality < QualityFlag.MISSING
        mine = Judged(part.times[kept], part.values[kept], part.quality[kept].astype(np.int16))
        found[file.datastream_id] = mine if known is None else _together(known, mine)
    return found


def _together(one: Judged, other: Judged) -> Judged:
    times = np.concatenate((one.times, other.times))
    order = np.argsort(times, kind="stable")
    return Judged(
        times[order],
        np.concatenate((one.values, other.values))[order],
        np.concatenate((one.quality, other.quality))[order],
    )


def _read(spans: list[tuple[int, int, int]]) -> Iterator[tuple[int, Judged]]:
    store = storage()
    postgres = connection.vendor == "postgresql"
    time = "(extract(epoch FROM o.phenomenon_time) * 1000000)::bigint" if postgres else "o.phenomenon_time"
    sql = (
        f"SELECT o.datastream_id, {time}, o.result, o.quality "  # noqa: S608  # constants of this module; values are parameters
        f"FROM {store.triples} CROSS JOIN observations_observation o "
        "WHERE o.datastream_id = b.d AND o.phenomenon_time >= b.s AND o.phenomenon_time < b.e "
        "AND o.quality < 9 AND o.result IS NOT NULL ORDER BY o.datastream_id, o.phenomenon_time"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, store.pack(spans, 3))
        rows = cursor.fetchall()
    if not rows:
        return
    streams, times, values, quality = (np.array(column) for column in zip(*rows, strict=True))
    heads = np.flatnonzero(np.diff(streams, prepend=-1))
    ends = [*heads[1:].tolist(), len(streams)]
    flags = quality.astype(np.int16)
    for low, high in zip(heads.tolist(), ends, strict=True):
        yield (
            int(streams[low]),
            Judged(times[low:high].astype(np.int64), values[low:high].astype(np.float64), flags[low:high]),
        )
