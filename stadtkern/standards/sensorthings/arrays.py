"""Data arrays at speed: rows of times and numbers are read as a whole, everything else row by row.

OGC 18-088 section 13.2. What is wrong with one row is said of that row; the others stay.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Raw, Struct

from stadtkern.base.errors import StadtkernError
from stadtkern.observations.access import Access
from stadtkern.observations.models import Datastream
from stadtkern.observations.services.columns import NULL, SPARSE, Columns, Ints
from stadtkern.observations.services.entities import observations
from stadtkern.observations.services.entities.drafts import Result
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.results import checker
from stadtkern.standards.sensorthings.entities import OBSERVATION_TYPE, OM_MEASUREMENT
from stadtkern.standards.sensorthings.write.observations import PARTS, observation

PIECE = 20_000
"""Rows held as objects at once."""
MOST_ROWS = 1_000_000
SMALL = 2_000_000
"""Bytes of rows that are read in one piece."""
_COUNT = OBSERVATION_TYPE + "OM_CountObservation"
_FAR = 4e9
"""Seconds from 1970 up to which a float is exact to the microsecond."""
_TIME = Annotated[datetime, Meta(tz=True)]
_KINDS: dict[str, Any] = {"phenomenonTime": _TIME, "result": float, "resultTime": _TIME | None}


class Reference(Struct):
    """The datastream of a part."""

    id: Annotated[int, Meta(gt=0, lt=2**63 - 1)] = msgspec.field(name="@iot.id")


class Part(Struct, forbid_unknown_fields=True):
    """Rows of one datastream; others than these are left to the general way."""

    stream: Reference = msgspec.field(name="Datastream")
    components: list[str]
    rows: Raw = msgspec.field(name="dataArray")
    count: Any = msgspec.field(name="dataArray@iot.count", default=None)


_PARTS = msgspec.json.Decoder(list[Part])
_RAWS = msgspec.json.Decoder(list[Raw])
_ANY = msgspec.json.Decoder(list[Any])


class Unusual(Exception):  # not an error: somebody else takes it
    """The body is no plain data array; the general way takes it or says what is wrong."""


@dataclass(slots=True)
class Read:
    """A request as far as it can be stored."""

    pieces: list[Columns] = field(default_factory=list)
    places: list[Ints] = field(default_factory=list)
    """Where in the request the rows of each piece stand."""
    errors: dict[int, str] = field(default_factory=dict)
    rows: int = 0

    def add(self, columns: Columns, places: Ints) -> None:
        """Add rows that can be stored."""
        if len(columns):
            self.pieces.append(columns)
            self.places.append(places)


def read(body: bytes, access: Access, now: int) -> Read:
    """Return the rows of a body as columns.

    Raises
    ------
    Unusual
        If the general way has to take the body.
    """
    try:
        parts = _PARTS.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Unusual from error
    found = Read()
    kinds = dict(
        Datastream.objects.filter(pk__in={part.stream.id for part in parts}, is_multi=False).values_list(
            "pk", "observation_type"
        )
    )
    for part in parts:
        _read_part(part, kinds.get(part.stream.id), access, now, found)
    return found


def _read_part(part: Part, kind: str | None, access: Access, now: int, found: Read) -> None:
    names, pk = part.components, part.stream.id
    if "result" not in names or not PARTS.issuperset(names) or len(set(names)) != len(names):
        raise Unusual
    may_write = access.may_write(pk)
    if kind is None or not may_write:
        is_seen = kind is not None and access.may_read(pk)
        text = (
            f"Datastream {pk} may not be written to with these rights"
            if is_seen
            else f"there is no Datastream {pk}"
        )
        for raw in _pieces(part.rows):
            count = len(_RAWS.decode(raw))
            found.errors.update(dict.fromkeys(range(found.rows, found.rows + count), f"error: {text}"))
            found.rows += count
        return
    for raw in _pieces(part.rows):
        columns = _quick(raw, tuple(names), pk, kind, now)
        if columns is None:
            _slow(raw, names, pk, kind, now, found)
        else:
            found.add(columns, np.arange(found.rows, found.rows + len(columns)))
            found.rows += len(columns)
        if found.rows > MOST_ROWS:
            raise BadEntity(f"More than {MOST_ROWS} rows in one request")


def _pieces(rows: Raw) -> Iterator[bytes | Raw]:
    """Yield the rows as JSON arrays that are not too long."""
    if len(memoryview(rows)) <= SMALL:
        yield rows
        return
    try:
        single = _RAWS.decode(rows)
    except msgspec.MsgspecError as error:
        raise Unusual from error
    for first in range(0, len(single), PIECE):
        yield b"[" + b",".join(single[first : first + PIECE]) + b"]"


@lru_cache(maxsize=64)
def _decoder(names: tuple[str, ...]) -> Any:  # noqa: ANN401  # of tuples of these kinds
    """Return what reads rows of plain times and numbers; None if there are other parts."""
    if not set(names) <= set(_KINDS):
        return None
    return msgspec.json.Decoder(list[tuple[tuple(_KINDS[name] for name in names)]])  # type: ignore[misc]  # made at run time


def _quick(raw: bytes | Raw, names: tuple[str, ...], pk: int, kind: str, now: int) -> Columns | None:
    """Return rows of times and numbers; None if one of them is anything else."""
    decoder = _decoder(names)
    if decoder is None:
        return None
    try:
        rows = decoder.decode(raw)
    except msgspec.MsgspecError:
        return None
    told = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    results = np.array(told.get("result", ()), dtype=np.float64)
    if kind not in {OM_MEASUREMENT, _COUNT} or (kind == _COUNT and (results % 1 != 0).any()):
        return None
    times = np.full(len(rows), now) if "phenomenonTime" not in told else _times(told["phenomenonTime"])
    known = _times(told["resultTime"]) if any(told.get("resultTime", ())) else None
    if times is None or ("resultTime" in told and known is None and any(told["resultTime"])):
        return None
    return Columns(np.full(len(rows), pk, dtype=np.int64), times, results, result_time=known)


def _times(times: Sequence[datetime | None]) -> Ints | None:
    """Return times in microseconds; None if one is so far away that it takes care."""
    seconds = np.array([np.nan if time is None else time.timestamp() for time in times], dtype=np.float64)
    missing = np.isnan(seconds)
    if (np.abs(seconds[~missing]) > _FAR).any():
        return None
    seconds[missing] = 0
    found: Ints = np.rint(seconds * 1e6).astype(np.int64)
    found[missing] = NULL
    return found


def _slow(raw: bytes | Raw, names: Sequence[str], pk: int, kind: str, now: int, found: Read) -> None:  # noqa: PLR0913, PLR0917
    """Read row by row, so that each bad row is told by itself."""
    try:
        rows = _ANY.decode(raw)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Unusual from error
    check = checker(kind)
    results: list[Result] = []
    places: list[int] = []
    for row in rows:
        try:
            if not isinstance(row, list) or len(row) != len(names):
                raise BadEntity(f"a row has to be an array of {len(names)} values")
            results.append(observation(dict(zip(names, row, strict=True)), now=now, check=check))
            places.append(found.rows)
        except StadtkernError as error:
            found.errors[found.rows] = f"error: {error}"
        found.rows += 1
    if results:
        columns = observations.columns([pk] * len(results), results)
        found.add(columns, np.array(places, dtype=np.int64))


def together(pieces: Sequence[Columns]) -> Columns:
    """Return pieces as one batch."""
    if len(pieces) == 1:
        return pieces[0]
    made = Columns(
        *(np.concatenate([getattr(one, name) for one in pieces]) for name in ("datastream", "time", "result"))
    )
    for name in SPARSE:
        if any(getattr(one, name) is not None for one in pieces):
            setattr(made, name, np.concatenate([_filled(one, name) for one in pieces]))
    return made


def _filled(columns: Columns, name: str) -> Any:  # noqa: ANN401  # one of several kinds of arrays
    column = getattr(columns, name)
    if column is not None:
        return column
    is_text = name in {"value", "parameters", "result_quality"}
    return np.full(len(columns), None if is_text else NULL, dtype=object if is_text else np.int64)
