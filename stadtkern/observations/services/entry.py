"""Quality control on entry: the new rows beside those that stand before and after them in time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stadtkern.observations import checks as tests
from stadtkern.observations.limits import limits_of
from stadtkern.observations.quality import USELESS, Check, verdict
from stadtkern.observations.services.columns import Ints
from stadtkern.observations.services.facts import Stream
from stadtkern.observations.services.rows import Row
from stadtkern.observations.services.storage import Storage, Writing

AROUND = 4
"""Rows read before and after the new ones."""
REACH = 2
"""Rows before and after a new one whose spike and step tests it can turn."""
_TESTED = int(Check.SPIKE | Check.STEP)


@dataclass(slots=True)
class Around:
    """Stored rows beside the new ones, in no order."""

    rows: list[Row]
    is_open: list[bool]
    """Whether the verdict on the row can change."""


def check_entry(
    store: Storage, writing: Writing, slots: Ints, streams: Sequence[Stream]
) -> tuple[Ints, list[Row]]:
    """Return the bits of spikes and steps among the rows to write, and stored rows whose verdict they turn.

    Rows that count for nothing (`USELESS`) are neither tested nor compared with.
    """
    found = np.zeros(len(slots), dtype=np.int64)
    limits = [limits_of(stream.property) for stream in streams]
    watched = np.array(
        [
            limit.spike is not None and not stream.is_forecast
            for limit, stream in zip(limits, streams, strict=True)
        ]
    )
    usable = watched[slots] & ~np.isin(writing.quality, USELESS) & np.isfinite(writing.columns.result)
    if not usable.any():
        return found, []
    new = np.flatnonzero(usable)
    around = _around(store, writing, slots, streams, new)
    by_id = {streams[slot].id: slot for slot in np.unique(slots[new]).tolist()}
    beside = np.array([by_id[row.datastream] for row in around.rows], dtype=np.int64)
    all_slots = np.concatenate((slots[new], beside))
    times = np.concatenate(
        (writing.columns.time[new], np.array([row.time for row in around.rows], dtype=np.int64))
    )
    values = np.concatenate(
        (writing.columns.result[new], np.array([row.result for row in around.rows], dtype=np.float64))
    )
    spike = np.array([np.nan if limit.spike is None else limit.spike for limit in limits])
    step = np.array([np.inf if limit.step is None else limit.step for limit in limits])
    bits = _tested(all_slots, times, values, spike[all_slots], step[all_slots])
    found[new] = bits[: len(new)]
    return found, _turned(around, bits[len(new) :])


def _tested(slots: Ints, times: Ints, values: tests.Values, spike: tests.Values, step: tests.Values) -> Ints:
    order = np.lexsort((times, slots))
    groups, when, what, allowed = slots[order], times[order], values[order], spike[order]
    spiky = tests.spikes(groups, when, what, allowed)
    steep = tests.steps(groups, when, what, allowed, step[order], spiky)
    bits = np.empty(len(order), dtype=np.int64)
    bits[order] = spiky * int(Check.SPIKE) + steep * int(Check.STEP)
    return bits


def _around(store: Storage, writing: Writing, slots: Ints, streams: Sequence[Stream], new: Ints) -> Around:
    """Return the stored rows before and after the new ones, without those that are written over."""
    spans, late = [], []
    for slot in np.unique(slots[new]).tolist():
        times = writing.columns.time[new[slots[new] == slot]]
        stream = streams[slot]
        span = stream.id, int(times.min()), int(times.max())
        if stream.newest is not None:
            spans.append(span)
            if span[2] <= stream.newest.time:
                late.append(span)
    before = store.before(spans, AROUND) if spans else []
    after = store.after(late, AROUND) if late else []
    around = Around([], [])
    for rows, nearest_first in ((before, True), (after, False)):
        by_stream: dict[int, list[Row]] = {}
        for row in rows:
            by_stream.setdefault(row.datastream, []).append(row)
        for some in by_stream.values():
            some.sort(key=lambda row: (row.time, row.copy), reverse=nearest_first)
            around.rows += some
            around.is_open += [place < REACH for place in range(len(some))]
    return around


def _turned(around: Around, bits: Ints) -> list[Row]:
    turned = []
    for row, is_open, new in zip(around.rows, around.is_open, bits.tolist(), strict=True):
        checks = row.checks & ~_TESTED | new
        if is_open and checks != row.checks:
            turned.append(row._replace(checks=checks, quality=verdict(checks, tested=True)))
    return turned
