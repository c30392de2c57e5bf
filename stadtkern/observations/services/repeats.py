"""What happens to a second result for the same time, as each datastream says."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stadtkern.observations.fields import instant
from stadtkern.observations.services.columns import JSON, NULL, TIMES, Columns, Ints, Mask, Status
from stadtkern.observations.services.facts import Stream
from stadtkern.observations.services.rows import Duplicates, Known, Reason
from stadtkern.observations.services.storage import Storage

MOST_COPIES = 10_000
"""Results kept of one time."""


@dataclass(slots=True)
class Resolved:
    """The fate of each row, shape (rows,)."""

    status: "np.ndarray[tuple[int], np.dtype[np.int8]]"
    copy: Ints
    number: Ints
    """Of what is there already; 0 for new rows."""
    twin: Ints
    """The row of the batch that this one repeats; -1: none."""
    old: dict[int, Known]
    """What a row takes the place of."""
    reasons: dict[int, tuple[str, str]]


def resolve(  # noqa: PLR0913, PLR0917  # each by its name
    store: Storage, columns: Columns, slots: Ints, streams: Sequence[Stream], usable: Mask, policy: str | None
) -> Resolved:
    """Decide about the usable rows; those that are not count as rejected.

    Rows newer than all that is known are new without asking the database.
    """
    count = len(columns)
    resolved = Resolved(
        np.where(usable, int(Status.STORED), int(Status.REJECTED)).astype(np.int8),
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        np.full(count, -1, dtype=np.int64),
        {},
        {},
    )
    newest = [NULL if stream.newest is None else stream.newest.time for stream in streams]
    limit = np.array(newest, dtype=np.int64)[slots]
    asked = usable & ((columns.time <= limit) | (limit == NULL))
    there: dict[tuple[int, int], list[Known]] = defaultdict(list)
    if asked.any():
        for known in store.existing(columns.datastream[asked], columns.time[asked]):
            there[known.datastream, known.time].append(known)
    doubtful = _repeated(columns, usable)
    if there:
        pairs = zip(columns.datastream.tolist(), columns.time.tolist(), strict=True)
        doubtful |= usable & np.fromiter((pair in there for pair in pairs), dtype=np.bool_, count=count)
    if doubtful.any():
        _decide(columns, slots, streams, np.flatnonzero(doubtful), there, policy, resolved)
    return resolved


def _repeated(columns: Columns, usable: Mask) -> Mask:
    """Return which rows share their time with another row of the batch."""
    found = np.zeros(len(columns), dtype=np.bool_)
    rows = np.flatnonzero(usable)
    order = rows[np.lexsort((columns.time[rows], columns.datastream[rows]))]
    same = (np.diff(columns.time[order]) == 0) & (np.diff(columns.datastream[order]) == 0)
    found[order[1:]] |= same
    found[order[:-1]] |= same
    return found


def _decide(  # noqa: PLR0913, PLR0917
    columns: Columns,
    slots: Ints,
    streams: Sequence[Stream],
    rows: Ints,
    there: Mapping[tuple[int, int], list[Known]],
    policy: str | None,
    resolved: Resolved,
) -> None:
    """Go through doubtful rows in the order in which they came."""
    seen: dict[tuple[int, int], list[tuple[Known, int]]] = {}
    for row in rows.tolist():
        stream = streams[slots[row]]
        new = _known(columns, row)
        key = new.datastream, new.time
        if key not in seen:
            seen[key] = [(known, -1) for known in there.get(key, ())]
        before = seen[key]
        if not before:
            before.append((new, row))
            continue
        twin = next((one for one in before if _same(one[0], new)), None)
        if twin is not None:
            _mark(resolved, row, Status.REPEATED, twin)
        else:
            _contradict(policy or stream.duplicates, stream, new, row, before, resolved)


def _mark(resolved: Resolved, row: int, status: Status, twin: tuple[Known, int]) -> None:
    resolved.status[row] = status
    resolved.number[row], resolved.twin[row] = twin[0].number, twin[1]


def _contradict(  # noqa: PLR0913, PLR0917
    policy: str, stream: Stream, new: Known, row: int, before: list[tuple[Known, int]], resolved: Resolved
) -> None:
    """Decide about a row that says something else than `before`, which is not empty."""
    last = before[-1]
    if policy == Duplicates.KEEP and last[0].copy + 1 < MOST_COPIES:
        resolved.copy[row] = last[0].copy + 1
        before.append((new._replace(copy=last[0].copy + 1), row))
    elif policy == Duplicates.REPLACE and not _is_older(new, last[0]):
        _replace(new, row, before, resolved)
    elif policy in {Duplicates.REJECT, Duplicates.KEEP} and not _equal(new, last[0]):
        resolved.status[row] = Status.REJECTED
        shown = last[0].value if last[0].result is None else f"{last[0].result:g}"
        when = instant(new.time).isoformat()
        resolved.reasons[row] = (Reason.DUPLICATE, f"Already stored for {when}: {shown!s:.80} {stream.unit}")
    else:
        _mark(resolved, row, Status.REPEATED, last)


def _replace(new: Known, row: int, before: list[tuple[Known, int]], resolved: Resolved) -> None:
    """Let a row take the place of the last one, which may be of the same batch."""
    old, place = before[-1]
    before[-1] = new._replace(copy=old.copy, number=old.number), row
    resolved.copy[row] = old.copy
    if place < 0:
        resolved.status[row], resolved.number[row] = Status.REPLACED, old.number
        resolved.old[row] = old
        return
    # the earlier row of the batch is never written; it counts as repeated by this one
    resolved.status[row], resolved.number[row] = resolved.status[place], resolved.number[place]
    if place in resolved.old:
        resolved.old[row] = resolved.old.pop(place)
    resolved.status[place], resolved.twin[place] = Status.REPEATED, row


def _is_older(new: Known, old: Known) -> bool:
    return new.result_time is not None and old.result_time is not None and new.result_time < old.result_time


def _same(one: Known, other: Known) -> bool:
    """Return whether two observations say the same; numbers, copies and flags do not count."""
    return one.result == other.result and one[7:] == other[7:]


def _equal(one: Known, other: Known) -> bool:
    return one.result == other.result and one.value == other.value


def _known(columns: Columns, row: int) -> Known:
    result = float(columns.result[row])
    times = [_time(columns, name, row) for name in TIMES]
    texts = [_json(columns, name, row) for name in JSON]
    plain = None if np.isnan(result) else result
    return Known._make(
        [
            *(int(columns.datastream[row]), int(columns.time[row]), 0, 0, plain, 0, 0),
            *(texts[0], *times, *texts[1:], _time(columns, "feature", row)),
        ]
    )


def _time(columns: Columns, name: str, row: int) -> int | None:
    column = getattr(columns, name)
    return None if column is None or column[row] == NULL else int(column[row])


def _json(columns: Columns, name: str, row: int) -> object:
    column = getattr(columns, name)
    return None if column is None or column[row] is None else json.loads(column[row])
