"""Many Observations in one request: `CreateObservations` (OGC 18-088 section 13.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stadtkern.base import clock
from stadtkern.base.errors import StadtkernError
from stadtkern.contracts.answers import kind
from stadtkern.observations.access import reachable
from stadtkern.observations.fields import micros
from stadtkern.observations.granted import Access
from stadtkern.observations.models import Datastream, FeatureOfInterest
from stadtkern.observations.services import bulk
from stadtkern.observations.services.entities import creation, observations, places
from stadtkern.observations.services.entities.drafts import Result
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.storage import chunks
from stadtkern.standards.sensorthings.write.answers import Answer
from stadtkern.standards.sensorthings.write.drafts import identifier
from stadtkern.standards.sensorthings.write.observations import PARTS, observation

MOST_ROWS = 1_000_000
FEATURE = "FeatureOfInterest/id"
FEATURES = frozenset({FEATURE, "FeatureOfInterest/@iot.id"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it belongs and what it says, or what is wrong with it."""

    stream: int = 0
    result: Result | None = None
    feature: int | None = None
    error: str = ""


def create(body: object, access: Access, base: str) -> Answer:
    """Store what can be stored; each row is answered with its address, or with `error: ...`."""
    now = clock.now()
    rows = _with_features(list(_rows(body, access, micros(now))), access)
    good = [(place, row, row.result) for place, row in enumerate(rows) if row.result is not None]
    answers = [f"error: {row.error}" for row in rows]
    if good:
        features = [row.feature for _place, row, _result in good]
        columns = observations.columns(
            [row.stream for _place, row, _result in good], [result for *_row, result in good], features
        )
        places.default_features(
            sorted({row.stream for (_place, row, _result) in good if row.feature is None})
        )
        stored = bulk.store(columns, received=now)
        for index, ((place, _row, _result), number) in enumerate(
            zip(good, stored.number.tolist(), strict=True)
        ):
            reason = stored.reasons.get(index)
            answers[place] = f"error: {reason[1]}" if reason else f"{base}Observations({number})"
    return Answer(201, answers)


def _with_features(rows: list[Row], access: Access) -> list[Row]:
    """Return the rows; those whose feature is not there, or not to be seen, with an error."""
    named = {row.feature for row in rows if row.feature is not None}
    if not named:
        return rows
    seen: set[int | None] = {None}
    for part in chunks(sorted(named)):
        found = FeatureOfInterest.objects.filter(pk__in=part)
        seen.update(reachable(access, found).values_list("pk", flat=True))
    return [row if row.feature in seen else _lost(row) for row in rows]


def _lost(row: Row) -> Row:
    return Row(error=f"there is no FeatureOfInterest {row.feature}")


def _rows(body: object, access: Access, now: int) -> Iterator[Row]:
    if not isinstance(body, list):
        raise BadEntity(f"CreateObservations takes an array, not {kind(body)}")
    left = MOST_ROWS
    for place, part in enumerate(body):
        where = f"[{place}]"
        if not isinstance(part, dict):
            raise BadEntity(f"{where} has to be an object, not {kind(part)}")
        components, rows = _shape(part, where)
        left -= len(rows)
        if left < 0:
            raise BadEntity(f"More than {MOST_ROWS} rows in one request")
        try:
            stream = _stream(part, access, where)
        except StadtkernError as error:
            yield from (Row(error=str(error)) for _row in rows)
            continue
        check = creation.check_of(stream)
        for row in rows:
            yield _row(stream.pk, components, row, now, check)


def _shape(part: Mapping[str, Any], where: str) -> tuple[list[str], list[Any]]:
    components, rows = part.get("components"), part.get("dataArray")
    if not isinstance(components, list) or not all(isinstance(one, str) for one in components):
        raise BadEntity(f"{where}.components has to be an array of names")
    if unknown := [one for one in components if one not in PARTS and one not in FEATURES]:
        raise BadEntity(f"{where}.components has an unknown name: {unknown[0][:80]}")
    if len(set(components)) != len(components) or "result" not in components:
        raise BadEntity(f"{where}.components has to name result, and each name once")
    if not isinstance(rows, list):
        raise BadEntity(f"{where}.dataArray has to be an array of arrays")
    return components, rows


def _stream(part: Mapping[str, Any], access: Access, where: str) -> Datastream:
    names = [name for name in ("Datastream", "MultiDatastream") if name in part]
    if len(names) != 1 or not isinstance(part[names[0]], dict):
        raise BadEntity(f"{where} has to name its Datastream or MultiDatastream by @iot.id")
    told = part[names[0]]
    pk = identifier(told.get("@iot.id", told.get("id")), f"{where}.{names[0]}")
    stream = Datastream.objects.filter(pk=pk, is_multi=names[0] == "MultiDatastream").first()
    if stream is None or not (access.may_read(pk) or access.may_write(pk)):
        raise BadEntity(f"there is no {names[0]} {pk}")
    if not access.may_write(pk):
        raise BadEntity(f"{names[0]} {pk} may not be written to with these rights")
    return stream


def _row(stream: int, components: list[str], row: object, now: int, check: Any) -> Row:  # noqa: ANN401
    if not isinstance(row, list) or len(row) != len(components):
        return Row(error=f"a row has to be an array of {len(components)} values")
    body = dict(zip(components, row, strict=True))
    feature = next((body.pop(name) for name in FEATURES if name in body), None)
    try:
        result = observation(body, now=now, check=check)
        pk = None if feature is None else identifier(feature, FEATURE)
    except BadEntity as error:
        return Row(error=str(error))
    return Row(stream, result, pk)
