"""Checks plans that come from forms: every field, its type and its range."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar, get_args

from stadtkern.base.times import is_zone
from stadtkern.tables.model import KINDS, ColumnPlan, GeometryPlan, Meaning, TableError

if TYPE_CHECKING:
    from stadtkern.tables.model import Plan
from stadtkern.tables.names import NAME, RESERVED
from stadtkern.tables.values import FORMAT

P = TypeVar("P", bound="Plan")
T = TypeVar("T", ColumnPlan, GeometryPlan)

FORMATS = (
    "csv", "xlsx", "xls", "ods", "json", "jsonl", "geojson", "gpkg", "shp", "kml", "gpx", "fgb", "gml", "parquet",  # noqa: E501
    "xml",
)  # fmt: skip
MEANINGS = get_args(Meaning)
HOWS = ("native", "xy", "pair", "wkt", "geojson", "address")
LONGEST_TEXT = 500
MOST_COLUMNS = 2_000
MOST_HEADER_ROWS = 20
MOST_SKIPPED = 10_000


def read_plan(cls: type[P], data: Mapping[str, object]) -> P:
    """Return the plan of JSON; see `Plan.from_json`."""
    _known(data, cls)
    values: dict[str, object] = {
        one.name: _plain(data[one.name], one.name, one.default)
        for one in fields(cls)
        if one.name in data and one.name not in {"columns", "geometry", "nulls", "key", "format"}
    }
    values["format"] = _one_of(data.get("format"), "format", FORMATS)
    values["columns"] = _columns(data.get("columns"))
    values["nulls"] = _texts(data.get("nulls", ()), "nulls")
    values["key"] = _texts(data.get("key", ()), "key")
    values["geometry"] = None if data.get("geometry") is None else _geometry(data["geometry"])
    plan = cls(**values)  # type: ignore[arg-type]  # every value was checked above
    _check(plan)
    return plan


def _check(plan: "Plan") -> None:
    for name, value, most in (
        ("skip_rows", plan.skip_rows, MOST_SKIPPED),
        ("header_rows", plan.header_rows, MOST_HEADER_ROWS),
        ("footer_rows", plan.footer_rows, MOST_SKIPPED),
    ):
        if not 0 <= value <= most:
            raise _bad(name, value)
    if not is_zone(plan.zone):
        raise _bad("zone", plan.zone)
    if len(plan.delimiter) > 1 or len(plan.quote) > 1:
        raise _bad("delimiter", plan.delimiter)
    names = [one.name for one in plan.columns]
    kept = {one.name for one in plan.columns if one.is_kept}
    for name in names:
        if names.count(name) > 1 or not NAME.fullmatch(name) or name in RESERVED:
            raise _bad("columns.name", name)
    for name in plan.key:
        if name not in kept:
            raise _bad("key", name)
    if plan.geometry:
        _check_geometry(plan.geometry, set(names))


def _check_geometry(geometry: GeometryPlan, names: set[str]) -> None:
    needed = {"xy": (geometry.x, geometry.y), "address": geometry.columns, "native": ()}.get(
        geometry.how, (geometry.x,)
    )
    for name in needed:
        if name not in names:
            raise _bad("geometry", name)
    if geometry.how == "address" and not geometry.columns:
        raise _bad("geometry.columns", "")


def _columns(data: object) -> tuple[ColumnPlan, ...]:
    if not isinstance(data, list | tuple) or not data or len(data) > MOST_COLUMNS:
        raise _bad("columns", data)
    return tuple(_column(one) for one in data)


def _column(data: object) -> ColumnPlan:
    column = _record(data, ColumnPlan, "columns")
    _one_of(column.kind, "columns.kind", KINDS)
    _one_of(column.meaning, "columns.meaning", MEANINGS)
    _one_of(column.decimal, "columns.decimal", (",", "."))
    if column.format not in {"", "iso"} and not FORMAT.fullmatch(column.format):
        raise _bad("columns.format", column.format)
    if column.source < 0:
        raise _bad("columns.source", column.source)
    return column


def _geometry(data: object) -> GeometryPlan:
    geometry = _record(data, GeometryPlan, "geometry", {"columns": _texts})
    _one_of(geometry.how, "geometry.how", HOWS)
    from stadtkern.tables.geometry import is_crs  # noqa: PLC0415  (pyproj only where there is geometry)

    if not is_crs(geometry.crs):
        raise _bad("geometry.crs", geometry.crs)
    return geometry


def _record(data: object, cls: type[T], where: str, special: Mapping[str, object] | None = None) -> T:
    if not isinstance(data, Mapping):
        raise _bad(where, data)
    _known(data, cls)
    values: dict[str, object] = {}
    for one in fields(cls):
        if one.name not in data:
            continue
        if special and one.name in special:
            values[one.name] = _texts(data[one.name], one.name)
        else:
            values[one.name] = _plain(data[one.name], f"{where}.{one.name}", one.default, one.type)
    try:
        return cls(**values)  # type: ignore[arg-type]  # every value was checked above
    except TypeError as error:
        raise _bad(where, sorted(values)) from error


def _known(data: Mapping[str, object], cls: type) -> None:
    unknown = set(data) - {one.name for one in fields(cls)}
    if unknown:
        raise _bad(min(map(str, unknown)), "")


def _plain(value: object, where: str, default: object, kind: object = str) -> object:
    """Return a text, whole number or truth value if it is one where the field's default (or type) is one."""
    wanted: type = type(default) if isinstance(default, str | bool | int) else int if kind is int else str
    if type(value) is not wanted:
        raise _bad(where, value)
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise _bad(where, value[:80])
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise _bad(where, value)
    return tuple(value)


def _one_of(value: object, where: str, allowed: tuple[object, ...]) -> object:
    if not isinstance(value, str) or value not in allowed:
        raise _bad(where, value)
    return value


def _bad(field: str, value: object) -> TableError:
    return TableError("bad_plan", field=field, value=str(value)[:80])
