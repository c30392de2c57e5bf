"""Making virtual series, and keeping them right."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import Max, Min

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.observations.derived.align import Plan, tolerance_of
from stadtkern.observations.derived.formula import Curve, FormulaError, Program, Table, compile_formula
from stadtkern.observations.derived.models import DerivedInput, DerivedStream, DirtyRange, LookupTable
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Datastream, LatestObservation
from stadtkern.observations.services.changes import newest_times
from stadtkern.people.models import User

logger = logging.getLogger(__name__)
SOURCE = "derived"
DEEPEST = 5
"""Virtual series of virtual series of ..."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A virtual series as a form describes it; nothing is stored yet."""

    derived: DerivedStream
    stream: Datastream
    inputs: Sequence[DerivedInput]
    tables: Sequence[LookupTable]


def program_of(draft: Draft) -> Program:
    """Return the program of a draft.

    Raises
    ------
    FormulaError
        if the formula cannot be used.
    """
    units = {one.alias: one.datastream.unit for one in draft.inputs}
    return compile_formula(
        draft.derived.formula, units, result=draft.stream.unit, tables=tables_of(draft.tables)
    )


def tables_of(rows: Sequence[LookupTable]) -> dict[str, Table]:
    """Return the tables by name, with their curves in order of validity."""
    found: dict[str, Table] = {}
    for name in dict.fromkeys(row.name for row in rows):
        own = [row for row in rows if row.name == name]
        found[name] = Table(own[0].x_unit, own[0].y_unit, [curve_of(row) for row in own])
    return found


def curve_of(row: LookupTable) -> Curve:
    """Return one table as columns."""
    pairs = np.array(row.rows, dtype=np.float64)
    bounds = {}
    if row.valid_from is not None:
        bounds["valid_from"] = micros(row.valid_from)
    if row.valid_to is not None:
        bounds["valid_to"] = micros(row.valid_to)
    return Curve(pairs[:, 0], pairs[:, 1], row.between, **bounds)


def plan_of(draft: Draft) -> Plan:
    """Return what is needed to compute a draft."""
    derived = draft.derived
    return Plan(
        program=program_of(draft),
        inputs=tuple((one.alias, one.datastream_id) for one in draft.inputs),
        alignment=derived.alignment,
        tolerance=tolerance_of(derived.tolerance),
        bucket=derived.bucket,
    )


def stored_draft(derived: DerivedStream) -> Draft:
    """Return a stored virtual series with all that belongs to it."""
    inputs = derived.inputs.select_related("datastream__thing", "datastream__observed_property")
    return Draft(derived, derived.datastream, list(inputs), list(derived.tables.all()))


def check(draft: Draft) -> None:
    """Refuse a draft that cannot be computed, goes round in circles or shows more than it may.

    Raises
    ------
    BadInput
        with the reason.
    """
    if not draft.inputs:
        raise BadInput("A virtual series needs at least one series.")
    try:
        program = program_of(draft)
    except FormulaError as error:
        raise BadInput(str(error)) from error
    names = {one.alias for one in draft.inputs} | {table.name for table in draft.tables}
    if unused := sorted(names - program.names):
        raise BadInput(f"The formula does not use: {', '.join(unused)}.")
    _check_circle(draft)
    _check_public(draft)


def _check_circle(draft: Draft) -> None:
    """Follow the inputs downwards; refuse a way that comes back or is too long."""
    level = {one.datastream_id for one in draft.inputs}
    for _step in range(DEEPEST):
        if draft.stream.pk is not None and draft.stream.pk in level:
            raise BadInput("The series would be computed from itself.")
        found = DerivedInput.objects.filter(derived__in=level).values_list("datastream", flat=True)
        level = set(found)
        if not level:
            return
    raise BadInput(f"More than {DEEPEST} virtual series stand on each other.")


def _check_public(draft: Draft) -> None:
    """Refuse to publish what is computed from something that is not public."""
    profile = draft.stream.profile
    if profile is None or not profile.is_published:
        return
    keys = {one.datastream_id for one in draft.inputs}
    public = set(Datastream.objects.public().filter(pk__in=keys).values_list("pk", flat=True))
    if public != keys:
        raise BadInput("Its data profile is public, but not every series it is computed from is.")


def key_of(draft: Draft) -> str:
    """Return the key of the datastream, as `record` finds it."""
    key = f"{SOURCE}:{draft.derived.slug}:{draft.stream.observed_property.slug}"
    return key + (":forecast" if draft.stream.is_forecast else "")


@transaction.atomic
def save_derived(draft: Draft, *, by: User | None = None) -> DerivedStream:
    """Store a virtual series and have all of it computed."""
    if by is not None and not by.has_perm("observations.change_derivedstream"):
        raise NotPermitted("Only editors and analysts may make virtual series.")
    stream, derived = draft.stream, draft.derived
    stream.is_forecast = any(one.datastream.is_forecast for one in draft.inputs)
    check(draft)
    stream.key = key_of(draft)
    stream.duplicates = Datastream.Duplicates.REPLACE
    if Datastream.objects.filter(key=stream.key).exclude(pk=stream.pk).exists():
        raise BadInput(f"There is already a series {stream.key}.")
    stream.save()
    derived.datastream, derived.changed_at, derived.problem = stream, clock.now(), ""
    derived.save()
    derived.inputs.all().delete()
    derived.tables.all().delete()
    for position, one in enumerate(draft.inputs):
        one.pk, one.derived, one.position, one.seen_until = None, derived, position, None
        one.save(force_insert=True)
    for table in draft.tables:
        table.pk, table.derived = None, derived
        table.save(force_insert=True)
    recompute(derived)
    return derived


def recompute(derived: DerivedStream, since: datetime | None = None) -> None:
    """Have a virtual series computed anew, from `since` or from the first reading of its inputs on."""
    ends = LatestObservation.objects.filter(datastream=derived.datastream_id).aggregate(
        first=Min("first_time"), last=Max("phenomenon_time")
    )
    firsts = [moment for moment in (since or first_time(derived), ends["first"]) if moment is not None]
    if not firsts:
        return
    first = since or min(firsts)
    last = max(moment for moment in (clock.now(), last_time(derived), ends["last"]) if moment is not None)
    DirtyRange.objects.filter(derived=derived).delete()
    DirtyRange.objects.create(derived=derived, first=first, last=max(last, first))


def first_time(derived: DerivedStream) -> datetime | None:
    """Return the time of the first reading of any input that its data profile lets us keep."""
    streams = derived.inputs.all()
    latest = LatestObservation.objects.filter(datastream__in=streams.values("datastream"))
    if (known := latest.aggregate(first=Min("first_time"))["first"]) is None:
        return None
    profile = derived.datastream.profile
    kept = profile.retention if profile is not None else None
    first: datetime = known
    return max(first, clock.now() - kept) if kept is not None else first


def last_time(derived: DerivedStream) -> datetime | None:
    """Return the newest time of any input; forecasts lie in the future."""
    found = newest_times(list(derived.inputs.values_list("datastream", flat=True)))
    return instant(max(found.values())) if found else None


@transaction.atomic
def delete_derived(derived: DerivedStream, *, by: User | None = None) -> None:
    """Stop computing a virtual series; its results stay as a series like any other."""
    if by is not None and not by.has_perm("observations.change_derivedstream"):
        raise NotPermitted("Only editors and analysts may make virtual series.")
    derived.delete()


def progress(ranges: Sequence[DirtyRange]) -> int:
    """Return how much of what is to be computed is done, in percent; 100: all of it."""
    spans = [(micros(one.first), micros(one.last), micros(one.done or one.first)) for one in ranges]
    total = sum(last - first for first, last, _done in spans)
    done = sum(done - first for first, _last, done in spans)
    return 100 if total == 0 else int(100 * done / total)
