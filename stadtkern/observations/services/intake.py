"""Judging single readings: what can be stored, what goes into quarantine."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stadtkern.base import units
from stadtkern.contracts.connector import Item, Reading, Rejected, Station, Threshold
from stadtkern.observations.fields import MICROSECOND, micros
from stadtkern.observations.quality import FROM_SOURCE, Check, verdict
from stadtkern.observations.services.rows import Reason, Reject, Row, Stream
from stadtkern.observations.services.streams import Wanted
from stadtkern.observations.services.text import clean

AHEAD = timedelta(minutes=15) // MICROSECOND
"""How far a clock may run fast."""
OLD = timedelta(days=3652) // MICROSECOND
EPOCH_DAY = timedelta(days=1) // MICROSECOND
LARGEST = 1e100
"""Sums and squares of larger numbers leave what a database can hold."""
LONGEST_THING, LONGEST_PROPERTY = 200, 100


@dataclass(slots=True)
class Sorted:
    """The items of one batch by kind."""

    readings: dict[Wanted, list[Reading]] = field(default_factory=dict)
    stations: dict[str, Station] = field(default_factory=dict)
    thresholds: dict[Wanted, list[Threshold]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)

    def wanted(self) -> dict[Wanted, tuple[str, str]]:
        """Return the datastreams that are named, with the unit and the sensor of their first reading."""
        named = {name: (items[0].unit, "") for name, items in self.thresholds.items()}
        named |= {name: (items[0].unit, clean(items[0].sensor, 300)) for name, items in self.readings.items()}
        return named


def sort_items(items: Iterable[Item]) -> Sorted:
    """Sort the items of a batch by kind and datastream."""
    batch = Sorted()
    for item in items:
        if isinstance(item, Reading):
            if problem := _name_problem(item) or _unit_problem(item):
                batch.rejects.append(reject(item, *problem))
            else:
                name = Wanted(item.thing, item.observed_property, item.is_forecast)
                batch.readings.setdefault(name, []).append(item)
        elif isinstance(item, Station):
            if 0 < len(item.thing) <= LONGEST_THING and item.thing.isprintable():
                batch.stations[item.thing] = item
            else:
                batch.rejects.append(Reject(Reason.THING, "Station without a usable key", "", repr(item)))
        elif isinstance(item, Threshold):
            if problem := _name_problem(item) or _unit_problem(item):
                batch.rejects.append(Reject(*problem, f"{item.thing}:{item.observed_property}", repr(item)))
            else:
                name = Wanted(item.thing, item.observed_property, False)  # noqa: FBT003
                batch.thresholds.setdefault(name, []).append(item)
        elif isinstance(item, Rejected):
            batch.rejects.append(Reject(Reason.UNREADABLE, item.reason, item.where, item.raw))
    return batch


def _name_problem(item: Reading | Threshold) -> tuple[str, str] | None:
    for text, longest in ((item.thing, LONGEST_THING), (item.observed_property, LONGEST_PROPERTY)):
        if not 0 < len(text) <= longest or not text.isprintable():
            return Reason.THING, f"Name empty, too long or unprintable: {text[:80]!r}"
    return None


def _unit_problem(item: Reading | Threshold) -> tuple[str, str] | None:
    if units.is_known(item.unit):
        return None
    return Reason.UNIT, f"Unknown unit: {item.unit[:80]!r}"


def reject(reading: Reading, reason: str, detail: str) -> Reject:
    """Return what quarantine keeps of a reading."""
    time = reading.phenomenon_time
    when = time.isoformat() if isinstance(time, datetime) else repr(time)
    raw = f"{when} {reading.result!r} {reading.unit}"
    return Reject(reason, detail, f"{reading.thing}:{reading.observed_property}", raw)


def judge(reading: Reading, stream: Stream, now: int) -> Row | tuple[str, str]:
    """Return the row to store, or the reason and the detail of the refusal."""
    time = reading.phenomenon_time
    if not isinstance(time, datetime) or time.utcoffset() is None:
        return Reason.TIME, "Time missing or without zone"
    at = micros(time)
    if problem := _time_problem(at, stream, now):
        return problem
    result = _number(reading, stream)
    if isinstance(result, tuple):
        return result
    checks = int(FROM_SOURCE.get(reading.quality, 0))
    if now - at > OLD:
        checks |= Check.OLD
    tested = stream.minimum is not None
    if (stream.minimum is not None and result < stream.minimum) or (
        stream.maximum is not None and result > stream.maximum
    ):
        checks |= Check.RANGE
    known = reading.result_time
    known_at = micros(known) if known is not None and known.utcoffset() is not None else None
    return Row(stream.id, at, result, verdict(checks, tested=tested), checks, known_at)


def _time_problem(at: int, stream: Stream, now: int) -> tuple[str, str] | None:
    if at > now + AHEAD and not stream.is_forecast:
        return Reason.FUTURE, "More than 15 minutes ahead of our clock"
    if 0 <= at < EPOCH_DAY:
        return Reason.TIME, "The clock of the device is not set (1970-01-01)"
    if stream.retention is not None and at < now - stream.retention:
        return Reason.OLD, "Older than the data profile lets us keep"
    return None


def _number(reading: Reading, stream: Stream) -> float | tuple[str, str]:
    try:
        result = float(reading.result)
    except (TypeError, ValueError, OverflowError):
        return Reason.VALUE, f"Not a number: {str(reading.result)[:80]!r}"
    if not math.isfinite(result):
        return Reason.VALUE, f"Not a finite number: {result}"
    if reading.unit != stream.unit:
        try:
            result = units.convert(result, reading.unit, stream.unit)
        except units.UnitError as error:
            return Reason.UNIT, str(error)
    if abs(result) > LARGEST:
        return Reason.VALUE, f"Too large: {result:g} {stream.unit}"
    low, high = stream.physical_minimum, stream.physical_maximum
    if (low is not None and result < low) or (high is not None and result > high):
        return Reason.IMPOSSIBLE, f"{result:g} {stream.unit} cannot be"
    return result


def rows_of(
    batch: Sorted, streams: Mapping[Wanted, Stream], received: datetime
) -> tuple[dict[Stream, list[Row]], list[Reject]]:
    """Return the rows that can be stored, by datastream, and the refusals."""
    now = micros(received)
    rejects: list[Reject] = []
    rows: dict[Stream, list[Row]] = {}
    for name, readings in batch.readings.items():
        stream = streams[name]
        kept = rows.setdefault(stream, [])
        for reading in readings:
            judged = judge(reading, stream, now)
            if isinstance(judged, Row):
                kept.append(judged)
            else:
                rejects.append(reject(reading, *judged))
    return rows, rejects
