"""Quality control on entry: the new rows beside those that stand before and after them in time."""

from collections.abc import Mapping, Sequence

import numpy as np

from stadtkern.observations import checks as tests
from stadtkern.observations.limits import limits_of
from stadtkern.observations.quality import USELESS, Check, verdict
from stadtkern.observations.services.rows import Row, Stream
from stadtkern.observations.services.storage import Storage

AROUND = 4
"""Rows read before and after the new ones."""
REACH = 2
"""Rows before and after a new one whose spike and step tests it can turn."""
_TESTED = int(Check.SPIKE | Check.STEP)


def check_entry(store: Storage, fresh: Mapping[Stream, Sequence[Row]]) -> list[Row]:
    """Return the new rows with spikes and steps flagged, and the stored rows whose verdict they turn."""
    watched = {
        stream: rows
        for stream, rows in fresh.items()
        if limits_of(stream.property).spike and not stream.is_forecast
    }
    done = [row for stream, rows in fresh.items() if stream not in watched for row in rows]
    if not watched:
        return done
    spans = [(stream.id, rows[0].time, rows[-1].time) for stream, rows in watched.items()]
    stored = store.around(spans, AROUND)
    limits = {stream.id: limits_of(stream.property) for stream in watched}
    usable: list[tuple[Row, bool]] = []
    for stream, rows in watched.items():
        before, after = stored.get(stream.id, ([], []))
        useless = [row for row in rows if row.quality in USELESS]
        done += useless
        usable += [(row, False) for row in before[:-REACH]] + [(row, True) for row in before[-REACH:]]
        usable += [(row, True) for row in rows if row.quality not in USELESS]
        usable += [(row, True) for row in after[:REACH]] + [(row, False) for row in after[REACH:]]
    return done + _judged(usable, {key: (found.spike, found.step) for key, found in limits.items()}, fresh)


def _judged(
    usable: Sequence[tuple[Row, bool]],
    limits: Mapping[int, tuple[float | None, float | None]],
    fresh: Mapping[Stream, Sequence[Row]],
) -> list[Row]:
    rows = [row for row, _open in usable]
    groups = np.array([row.datastream for row in rows], dtype=np.int64)
    times = np.array([row.time for row in rows], dtype=np.int64)
    values = np.array([row.result for row in rows], dtype=np.float64)
    allowed = np.array([limits[row.datastream][0] for row in rows], dtype=np.float64)
    rate = np.array([limits[row.datastream][1] or np.inf for row in rows], dtype=np.float64)
    spiky = tests.spikes(groups, times, values, allowed)
    steep = tests.steps(groups, times, values, allowed, rate, spiky)
    found = (spiky * int(Check.SPIKE) + steep * int(Check.STEP)).tolist()
    new = {(row.datastream, row.time) for rows_ in fresh.values() for row in rows_}
    out = []
    for (row, is_open), bits in zip(usable, found, strict=True):
        is_new = (row.datastream, row.time) in new
        checks = row.checks & ~_TESTED | bits
        if is_new or (is_open and checks != row.checks):
            out.append(row._replace(checks=checks, quality=verdict(checks, tested=True)))
    return out
