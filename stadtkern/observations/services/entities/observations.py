"""Observations made, changed and removed one by one; all storing goes through the bulk path."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from django.db import connection

from stadtkern.base.errors import Conflict, NotFound, NotPermitted
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Datastream, FeatureOfInterest, Observation
from stadtkern.observations.services import bulk, told
from stadtkern.observations.services.archive.moving import bring_back_feature
from stadtkern.observations.services.columns import NULL, Columns, Texts
from stadtkern.observations.services.entities import creation, places
from stadtkern.observations.services.entities.drafts import Draft, Result
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.work import Work
from stadtkern.observations.services.facts import Stream, hold
from stadtkern.observations.services.judging import judge, verdicts
from stadtkern.observations.services.rows import Duplicates, Reason
from stadtkern.observations.services.settle import settle
from stadtkern.observations.services.storage import storage

CHUNK = 5_000
"""Observations removed by one statement."""


def make(work: Work, drafts: "Sequence[tuple[Draft, creation.Given]]") -> list[int]:
    """Store Observations and return their identifiers in order; if one cannot be stored, none is.

    Raises
    ------
    Conflict
        If a stream that refuses repeats has another result for the time already.
    BadEntity
        If a result cannot be stored; says why.
    """
    streams = [_stream(work, draft, given) for draft, given in drafts]
    features = [_feature(work, draft, given) for draft, given in drafts]
    for stream in {stream.pk: stream for stream in streams}.values():
        creation.require_writable(work, stream)
    results = [_result(work, draft, stream) for (draft, _given), stream in zip(drafts, streams, strict=True)]
    places.default_features(
        [stream.pk for stream, feature in zip(streams, features, strict=True) if feature is None]
    )
    stored = bulk.store(columns([stream.pk for stream in streams], results, features), received=work.now)
    for row, (reason, text) in sorted(stored.reasons.items()):
        where = drafts[row][0].where
        problem = f"{where}: {text}" if where else text
        raise Conflict(problem) if reason == Reason.DUPLICATE else BadEntity(problem)
    return [int(number) for number in stored.number]


def columns(
    streams: Sequence[int], results: Sequence[Result], features: Sequence[int | None] | None = None
) -> Columns:
    """Return checked Observations as the bulk path takes them."""
    numbers = [np.nan if one.number is None else one.number for one in results]
    return Columns(
        datastream=np.array(streams, dtype=np.int64),
        time=np.array([one.time for one in results], dtype=np.int64),
        result=np.array(numbers, dtype=np.float64),
        value=_texts([one.value if one.number is None else _NOTHING for one in results]),
        phenomenon_end=_times([one.end for one in results]),
        result_time=_times([one.result_time for one in results]),
        valid_from=_times([one.valid_from for one in results]),
        valid_to=_times([one.valid_to for one in results]),
        parameters=_texts([_NOTHING if one.parameters is None else one.parameters for one in results]),
        result_quality=_texts(
            [_NOTHING if one.result_quality is None else one.result_quality for one in results]
        ),
        feature=_times(features or []),
    )


_NOTHING = object()


def _times(values: Sequence[int | None]) -> Any:  # noqa: ANN401  # a column or nothing
    if not any(value is not None for value in values):
        return None
    return np.array([NULL if value is None else value for value in values], dtype=np.int64)


def _texts(values: Sequence[Any]) -> Texts | None:
    if all(value is _NOTHING for value in values):
        return None
    texts = [None if value is _NOTHING else msgspec.json.encode(value).decode() for value in values]
    return np.array(texts, dtype=object)


def _stream(work: Work, draft: Draft, given: "creation.Given") -> Datastream:
    for name in ("Datastream", "MultiDatastream"):
        if name in given or name in draft.links:
            found: Datastream = creation.linked(work, draft, name, given)
            return found
    raise BadEntity(f"{draft.where or draft.kind}: Datastream is missing")


def _feature(work: Work, draft: Draft, given: "creation.Given") -> int | None:
    if "FeatureOfInterest" in given or "FeatureOfInterest" in draft.links:
        found: FeatureOfInterest = creation.linked(work, draft, "FeatureOfInterest", given)
        return int(found.pk)
    return None


def _result(work: Work, draft: Draft, stream: Datastream) -> Result:
    """Return the parts of a draft, its result as the stream takes it."""
    values = draft.values
    prefix = f"{draft.where}." if draft.where else ""
    number, other = values["result"]
    creation.check_of(stream)(other if number is None else number, f"{prefix}result")
    begin, end = values.get("phenomenonTime") or (micros(work.now), None)
    valid_from, valid_to = values.get("validTime") or (None, None)
    return Result(
        begin,
        end,
        number,
        other,
        values.get("resultTime"),
        valid_from,
        valid_to,
        values.get("parameters"),
        values.get("resultQuality"),
    )


def find(work: Work, number: int, *, change: bool = True) -> Observation:
    """Return the row of an Observation.

    Raises
    ------
    NotFound, NotPermitted
        If there is none that may be seen, or it may not be changed.
    """
    row = Observation.objects.filter(number=number).first()
    if row is not None and change:
        # the stream first and then the row, in the order in which the bulk path takes them
        hold(storage(), [row.datastream_id])
        row = Observation.objects.filter(number=number).first()
    if row is None:
        raise NotFound(f"There is no Observation {number}")
    _require_own(work, row, change=change)
    return row


def _require_own(work: Work, row: Observation, *, change: bool = True) -> None:
    """Refuse who may not see or may not change an Observation."""
    if not work.access.may_read(row.datastream_id):
        raise NotFound(f"There is no Observation {row.number}")
    if change and not work.access.may_write(row.datastream_id):
        raise NotPermitted(f"Observation {row.number} may not be changed with these rights")


def document(row: Observation) -> dict[str, Any]:
    """Return the properties of an Observation as the standard names them."""
    begin = _text(row.phenomenon_time)
    found = {
        "phenomenonTime": begin if row.phenomenon_end is None else f"{begin}/{_text(row.phenomenon_end)}",
        "result": row.value if row.result is None else row.result,
        "resultTime": _text(row.result_time),
        "resultQuality": row.result_quality,
        "parameters": row.parameters,
    }
    if row.valid_from is not None:
        found["validTime"] = f"{_text(row.valid_from)}/{_text(row.valid_to)}"
    return {name: value for name, value in found.items() if value is not None or name == "resultTime"}


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat().replace("+00:00", "Z")


def change(work: Work, draft: Draft, number: int) -> None:
    """Write what a draft names into an Observation; its identifier stays.

    Raises
    ------
    Conflict
        If its new time already has a result and the stream keeps only one.
    """
    was = find(work, number)
    stream = _target(work, draft, was)
    store = storage()
    held = hold(store, {was.datastream_id, stream.pk})
    fields = _changed(draft)
    if "FeatureOfInterest" in draft.links:
        (end,) = draft.links["FeatureOfInterest"]
        fields["feature_id"] = creation.end_of(work, "FeatureOfInterest", end, "FeatureOfInterest")
    fields["datastream_id"] = stream.pk
    time = fields.get("phenomenon_time", was.phenomenon_time)
    if (stream.pk, time) != (was.datastream_id, was.phenomenon_time):
        fields["copy"] = _free_copy(stream, time)
    if "result" in fields:
        creation.check_of(stream)(fields["value"] if fields["result"] is None else fields["result"], "result")
        fields |= _verdict(held[stream.pk], time, fields["result"], work)
    _write(was, fields)
    settle(store, held, [was], [Observation.objects.get(number=number)], received=work.now)


def _verdict(stream: Stream, time: datetime, result: float | None, work: Work) -> dict[str, int]:
    """Return the quality of a new result, as far as it can be told from it alone."""
    one = columns([stream.id], [Result(micros(time), number=result)])
    if result is None:
        one.value = np.array(["0"], dtype=object)
    judged = judge(one, np.zeros(1, dtype=np.int64), [stream], micros(work.now), strict=False)
    if judged.reasons:
        raise BadEntity(judged.reasons[0][1])
    flags = verdicts(judged.checks, judged.is_tested)
    return {"quality": int(flags[0]), "checks": int(judged.checks[0])}


def _target(work: Work, draft: Draft, row: Observation) -> Datastream:
    """Return the stream that the Observation is to belong to."""
    for name in ("Datastream", "MultiDatastream"):
        if name in draft.links:
            (end,) = draft.links[name]
            stream: Datastream = work.target(name, creation.end_of(work, name, end, name), name)
            creation.require_writable(work, stream)
            return stream
    return Datastream.objects.get(pk=row.datastream_id)


def _changed(draft: Draft) -> dict[str, Any]:
    """Return the columns that a draft changes."""
    fields: dict[str, Any] = {}
    values = draft.values
    if values.get("phenomenonTime") is not None:
        begin, end = values["phenomenonTime"]
        fields["phenomenon_time"] = instant(begin)
        fields["phenomenon_end"] = None if end is None else instant(end)
    if "result" in values:
        fields["result"], fields["value"] = values["result"]
    if "resultTime" in values:
        fields["result_time"] = None if values["resultTime"] is None else instant(values["resultTime"])
    if "validTime" in values:
        begin, end = values["validTime"] or (None, None)
        fields["valid_from"] = None if begin is None else instant(begin)
        fields["valid_to"] = None if end is None else instant(end)
    for name, column in (("parameters", "parameters"), ("resultQuality", "result_quality")):
        if name in values:
            fields[column] = values[name]
    return fields


def _free_copy(stream: Datastream, time: datetime) -> int:
    """Return the number beside which a further result of a time may stand."""
    taken = Observation.objects.filter(datastream=stream, phenomenon_time=time)
    highest = taken.order_by("-copy").values_list("copy", flat=True).first()
    if highest is None:
        return 0
    if stream.duplicates != Duplicates.KEEP:
        raise Conflict(f"Datastream {stream.pk} already has a result for {_text(time)}")
    return highest + 1


_JSON = {"value", "parameters", "result_quality"}


def _write(was: Observation, fields: dict[str, Any]) -> None:
    """Update one row by its key; SQL, as the key itself may change."""
    table = Observation._meta  # noqa: SLF001  # Django's own name for it
    parameters: list[Any] = []
    for name, value in fields.items():
        if name in _JSON:
            parameters.append(None if value is None else msgspec.json.encode(value).decode())
        else:
            field: Any = table.get_field(name.removesuffix("_id"))
            parameters.append(field.get_db_prep_value(value, connection))
    assignments = ", ".join(f"{name} = %s" for name in fields)
    time_field: Any = table.get_field("phenomenon_time")
    time = time_field.get_db_prep_value(was.phenomenon_time, connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE observations_observation SET {assignments} "  # noqa: S608  # names of our own columns
            "WHERE datastream_id = %s AND phenomenon_time = %s AND copy = %s",
            [*parameters, was.datastream_id, time, was.copy],
        )


def remove(work: Work, numbers: Sequence[int]) -> None:
    """Remove Observations; statistics and rollups follow."""
    store = storage()
    rows = list(Observation.objects.filter(number__in=numbers))
    held = hold(store, {row.datastream_id for row in rows})
    rows = list(Observation.objects.filter(number__in=numbers))
    for row in rows:
        _require_own(work, row)
    if len(rows) < len(numbers):
        raise NotFound(f"There is no Observation {min(set(numbers) - {row.number for row in rows})}")
    store.delete([(row.datastream_id, micros(row.phenomenon_time), row.copy) for row in rows])
    settle(store, held, rows, [], received=work.now)
    told.entities("Observation", list(numbers), "deleted")


def remove_of_feature(work: Work, feature: FeatureOfInterest) -> None:
    """Remove all Observations of a feature of interest, also those that have it by default."""
    bring_back_feature(feature.pk)
    default = list(Datastream.objects.filter(feature_of_interest=feature).values_list("pk", flat=True))
    for rows in (
        Observation.objects.filter(feature=feature),
        Observation.objects.filter(feature=None, datastream__in=default),
    ):
        while part := list(rows.order_by("number").values_list("number", flat=True)[:CHUNK]):
            remove(work, part)
