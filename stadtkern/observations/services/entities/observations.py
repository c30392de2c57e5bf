"""Observations made, changed and removed one by one; all storing goes through the bulk path."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from django.db import connection

from stadtkern.base.errors import NotFound, NotPermitted
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Datastream, FeatureOfInterest, Observation
from stadtkern.observations.services import bulk
from stadtkern.observations.services.columns import NULL, Columns, Texts
from stadtkern.observations.services.entities import make as making
from stadtkern.observations.services.entities.drafts import Draft, Result
from stadtkern.observations.services.entities.errors import BadEntity, Conflict
from stadtkern.observations.services.entities.work import Work
from stadtkern.observations.services.rows import Duplicates, Reason

CHUNK = 5_000
"""Observations removed by one statement."""


def make(work: Work, drafts: "Sequence[tuple[Draft, making.Given]]") -> list[int]:
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
        making.require_writable(work, stream)
    results = [_result(work, draft, stream) for (draft, _given), stream in zip(drafts, streams, strict=True)]
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


def _stream(work: Work, draft: Draft, given: "making.Given") -> Datastream:
    for name in ("Datastream", "MultiDatastream"):
        if name in given or name in draft.links:
            found: Datastream = making.linked(work, draft, name, given)
            return found
    raise BadEntity(f"{draft.where or draft.kind}: Datastream is missing")


def _feature(work: Work, draft: Draft, given: "making.Given") -> int | None:
    if "FeatureOfInterest" in given or "FeatureOfInterest" in draft.links:
        found: FeatureOfInterest = making.linked(work, draft, "FeatureOfInterest", given)
        return int(found.pk)
    return None


def _result(work: Work, draft: Draft, stream: Datastream) -> Result:
    """Return the parts of a draft, its result as the stream takes it."""
    values = draft.values
    prefix = f"{draft.where}." if draft.where else ""
    number, other = values["result"]
    making.check_of(stream)(other if number is None else number, f"{prefix}result")
    begin, end = values.get("phenomenonTime") or (micros(work.now), None)
    return Result(
        begin,
        end,
        number,
        other,
        values.get("resultTime"),
        *(values.get("validTime") or (None, None)),
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
    rows = Observation.objects.filter(number=number)
    if change and connection.vendor == "postgresql":
        rows = rows.select_for_update()
    row = rows.first()
    if row is None or not work.access.may_read(row.datastream_id):
        raise NotFound(f"There is no Observation {number}")
    if change and not work.access.may_write(row.datastream_id):
        raise NotPermitted(f"Observation {number} may not be changed with these rights")
    return row


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


def _text(time: Any) -> str | None:  # noqa: ANN401
    return None if time is None else time.isoformat().replace("+00:00", "Z")


def change(work: Work, draft: Draft, number: int) -> None:
    """Write what a draft names into an Observation; its identifier stays.

    Raises
    ------
    Conflict
        If its new time already has a result and the stream keeps only one.
    """
    row = find(work, number)
    was = (row.datastream_id, micros(row.phenomenon_time))
    stream = _target(work, draft, row)
    key = (row.datastream_id, row.phenomenon_time, row.copy)
    fields = _changed(draft)
    if "FeatureOfInterest" in draft.links:
        (end,) = draft.links["FeatureOfInterest"]
        fields["feature_id"] = making.end_of(work, "FeatureOfInterest", end, "FeatureOfInterest")
    fields["datastream_id"] = stream.pk
    result = fields.get("result", row.result)
    making.check_of(stream)(fields.get("value", row.value) if result is None else result, "result")
    if (stream.pk, fields.get("phenomenon_time", row.phenomenon_time)) != key[:2]:
        fields["copy"] = _free_copy(stream, fields.get("phenomenon_time", row.phenomenon_time))
    _write(key, fields)
    now = (stream.pk, micros(fields.get("phenomenon_time", row.phenomenon_time)))
    bulk.settle(sorted({was, now}), received=work.now, changed=[number])


def _target(work: Work, draft: Draft, row: Observation) -> Datastream:
    """Return the stream that the Observation is to belong to."""
    for name in ("Datastream", "MultiDatastream"):
        if name in draft.links:
            (end,) = draft.links[name]
            stream: Datastream = work.target(name, making.end_of(work, name, end, name), name)
            making.require_writable(work, stream)
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


def _free_copy(stream: Datastream, time: Any) -> int:  # noqa: ANN401
    """Return the number beside which a further result of a time may stand."""
    taken = Observation.objects.filter(datastream=stream, phenomenon_time=time)
    highest = taken.order_by("-copy").values_list("copy", flat=True).first()
    if highest is None:
        return 0
    if stream.duplicates != Duplicates.KEEP:
        raise Conflict(f"Datastream {stream.pk} already has a result for {_text(time)}")
    return highest + 1


_JSON = {"value", "parameters", "result_quality"}


def _write(key: tuple[int, Any, int], fields: dict[str, Any]) -> None:
    """Update one row by its key; SQL, as the key itself may change."""
    table = Observation._meta  # noqa: SLF001  # Django's own name for it
    parameters: list[Any] = []
    for name, value in fields.items():
        if name in _JSON:
            parameters.append(None if value is None else msgspec.json.encode(value).decode())
        else:
            field = table.get_field(name.removesuffix("_id"))
            parameters.append(field.get_db_prep_value(value, connection))
    assignments = ", ".join(f"{name} = %s" for name in fields)
    time = table.get_field("phenomenon_time").get_db_prep_value(key[1], connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE observations_observation SET {assignments} "  # noqa: S608  # names of our own columns
            "WHERE datastream_id = %s AND phenomenon_time = %s AND copy = %s",
            [*parameters, key[0], time, key[2]],
        )


def remove(work: Work, numbers: Sequence[int]) -> None:
    """Remove Observations; statistics and rollups follow."""
    rows = [find(work, number) for number in numbers]
    touched = [(row.datastream_id, micros(row.phenomenon_time)) for row in rows]
    for row in rows:
        Observation.objects.filter(
            datastream=row.datastream_id, phenomenon_time=row.phenomenon_time, copy=row.copy
        ).delete()
    bulk.settle(sorted(set(touched)), received=work.now, removed=numbers)


def remove_of_feature(work: Work, feature: FeatureOfInterest) -> None:
    """Remove all Observations of a feature of interest, also those that have it by default."""
    default = list(Datastream.objects.filter(feature_of_interest=feature).values_list("pk", flat=True))
    for rows in (
        Observation.objects.filter(feature=feature),
        Observation.objects.filter(feature=None, datastream__in=default),
    ):
        while part := list(rows.order_by("number").values_list("number", flat=True)[:CHUNK]):
            remove(work, part)
