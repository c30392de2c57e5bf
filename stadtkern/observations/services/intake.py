"""Sorting what a connector yields, and making columns of its readings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from stadtkern.base import units
from stadtkern.contracts.connector import Item, Reading, Rejected, Station, Threshold
from stadtkern.observations.fields import micros
from stadtkern.observations.quality import FROM_SOURCE
from stadtkern.observations.services.columns import NULL, Columns
from stadtkern.observations.services.facts import Stream
from stadtkern.observations.services.rows import Reason, Reject
from stadtkern.observations.services.streams import Wanted
from stadtkern.observations.services.text import clean

LONGEST_THING, LONGEST_PROPERTY = 200, 100
FORECAST = ":forecast"


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
            name = Wanted(item.thing, item.observed_property, item.is_forecast)
            known = batch.readings.get(name)
            if known is not None and item.unit == known[0].unit:
                known.append(item)
            elif problem := _name_problem(item) or _unit_problem(item):
                batch.rejects.append(reject(item, *problem))
            else:
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
    where = f"{reading.thing}:{reading.observed_property}" + (FORECAST if reading.is_forecast else "")
    return Reject(reason, detail, where, raw)


@dataclass(slots=True)
class Gathered:
    """Readings that are numbers at times, and the columns made of them."""

    readings: list[Reading] = field(default_factory=list)
    streams: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    results: list[float] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    checks: list[int] = field(default_factory=list)

    def columns(self) -> Columns:
        """Return the readings as columns."""
        known = np.array(self.known, dtype=np.int64)
        return Columns(
            np.array(self.streams, dtype=np.int64),
            np.array(self.times, dtype=np.int64),
            np.array(self.results, dtype=np.float64),
            result_time=None if (known == NULL).all() else known,
            checks=np.array(self.checks, dtype=np.int64),
        )


def gather(
    readings: Mapping[Wanted, Sequence[Reading]], streams: Mapping[Wanted, Stream]
) -> tuple[Gathered, list[Reject]]:
    """Return what the bulk path can judge further, in the units of the datastreams, and the refusals."""
    gathered, rejects = Gathered(), []
    for name, items in readings.items():
        stream = streams[name]
        for item in items:
            time = item.phenomenon_time
            if not isinstance(time, datetime) or time.utcoffset() is None:
                rejects.append(reject(item, Reason.TIME, "Time missing or without zone"))
                continue
            result = _number(item, stream)
            if isinstance(result, tuple):
                rejects.append(reject(item, *result))
                continue
            known = item.result_time
            is_known = known is not None and known.utcoffset() is not None
            gathered.readings.append(item)
            gathered.streams.append(stream.id)
            gathered.times.append(micros(time))
            gathered.results.append(result)
            gathered.known.append(micros(known) if known is not None and is_known else NULL)
            gathered.checks.append(int(FROM_SOURCE.get(item.quality, 0)))
    return gathered, rejects


def _number(reading: Reading, stream: Stream) -> float | tuple[str, str]:
    try:
        result = float(reading.result)
    except (TypeError, ValueError, OverflowError):
        return Reason.VALUE, f"Not a number: {str(reading.result)[:80]!r}"
    if reading.unit == stream.unit or result != result:  # noqa: PLR0124  # nan is refused further on
        return result
    try:
        return units.convert(result, reading.unit, stream.unit)
    except units.UnitError as error:
        return Reason.UNIT, str(error)
