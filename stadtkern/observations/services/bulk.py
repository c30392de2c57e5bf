"""The one way in for observations: whole columns, judged and written in sets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Datastream
from stadtkern.observations.services import newest, rollups, told
from stadtkern.observations.services.archive.moving import bring_back
from stadtkern.observations.services.changes import note_late
from stadtkern.observations.services.columns import NULL, Columns, Ints, Mask, Status, Stored
from stadtkern.observations.services.durable import durable
from stadtkern.observations.services.entry import check_entry
from stadtkern.observations.services.facts import Newest, Stream, hold
from stadtkern.observations.services.judging import judge, verdicts
from stadtkern.observations.services.repeats import Resolved, resolve
from stadtkern.observations.services.rows import Row
from stadtkern.observations.services.storage import Storage, Writing, storage

DAY = 86_400_000_000
UNKNOWN = "unknown"
"""Reason of a rejection: there is no such datastream."""


def store(
    columns: Columns,
    *,
    received: datetime,
    policy: str | None = None,
    strict: bool = False,
    streams: Mapping[int, Stream] | None = None,
) -> Stored:
    """Store observations of any datastreams in one transaction, all that can be stored.

    Rows may be late, out of order and repeated. When this returns (and no transaction is open around it) they
    are on disk. A row that cannot be stored does not keep the others from it.

    Parameters
    ----------
    columns
        The observations, in the order in which they came.
    received
        When they came in.
    policy
        What happens to a second result for the same time (`Datastream.Duplicates`); None: as each
        datastream says.
    strict
        Whether times in the future and impossible values are refused rather than marked.
    streams
        The datastreams, if the caller holds them already (`facts.hold`).
    """
    if not len(columns):
        return Stored(np.zeros(0, dtype=np.int8), np.zeros(0, dtype=np.int64))
    with durable():
        return _Batch(columns, received, policy, strict=strict, streams=streams).store()


class _Batch:
    """One call of `store`."""

    def __init__(
        self,
        columns: Columns,
        received: datetime,
        policy: str | None,
        *,
        strict: bool,
        streams: Mapping[int, Stream] | None,
    ) -> None:
        self.columns = columns
        self.received = micros(received)
        self.policy = policy
        self.strict = strict
        self.database: Storage = storage()
        ids, slots = np.unique(columns.datastream, return_inverse=True)
        self.slots: Ints = slots.reshape(-1).astype(np.int64)
        known = hold(self.database, ids.tolist()) if streams is None else streams
        self.streams: list[Stream] = [known.get(pk) or _missing(pk) for pk in ids.tolist()]
        self.is_known = np.array([pk in known for pk in ids.tolist()], dtype=np.bool_)[self.slots]

    def store(self) -> Stored:
        """Judge, write, count."""
        columns, slots, streams = self.columns, self.slots, self.streams
        judged = judge(columns, slots, streams, self.received, strict=self.strict)
        judged.is_usable &= self.is_known
        self._bring_back(judged.is_usable)
        resolved = resolve(self.database, columns, slots, streams, judged.is_usable, self.policy)
        reasons = {**judged.reasons, **resolved.reasons}
        for row in np.flatnonzero(~self.is_known).tolist():
            reasons[row] = (UNKNOWN, f"There is no Datastream {columns.datastream[row]}")
        stored = Stored(resolved.status, resolved.number, reasons)
        written = np.flatnonzero(np.isin(resolved.status, (Status.STORED, Status.REPLACED)))
        if len(written):
            # in the order of the table, which makes writing quicker and runs of a datastream contiguous
            order = np.lexsort((resolved.copy[written], columns.time[written], slots[written]))
            rows = written[order]
            self._number(stored, rows)
            writing = Writing(
                columns.take(rows),
                resolved.number[rows],
                resolved.copy[rows],
                verdicts(judged.checks[rows], judged.is_tested[rows]),
                judged.checks[rows],
            )
            self._write(writing, slots[rows], judged.is_tested[rows], resolved, rows, stored)
        _follow_twins(stored, resolved)
        return stored

    def _bring_back(self, usable: Mask) -> None:
        """Bring the months out of the archive that rows fall into."""
        rows = np.flatnonzero(usable)
        if not len(rows):
            return
        times, slots = self.columns.time[rows], self.slots[rows]
        firsts = np.full(len(self.streams), np.iinfo(np.int64).max)
        lasts = np.full(len(self.streams), NULL)
        np.minimum.at(firsts, slots, times)
        np.maximum.at(lasts, slots, times)
        spans = zip(firsts.tolist(), lasts.tolist(), strict=True)
        bring_back({one.id: span for one, span in zip(self.streams, spans, strict=True) if span[1] != NULL})

    def _number(self, stored: Stored, rows: Ints) -> None:
        """Give numbers to new rows, ascending in the order in which they came."""
        fresh = np.sort(rows[stored.status[rows] == Status.STORED])
        if len(fresh):
            stored.number[fresh] = self.database.fresh_numbers(len(fresh))

    def _write(  # noqa: PLR0913, PLR0917
        self, writing: Writing, slots: Ints, tested: Mask,
        resolved: Resolved, rows: Ints, stored: Stored,
    ) -> None:  # fmt: skip
        database = self.database
        bits, turned = check_entry(database, writing, slots, self.streams)
        writing.checks |= bits
        writing.quality = verdicts(writing.checks, tested)
        is_new = stored.status[rows] == Status.STORED
        new = writing if is_new.all() else writing.take(is_new)
        if len(new.number):
            database.insert(new)
            rollups.add_rows(database, new)
        replaced = [resolved.old[row] for row in rows[~is_new].tolist()]
        turned = self._without_replaced(turned, replaced)
        if replaced:
            database.overwrite(writing.take(~is_new))
        if turned:
            database.set_flags(turned)
        if replaced:
            rollups.roll_up(database, [(old.datastream, old.time) for old in replaced])
        latest = self._newest(new, slots[is_new], writing.take(~is_new), slots[~is_new], turned)
        stored.version = newest.put(database, latest, received=self.received)
        stored.datastreams = tuple(sorted(latest))
        note_late(self._late(writing, slots, turned), version=stored.version)
        self._give_features(writing, slots)
        told.rows(writing.columns.datastream, writing.columns.time, writing.number)
        self._recheck(writing, slots)

    @staticmethod
    def _without_replaced(turned: Sequence[Row], replaced: Sequence[tuple[Any, ...]]) -> list[Row]:
        """Return the turned rows that are not written over anyway."""
        keys = {old[:3] for old in replaced}
        return [row for row in turned if (row.datastream, row.time, row.copy) not in keys]

    def _newest(
        self, new: Writing, new_slots: Ints, replacing: Writing, slots: Ints, turned: Sequence[Row]
    ) -> dict[int, Newest]:
        """Return the newest values of all datastreams that got something."""
        found: dict[int, Newest] = {}
        cuts = np.concatenate(([0], np.flatnonzero(np.diff(new_slots)) + 1, [len(new_slots)]))
        for first, last in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            if first < last:
                stream = self.streams[new_slots[first]]
                found[stream.id] = newest.after_adding(stream, new, np.arange(first, last))
        for slot in np.unique(slots).tolist():
            stream = self.streams[slot]
            base = found.get(stream.id) or stream.newest
            if base is not None:
                found[stream.id] = newest.after_replacing(base, replacing, np.flatnonzero(slots == slot))
        changed = [self.streams[slot].id for slot in np.unique(slots).tolist()]
        if changed:
            found |= newest.reread(self.database, changed, found)
        by_stream: dict[int, list[Row]] = {}
        for row in turned:
            by_stream.setdefault(row.datastream, []).append(row)
        return {key: newest.with_flags(one, by_stream.get(key, ())) for key, one in found.items()}

    def _late(self, writing: Writing, slots: Ints, turned: Sequence[Row]) -> list[tuple[int, int, int]]:
        """Return datastream, first and last time of what was not written at the end of its datastream."""
        spans = {row.datastream: (row.time, row.time) for row in turned}
        for row in turned:
            first, last = spans[row.datastream]
            spans[row.datastream] = (min(first, row.time), max(last, row.time))
        times = writing.columns.time
        cuts = np.concatenate(([0], np.flatnonzero(np.diff(slots)) + 1, [len(slots)])).tolist()
        for low, high in pairwise(cuts):
            stream = self.streams[slots[low]]
            if stream.newest is not None and times[low] <= stream.newest.time:
                first, last = spans.get(stream.id, (int(times[low]), stream.newest.time))
                spans[stream.id] = (min(first, int(times[low])), max(last, int(times[high - 1])))
        return [(key, first, last) for key, (first, last) in spans.items()]

    def _give_features(self, writing: Writing, slots: Ints) -> None:
        """Give datastreams without one the feature of interest of their things (18-088 section 10.2)."""
        given = writing.columns.feature
        bare = slots if given is None else slots[given == NULL]
        lacking = [
            self.streams[slot].id for slot in np.unique(bare).tolist() if self.streams[slot].lacks_feature
        ]
        if lacking:
            from stadtkern.observations.services.entities import places  # noqa: PLC0415  # it imports this module

            places.default_features(lacking)

    def _recheck(self, writing: Writing, slots: Ints) -> None:
        """Let the quality job look again at what came in behind its back."""
        for slot in np.unique(slots).tolist():
            stream = self.streams[slot]
            if stream.checked_until is None:
                continue
            first = int(writing.columns.time[slots == slot].min())
            if first < stream.checked_until:
                Datastream.objects.filter(pk=stream.id).update(checked_until=instant(first - DAY))


def _missing(pk: int) -> Stream:
    """Return a stand-in for a datastream that does not exist; none of its rows is written."""
    return Stream(
        pk, "", "1", Datastream.Duplicates.REJECT, False, "", None, None, None, None, None, None,  # noqa: FBT003
        "", False, False, None,  # noqa: FBT003
    )  # fmt: skip


def _follow_twins(stored: Stored, resolved: Resolved) -> None:
    """Give rows that repeat another row of the batch the number of that."""
    for row in np.flatnonzero(resolved.twin >= 0).tolist():
        twin = int(resolved.twin[row])
        while resolved.twin[twin] >= 0 and stored.number[twin] == 0:
            twin = int(resolved.twin[twin])
        stored.number[row] = stored.number[twin]
