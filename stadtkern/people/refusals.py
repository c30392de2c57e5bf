"""The record of what was refused to whom, added up by the hour so that a flood leaves one line."""

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F

from stadtkern.base.clock import now
from stadtkern.people.models import Refusal

logger = logging.getLogger(__name__)
PAUSE = 10.0
"""Seconds between two writes of the same line; what comes in between is added to the next."""
MOST_LINES = 1000
KEPT = timedelta(days=90)
Line = tuple[str, str, str]


@dataclass(slots=True)
class _Pending:
    """What this process has not written yet."""

    times: dict[Line, int] = field(default_factory=dict)
    written: dict[Line, float] = field(default_factory=dict)


_pending = _Pending()


def note_refusal(principal: str, *, door: str, reason: str) -> None:
    """Count that somebody was refused something at a door (`http`, `mqtt` ...)."""
    line = (principal[:200], door[:20], reason[:200])
    if len(_pending.written) >= MOST_LINES:
        _pending.written.clear()
        _pending.times.clear()
    _pending.times[line] = _pending.times.get(line, 0) + 1
    last = _pending.written.get(line)
    if last is None or time.monotonic() - last >= PAUSE:
        _write(line, _pending.times.pop(line))
        _pending.written[line] = time.monotonic()


def _write(line: Line, times: int) -> None:
    principal, door, reason = line
    moment = now()
    hour = moment.replace(minute=0, second=0, microsecond=0)
    try:
        with transaction.atomic():
            row, is_new = Refusal.objects.get_or_create(
                hour=hour,
                principal=principal,
                door=door,
                reason=reason,
                defaults={"times": times, "last": moment},
            )
            if not is_new:
                Refusal.objects.filter(pk=row.pk).update(times=F("times") + times, last=moment)
    except DatabaseError as error:
        logger.warning(
            "%s was refused %s times at %s: %s (not recorded: %s)", *line[:1], times, *line[1:], error
        )


def forget_pending() -> None:
    """Begin anew, as a new process does."""
    _pending.times.clear()
    _pending.written.clear()


def delete_old_refusals(moment: datetime) -> int:
    """Delete what is older than it may be; return how many lines."""
    return int(Refusal.objects.filter(hour__lt=moment - KEPT).delete()[0])
