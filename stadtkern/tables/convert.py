"""Columns of texts to columns of values: in bulk where they are plain, one by one where they are not."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stadtkern.tables import values as one_by_one
from stadtkern.tables.model import ColumnPlan, Kind
from stadtkern.tables.values import FALSE, FORMAT, MORE_NULLS, NULLS, TRUE, Misfit

Indices: TypeAlias = npt.NDArray[np.int64]
_EARLIEST, _LATEST = 1000, 9999
_ISO = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})$"
_PLAIN_WHOLE = r"^[+-]?\d{1,18}$"
_FIRST_RULE, _LAST_RULE = 1900, 2037
"""Between these years Arrow knows when clocks are changed; zone files list the changes up to 2037 only."""

_TWO_DIGITS = pa.array([f"{day:02}" for day in range(32)])


@dataclass(slots=True)
class Converted:
    """Values of a column, places of those that do not fit with their reason codes, and places with notes."""

    values: pa.Array
    misfits: dict[int, str] = field(default_factory=dict)
    notes: dict[str, list[int]] = field(default_factory=dict)


@lru_cache(maxsize=64)
def arrow_type(kind: Kind, zone: str) -> pa.DataType:
    """Return how values of a kind are stored."""
    return {
        "text": pa.string(),
        "json": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "clock": pa.time64("us"),
        "datetime": pa.timestamp("us", tz=zone),
    }[kind]


@lru_cache(maxsize=64)
def _nulls(kind: Kind, more: tuple[str, ...]) -> pa.Array:
    known = NULLS if kind in {"text", "json"} else NULLS + MORE_NULLS
    return pa.array([*known, *more], pa.string())


def convert(raw: pa.Array, column: ColumnPlan, *, zone: str, nulls: tuple[str, ...] = ()) -> Converted:
    """Return the values of one column of a block.

    Parameters
    ----------
    raw
        Texts, or values that have a type already (Parquet, GeoPackage).
    column
        Kind, decimal mark, format and unit.
    zone
        Of moments without an offset.
    nulls
        More signs for "not known" than the usual ones.
    """
    if not _is_text(raw.type):
        native = _native(raw, column.kind, zone)
        if native is not None:
            return Converted(native)
        raw = as_text(raw, column.decimal)
    if raw.type != pa.string():
        raw = pc.cast(raw, pa.string())
    trimmed = pc.utf8_trim_whitespace(raw)
    missing = pc.or_kleene(pc.is_null(trimmed), pc.is_in(trimmed, value_set=_nulls(column.kind, nulls)))
    present = pc.if_else(missing, pa.scalar(None, pa.string()), trimmed)
    if column.kind == "text":
        return Converted(present)
    fast, slow = _ways(column, zone)
    values = fast(present)
    rest = np.flatnonzero(pc.and_(pc.is_null(values), pc.is_valid(present)).to_numpy(zero_copy_only=False))
    if column.kind == "datetime":
        return _moments(values, present, rest, column, zone)
    return _with_rest(values, present, rest, slow)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _with_rest(
    values: pa.Array, present: pa.Array, rest: Indices, slow: Callable[[str], object]
) -> Converted:
    """Fill the places in `rest` one by one; equal texts are read once."""
    result = Converted(values)
    if not len(rest):
        return result
    read: dict[str, object] = {}
    texts = present.take(pa.array(rest)).to_pylist()
    for text in set(texts):
        try:
            read[text] = slow(text)
        except Misfit as misfit:
            read[text] = misfit
    found = []
    for place, text in zip(rest.tolist(), texts, strict=True):
        value = read[text]
        if isinstance(value, Misfit):
            result.misfits[place] = str(value)
            value = None
        found.append(value)
    result.values = _replaced(values, rest, pa.array(found, values.type))
    return result


def _replaced(values: pa.Array, places: Indices, found: pa.Array) -> pa.Array:
    mask = np.zeros(len(values), dtype=bool)
    mask[places] = True
    return pc.replace_with_mask(values, pa.array(mask), found)


Fast: TypeAlias = Callable[[pa.Array], pa.Array]
Slow: TypeAlias = Callable[[str], object]


def _ways(column: ColumnPlan, zone: str) -> tuple[Fast, Slow]:
    decimal, unit = column.decimal, column.unit
    ways: dict[str, tuple[Fast, Slow]] = {
        "integer": (
            partial(_integers, decimal=decimal, unit=unit),
            partial(one_by_one.integer, decimal=decimal, unit=unit),
        ),
        "number": (
            partial(_numbers, decimal=decimal, unit=unit),
            partial(one_by_one.number, decimal=decimal, unit=unit),
        ),
        "boolean": (_booleans, one_by_one.boolean),
        "date": (partial(_days, fmt=column.format), partial(one_by_one.day, fmt=column.format)),
        "datetime": (partial(_local_moments, fmt=column.format, zone=zone), one_by_one.boolean),
        "clock": (_clocks, one_by_one.clock),
        "json": (_nothing, _json),
    }
    return ways[column.kind]


def _where(mask: pa.Array, texts: pa.Array) -> pa.Array:
    return pc.if_else(mask, texts, pa.scalar(None, pa.string()))


def _numbers(texts: pa.Array, decimal: str, unit: str) -> pa.Array:
    if unit:
        texts = _unitless(texts, unit)
    return pc.cast(_plain_numbers(texts, decimal), pa.float64())


def _plain_numbers(texts: pa.Array, decimal: str) -> pa.Array:
    """Return numbers with a point and without thousands marks; null where it needs a closer look."""
    thousands = "." if decimal == "," else ","
    has_marks = pc.any(pc.match_substring(texts, thousands)).as_py()
    groups = rf"\d{{1,3}}(?:\{thousands}\d{{3}})+" if has_marks else ""
    whole = rf"(?:\d+|{groups})" if groups else r"\d+"
    shape = rf"^[+-]?{whole}(?:\{decimal}\d{{1,30}})?$"
    plain = _where(pc.match_substring_regex(texts, shape), texts)
    if has_marks:
        plain = pc.replace_substring(plain, thousands, "")
    if decimal == ",":
        plain = pc.replace_substring(plain, ",", ".")
    return plain


def _integers(texts: pa.Array, decimal: str, unit: str) -> pa.Array:
    if unit:
        texts = _unitless(texts, unit)
    plain = _where(pc.match_substring_regex(texts, _PLAIN_WHOLE), texts)
    if plain.null_count > texts.null_count:
        plain = _plain_numbers(texts, decimal)
        plain = _where(pc.match_substring_regex(plain, _PLAIN_WHOLE), plain)
    return pc.cast(pc.replace_substring_regex(plain, r"^\+", ""), pa.int64())


def _unitless(texts: pa.Array, unit: str) -> pa.Array:
    signs = "|".join(re.escape(sign) for sign in one_by_one.unit_signs(unit))
    if not pc.any(pc.match_substring_regex(texts, f"(?i)(?:{signs})$")).as_py():
        return texts
    return pc.replace_substring_regex(texts, rf"(?i)[\s\x{{a0}}]*(?:{signs})$", "")


def _booleans(texts: pa.Array) -> pa.Array:
    low = pc.utf8_lower(texts)
    yes = pc.is_in(low, value_set=pa.array(["1", *TRUE]))
    no = pc.is_in(low, value_set=pa.array(["0", *FALSE]))
    return pc.if_else(yes, pa.scalar(True), pc.if_else(no, pa.scalar(False), pa.scalar(None, pa.bool_())))  # noqa: FBT003  (a value)


def _stamps(texts: pa.Array, fmt: str) -> pa.Array:
    """Return the local times in the format; null where it needs a closer look."""
    if not FORMAT.fullmatch(fmt):
        return pa.nulls(len(texts), pa.timestamp("us"))
    found = pc.strptime(texts, format=fmt, unit="s", error_is_null=True)
    years = pc.year(found)
    is_sure = pc.and_(pc.greater_equal(years, _EARLIEST), pc.less_equal(years, _LATEST))
    is_sure = pc.and_(is_sure, _is_same_day(texts, found, fmt))
    return pc.cast(pc.if_else(is_sure, found, pa.scalar(None, found.type)), pa.timestamp("us"))


def _is_same_day(texts: pa.Array, found: pa.Array, fmt: str) -> pa.Array:
    """Return whether the day of the month is the one that stands in the text, with two digits.

    C's `strptime` reads 31 February as 2 March.
    """
    at = len(datetime(2000, 1, 1, tzinfo=UTC).strftime(fmt[: fmt.index("%d")])) if "%d" in fmt else -1
    if at < 0:
        return pc.is_valid(found)
    written = pc.utf8_slice_codeunits(texts, at, at + 2)
    return pc.equal(written, _TWO_DIGITS.take(pc.day(found)))


def _days(texts: pa.Array, fmt: str) -> pa.Array:
    if not fmt or fmt == "iso":
        fmt = "%Y-%m-%d"
    return pc.cast(_stamps(texts, fmt), pa.date32())


def _local_moments(texts: pa.Array, fmt: str, zone: str) -> pa.Array:
    """Return moments in UTC where the zone leaves no doubt; null where it needs a closer look."""
    target = arrow_type("datetime", zone)
    if fmt == "iso":
        plain = _where(pc.match_substring_regex(texts, _ISO), texts)
        try:
            return pc.cast(pc.cast(plain, pa.timestamp("us", tz="UTC")), target)
        except pa.ArrowInvalid:  # one of them has no such day
            return pa.nulls(len(texts), target)
    local = _stamps(texts, fmt)
    early = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="earliest")
    late = pc.assume_timezone(local, zone, ambiguous="latest", nonexistent="latest")
    years = pc.year(local)
    sure = pc.and_(pc.equal(early, late), pc.and_(pc.greater(years, _FIRST_RULE), pc.less(years, _LAST_RULE)))
    return pc.if_else(sure, early, pa.scalar(None, target))


def _moments(values: pa.Array, present: pa.Array, rest: Indices, column: ColumnPlan, zone: str) -> Converted:
    """Read the moments that are in doubt one by one.

    The doubled hour is the later one where the order says so.
    """
    result = Converted(values)
    if not len(rest):
        return result
    texts = present.take(pa.array(rest)).to_pylist()
    read = lru_cache(maxsize=100_000)(partial(_moment_or_misfit, fmt=column.format, zone=zone))
    found: dict[int, datetime | None] = {}
    for place, text in zip(rest.tolist(), texts, strict=True):
        moment = read(text)
        if isinstance(moment, Misfit):
            result.misfits[place] = str(moment)
            found[place] = None
            continue
        time, note = moment
        if note == "ambiguous":
            time = _by_order(time, place, values, found)
        if note:
            result.notes.setdefault(f"{note}_time", []).append(place)
        found[place] = time
    result.values = _replaced(values, rest, pa.array(list(found.values()), values.type))
    return result


def _moment_or_misfit(text: str, fmt: str, zone: str) -> tuple[datetime, str] | Misfit:
    try:
        return one_by_one.moment(text, fmt, zone)
    except Misfit as misfit:
        return misfit


def _by_order(time: datetime, place: int, values: pa.Array, found: dict[int, datetime | None]) -> datetime:
    """Return the later of the two hours if the earlier one would go back behind the row before."""
    before = found.get(place - 1) if place - 1 in found else values[place - 1].as_py() if place else None
    if before is None or not before - timedelta(hours=1) < time < before:
        return time
    return time + timedelta(hours=1)


def _clocks(texts: pa.Array) -> pa.Array:
    plain = _where(pc.match_substring_regex(texts, r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"), texts)
    full = pc.if_else(
        pc.equal(pc.utf8_length(plain), 5), pc.binary_join_element_wise(plain, "00", ":"), plain
    )
    return pc.cast(
        pc.cast(pc.strptime(full, format="%H:%M:%S", unit="s"), pa.timestamp("us")), pa.time64("us")
    )


def _nothing(texts: pa.Array) -> pa.Array:
    return pa.nulls(len(texts), pa.string())


def _json(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError) as error:
        raise Misfit("not_json") from error


def _native(raw: pa.Array, kind: Kind, zone: str) -> pa.Array | None:
    """Return values that have a type already as the wanted kind; `None` if they must be read as texts."""
    target = arrow_type(kind, zone)
    if raw.type == target:
        return raw
    if pa.types.is_null(raw.type):
        return pa.nulls(len(raw), target)
    if kind in {"text", "json"} or not _fits(raw.type, kind):
        return None
    try:
        if kind == "datetime" and pa.types.is_timestamp(raw.type) and raw.type.tz is None:
            raw = pc.assume_timezone(raw, zone, ambiguous="earliest", nonexistent="earliest")
        return pc.cast(raw, target, safe=kind != "datetime")
    except pa.ArrowInvalid:
        return None


def _fits(kind: pa.DataType, wanted: Kind) -> bool:
    types = pa.types
    is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    return bool(
        (wanted in {"integer", "number"} and is_number)
        or (wanted == "boolean" and types.is_boolean(kind))
        or (wanted in {"date", "datetime"} and (types.is_timestamp(kind) or types.is_date(kind)))
        or (wanted == "clock" and types.is_time(kind))
    )


def as_text(raw: pa.Array, decimal: str = ".") -> pa.Array:  # noqa: PLR0911  (one for each family of types)
    """Return values of any type as the texts that `convert` reads; numbers with `decimal`."""
    types = pa.types
    if types.is_dictionary(raw.type):
        return as_text(raw.dictionary_decode(), decimal)
    if types.is_binary(raw.type) or types.is_large_binary(raw.type) or types.is_fixed_size_binary(raw.type):
        return pa.array([None if one is None else one.hex() for one in raw.to_pylist()], pa.string())
    if types.is_nested(raw.type):
        return pa.array([_dumped(one) for one in raw.to_pylist()], pa.string())
    if types.is_timestamp(raw.type) and raw.type.tz is not None:
        return pa.array([None if one is None else one.isoformat() for one in raw.to_pylist()], pa.string())
    if types.is_floating(raw.type) or types.is_decimal(raw.type):
        return pa.array([cell_text(one, decimal) for one in raw.to_pylist()], pa.string())
    try:
        return pc.cast(raw, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if one is None else str(one) for one in raw.to_pylist()], pa.string())


def _dumped(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def cell_text(value: object, decimal: str = ".") -> str | None:  # noqa: PLR0911  (one for each family of types)
    """Return a cell of a workbook or a value of JSON as text; numbers with `decimal`, times in ISO 8601.

    >>> cell_text(3.0), cell_text(1.5, ","), cell_text(True), cell_text({"a": 1}), cell_text(" x ")
    ('3', '1,5', 'true', '{"a": 1}', ' x ')
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _moment_text(value)
    if isinstance(value, float) or type(value).__name__ == "Decimal":
        return _number_text(float(value), decimal)  # type: ignore[arg-type]  # a Decimal
    if isinstance(value, dict | list | tuple):
        return _dumped(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)


def _number_text(value: float, decimal: str) -> str | None:
    if value != value:  # noqa: PLR0124  (only NaN differs from itself)
        return None
    if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004  (larger ones are not exact)
        return str(int(value))
    return repr(value).replace(".", decimal)


def _moment_text(value: datetime) -> str:
    if value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
        return value.date().isoformat()
    return value.isoformat(sep=" ")
