"""Giving quarantined readings another chance, once limits, units or policies are right."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from stadtkern.base.errors import NotPermitted
from stadtkern.contracts.connector import Reading
from stadtkern.observations.models import QuarantinedReading
from stadtkern.observations.services.intake import FORECAST
from stadtkern.observations.services.record import record
from stadtkern.people.models import User

REASONS = QuarantinedReading.Reason
RETRIED = frozenset({REASONS.FUTURE, REASONS.OLD, REASONS.UNIT, REASONS.IMPOSSIBLE, REASONS.DUPLICATE})
"""Reasons that somebody can do away with; what cannot be read at all has to be sent again."""
PARTS = 3
"""Time, result and unit stand in what is kept of a reading."""


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of readings that were tried once more."""

    stored: int = 0
    refused: int = 0
    """Still not possible, or not possible to try."""


def reading_of(row: QuarantinedReading) -> Reading | None:
    """Return the reading that a row keeps; None if it keeps none that could be tried again."""
    parts = row.raw.split(" ", PARTS - 1)
    where, is_forecast = row.where.removesuffix(FORECAST), row.where.endswith(FORECAST)
    thing, _colon, observed = where.rpartition(":")
    if row.reason not in RETRIED or len(parts) != PARTS or not thing:
        return None
    try:
        time, result = datetime.fromisoformat(parts[0]), float(parts[1])
    except ValueError:
        return None
    return Reading(
        thing=thing,
        observed_property=observed,
        phenomenon_time=time,
        result=result,
        unit=parts[2],
        is_forecast=is_forecast,
    )


def retry_readings(rows: Iterable[QuarantinedReading], *, by: User) -> Retried:
    """Try to store quarantined readings once more; those that are stored leave quarantine."""
    if not by.has_perm("observations.delete_quarantinedreading"):
        raise NotPermitted("Only editors may do this.")
    outcomes = [_retry(row) for row in rows]
    return Retried(stored=sum(outcomes), refused=len(outcomes) - sum(outcomes))


def _retry(row: QuarantinedReading) -> bool:
    reading = reading_of(row)
    if reading is None:
        return False
    with transaction.atomic():
        outcome = record([reading], source=row.source)
        if outcome.rejected:
            transaction.set_rollback(True)
            return False
        row.delete()
    return True


def dismiss_readings(keys: Iterable[int], *, by: User) -> int:
    """Delete quarantined readings that nobody needs; return how many."""
    if not by.has_perm("observations.delete_quarantinedreading"):
        raise NotPermitted("Only editors may do this.")
    return int(QuarantinedReading.objects.filter(pk__in=list(keys)).delete()[0])
