"""What becomes of one record in a run: new, changed, as it was, refused, back again or gone."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import DatabaseError, OperationalError, transaction

from stadtkern.base.clock import now
from stadtkern.base.outages import is_full
from stadtkern.harvest import storing
from stadtkern.harvest.asking import is_own_name
from stadtkern.harvest.found import Found, differences, fingerprint
from stadtkern.harvest.models import HarvestName, HarvestPage, HarvestRecord, HarvestResult, HarvestRun
from stadtkern.harvest.readers.base import Raw
from stadtkern.harvest.storing import Known

MOST_DIFFERENCES = 200
LONGEST_SHOWN = 500
Outcome = HarvestResult.Outcome
State = HarvestRecord.State


@dataclass(frozen=True, slots=True)
class Stretch:
    """What records meet in a stretch of work."""

    run: HarvestRun
    page: HarvestPage
    known: Known
    tally: "Tally"


@dataclass(slots=True)
class Tally:
    """What a stretch of records came to; the names are those of the columns of a run."""

    created: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    gone: int = 0


def store(raws: Sequence[Raw], run: HarvestRun, page: HarvestPage, known: Known) -> Tally:
    """Store records in the transaction of the caller; those that the run has seen already are left alone."""
    tally = Tally()
    stretch = Stretch(run, page, known, tally)
    wanted = {raw.identifier for raw in raws}
    found = HarvestRecord.objects.filter(source=run.source, identifier__in=wanted).select_related("dataset")
    records = {record.identifier: record for record in found}
    unchanged: list[int] = []
    for raw in raws:
        record = records.get(raw.identifier)
        if record is not None and record.seen_in_id == run.pk:
            continue
        if record is not None and is_same(raw, record):
            unchanged.append(record.pk)
            record.seen_in_id = run.pk
            tally.same += 1
            continue
        records[raw.identifier] = _store_one(raw, record, stretch)
    HarvestRecord.objects.filter(pk__in=unchanged).update(seen_in=run, last_seen=now(), page=page)
    return tally


def is_same(raw: Raw, record: HarvestRecord) -> bool:
    """Return whether a record says what it said before, and its dataset is as we left it."""
    return (
        raw.found is not None
        and record.state == State.CURRENT
        and record.dataset is not None
        and record.fingerprint == fingerprint(raw.found.plain())
    )


def refusal_of(raw: Raw) -> tuple[str, str]:
    """Return why a record can be no dataset, without looking at others; empty: it can."""
    if raw.refusal or raw.found is None:
        return raw.refusal or "unreadable", raw.value
    if not any(text.strip() for text in raw.found.title.values()):
        return "no-title", ""
    if is_own_name([raw.found.identifier, *raw.found.names, raw.found.extra.get("uri", "")]):
        return "our-own", raw.found.identifier
    return "", ""


def note_gaps(raw: Raw, *, has_licence: bool) -> None:
    """Note what a record lacks and what was taken instead."""
    if raw.found is None:
        return
    found = raw.found
    if not found.description:
        raw.notes.add("no-description")
    if not found.publisher.name and not found.publisher.uri:
        raw.notes.add("no-publisher")
    if not found.distributions:
        raw.notes.add("no-distribution")
    elif not has_licence and any(not one.licence for one in found.distributions):
        raw.notes.add("no-licence")


def _store_one(raw: Raw, record: HarvestRecord | None, stretch: Stretch) -> HarvestRecord:
    """Store a record that is new or differs; what the database refuses leaves nothing behind."""
    code, value = refusal_of(raw)
    if code or raw.found is None:
        return _refuse(raw, record, stretch, code, value)
    note_gaps(raw, has_licence=bool(stretch.run.source.licence))
    try:
        with transaction.atomic():
            return _take(raw, raw.found, record, stretch)
    except (DatabaseError, ValidationError, ValueError, TypeError, OverflowError) as error:
        if is_full(error) or isinstance(error, OperationalError):
            raise
        stretch.known.forget()  # it may hold what was taken back
        return _refuse(raw, record, stretch, "not-stored", f"{type(error).__name__}: {error}")


def _take(raw: Raw, found: Found, record: HarvestRecord | None, stretch: Stretch) -> HarvestRecord:
    """Make or change the dataset of a record."""
    run = stretch.run
    dataset = record.dataset if record is not None else None
    if dataset is None:
        code, value, dataset = storing.same_elsewhere(run.source, found)
        if code:
            return _refuse(raw, record, stretch, code, value)
    before = record.content if record is not None and record.state != State.REFUSED else {}
    # what an editor has withdrawn stays so; what had vanished comes back
    is_back = dataset is not None and (record is None or record.state != State.CURRENT)
    outcome = Outcome.BACK if is_back else Outcome.CHANGED if dataset is not None else Outcome.CREATED
    plain = found.plain()
    dataset = storing.write(dataset, found, run.source, stretch.known, is_back=is_back)
    storing.refresh_draft(dataset)
    record = _seen(raw, record, stretch)
    record.state, record.refusal, record.refusal_value = State.CURRENT, "", ""
    record.fingerprint, record.content, record.dataset = fingerprint(plain), plain, dataset
    record.save()
    _name(record, found)
    told = list(differences(before, plain))[:MOST_DIFFERENCES] if before else []
    _note(run, record, outcome, [_short(one) for one in told])
    if outcome == Outcome.CREATED:
        stretch.tally.created += 1
    else:
        stretch.tally.changed += 1
    return record


def _short(difference: dict[str, object]) -> dict[str, object]:
    """Return a difference whose values are short enough to be kept."""
    return {
        name: value[:LONGEST_SHOWN] + "…" if isinstance(value, str) and len(value) > LONGEST_SHOWN else value
        for name, value in difference.items()
    }


def _seen(raw: Raw, record: HarvestRecord | None, stretch: Stretch) -> HarvestRecord:
    """Return the record with what every result leaves on it; not stored yet."""
    record = record or HarvestRecord(source=stretch.run.source, identifier=raw.identifier)
    if raw.found is not None:
        record.title = next(iter(raw.found.title.values()), "")[:300]
    record.findings = [[one.code, one.value] for one in raw.notes.findings]
    record.page, record.seen_in, record.last_seen = stretch.page, stretch.run, now()
    return record


def _refuse(raw: Raw, record: HarvestRecord | None, stretch: Stretch, code: str, value: str) -> HarvestRecord:
    """Note why a record is not taken over. A dataset made of it earlier stays as it was."""
    is_news = record is None or (record.refusal, record.refusal_value) != (code, value[:500])
    record = _seen(raw, record, stretch)
    if record.dataset_id is None:
        record.state = State.REFUSED
    record.refusal, record.refusal_value = code, value[:500]
    record.fingerprint = ""
    record.save()
    if is_news:
        _note(stretch.run, record, Outcome.REFUSED, [])
    stretch.tally.refused += 1
    return record


def _name(record: HarvestRecord, found: Found) -> None:
    wanted = {name for name in (found.identifier, *found.names) if storing.is_global(name)}
    known = set(record.names.values_list("name", flat=True))
    record.names.filter(name__in=known - wanted).delete()
    HarvestName.objects.bulk_create(HarvestName(record=record, name=name) for name in sorted(wanted - known))


def _note(
    run: HarvestRun, record: HarvestRecord, outcome: HarvestResult.Outcome, told: list[dict[str, object]]
) -> None:
    HarvestResult.objects.update_or_create(
        run=run, record=record, defaults={"outcome": outcome, "differences": told}
    )


def remove(records: Sequence[HarvestRecord], run: HarvestRun) -> int:
    """Withdraw the datasets of records that a complete run has not seen."""
    for record in records:
        if record.dataset is not None:
            storing.withdraw(record.dataset)
        record.state, record.fingerprint = State.GONE, ""
        record.save(update_fields=["state", "fingerprint"])
        _note(run, record, Outcome.GONE, [])
    return len(records)
