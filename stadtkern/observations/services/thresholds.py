"""Named levels with periods of validity: a changed value closes one period and opens the next."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from stadtkern.base import units
from stadtkern.contracts.connector import Threshold as Told
from stadtkern.observations.models import Threshold
from stadtkern.observations.services.facts import Stream
from stadtkern.observations.services.rows import Reason, Reject
from stadtkern.observations.services.storage import chunks
from stadtkern.observations.services.streams import Wanted
from stadtkern.observations.services.text import clean


def update_thresholds(
    told: Mapping[Wanted, Sequence[Told]], streams: Mapping[Wanted, Stream], *, received: datetime
) -> list[Reject]:
    """Bring the stored levels in line with what the source tells; return what cannot be used."""
    known: dict[int, list[Threshold]] = {}
    for part in chunks(streams[name].id for name in told):
        for level in Threshold.objects.filter(datastream__in=part).order_by("pk"):
            known.setdefault(level.datastream_id, []).append(level)
    rejects = []
    for name, levels in told.items():
        stream = streams[name]
        there = known.setdefault(stream.id, [])
        problems = ((level, _apply(level, stream, there, received)) for level in levels)
        rejects += [Reject(*problem, stream.key, repr(level)) for level, problem in problems if problem]
    return rejects


def _apply(told: Told, stream: Stream, known: list[Threshold], received: datetime) -> tuple[str, str] | None:
    if problem := _problem(told):
        return problem
    try:
        value = units.convert(told.value, told.unit, stream.unit)
    except units.UnitError as error:
        return Reason.UNIT, str(error)
    new = Threshold(
        datastream_id=stream.id,
        name=clean(told.name, 200),
        value=value,
        severity=told.severity,
        valid_from=told.valid_from,
        valid_to=told.valid_to,
    )
    named = [level for level in known if level.name == new.name]
    _merge(new, named, known, received)
    return None


def _problem(told: Told) -> tuple[str, str] | None:
    if not told.name:
        return Reason.UNREADABLE, "Threshold without a name"
    if not math.isfinite(told.value):
        return Reason.VALUE, "Threshold is not a finite number"
    if any(time is not None and time.utcoffset() is None for time in (told.valid_from, told.valid_to)):
        return Reason.TIME, "Validity of a threshold without zone"
    if told.valid_from and told.valid_to and told.valid_to <= told.valid_from:
        return Reason.TIME, "Validity of a threshold ends before it begins"
    return None


def _merge(new: Threshold, named: list[Threshold], known: list[Threshold], received: datetime) -> None:
    """Store `new` beside the periods of the same name."""
    current = next((level for level in named if level.valid_to is None), None)
    same = current if new.valid_from is None and new.valid_to is None else None
    if new.valid_from is not None:
        same = next((level for level in named if level.valid_from == new.valid_from), None)
    if same is not None and (same.value == new.value or new.valid_from is not None):
        _correct(same, new)
        return
    if new.valid_to is None and current is not None:
        new.valid_from = new.valid_from or received
        if current.valid_from is not None and current.valid_from >= new.valid_from:
            # The source tells an earlier period only now.
            new.valid_to = current.valid_from
        else:
            current.valid_to = new.valid_from
            current.save(update_fields=["valid_to"])
    new.save()
    known.append(new)


def _correct(level: Threshold, new: Threshold) -> None:
    """Write what the source now says about the same period."""
    valid_to = new.valid_to if new.valid_from is not None and new.valid_to is not None else level.valid_to
    if (level.value, level.severity, level.valid_to) != (new.value, new.severity, valid_to):
        level.value, level.severity, level.valid_to = new.value, new.severity, valid_to
        level.save(update_fields=["value", "severity", "valid_to"])
