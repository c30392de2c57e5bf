"""What differs between SQLite and PostgreSQL."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Protocol

import shapely
from django.db import connection
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from stadtkern.base.odata.errors import QueryError
from stadtkern.observations.fields import EPOCH, micros
from stadtkern.places.sqlite.blobs import bounds_of
from stadtkern.places.sqlite.rtree import spatial_index
from stadtkern.standards.sensorthings.compile.sql import Json, Sql, Type, build

SRID = 4326
MICROSECOND = timedelta(microseconds=1)
PREDICATES = {
    "st_equals": "Equals",
    "st_disjoint": "Disjoint",
    "st_touches": "Touches",
    "st_within": "Within",
    "st_overlaps": "Overlaps",
    "st_crosses": "Crosses",
    "st_intersects": "Intersects",
    "st_contains": "Contains",
    "geo.intersects": "Intersects",
}
"""Functions of two geometries, as `places.sqlite` names them; PostGIS puts ST_ before."""


@lru_cache(maxsize=64)
def read_geometry(wkt: str) -> tuple[bytes, tuple[float, float, float, float] | None]:
    """Return well-known text as EWKB, and its box."""
    bare = wkt.strip()
    if bare.upper().startswith("SRID="):
        srid, _semicolon, bare = bare.partition(";")
        if srid[5:].strip() != str(SRID):
            raise QueryError(f"Geometries have to be in longitude and latitude (SRID {SRID}).")
    try:
        shape: BaseGeometry = shapely.force_2d(shapely.from_wkt(bare))
    except (ShapelyError, ValueError) as error:
        raise QueryError(f'"{wkt[:60]}" is no geometry such as POINT (14.7 51.9).') from error
    if not shapely.is_valid(shape):
        raise QueryError(f"The geometry is not valid: {shapely.is_valid_reason(shape)}.")
    return shapely.to_wkb(shapely.set_srid(shape, SRID), include_srid=True), bounds_of(shape)


class Dialect(Protocol):
    """The parts of SQL that each database writes in its own way."""

    vendor: str

    def text(self, value: str) -> Sql:
        """Return a text."""

    def number(self, value: float) -> Sql:
        """Return a number."""

    def instant(self, value: datetime) -> Sql:
        """Return a time."""

    def duration(self, value: timedelta) -> Sql:
        """Return a length of time."""

    def day(self, value: date) -> Sql:
        """Return a date."""

    def clock(self, value: time) -> Sql:
        """Return a time of day."""

    def condition(self, *, value: bool) -> Sql:
        """Return true or false."""

    def geometry(self, wkt: str) -> Sql:
        """Return a geometry."""

    def any_of(self, column: str, numbers: Sequence[int]) -> Sql:
        """Return that a column is one of many numbers."""

    def differs(self, left: Sql, right: Sql) -> Sql:
        """Return that two values are not the same; NULL is a value."""

    def part(self, name: str, time: Sql) -> Sql:
        """Return a part of a time or date: `year`, `month` ... `fractionalseconds`, `date`, `time`."""

    def call(self, name: str, arguments: Sequence[Sql]) -> Sql:
        """Return a function of texts or numbers."""

    def arithmetic(self, operator: str, left: Sql, right: Sql) -> Sql:
        """Return a sum, difference, product, quotient or rest of two numbers."""

    def shift(self, time: Sql, operator: str, length: Sql) -> Sql:
        """Return a time moved by a length of time."""

    def between(self, later: Sql, earlier: Sql) -> Sql:
        """Return the length of time between two times."""

    def json_number(self, value: Json) -> Sql:
        """Return a JSON value if it is a number, else NULL."""

    def json_text(self, value: Json) -> Sql:
        """Return a JSON value if it is a text, else NULL."""

    def json_condition(self, value: Json) -> Sql:
        """Return a JSON value if it is true or false, else NULL."""

    def json_missing(self, value: Json) -> Sql:
        """Return whether a JSON value is missing or null."""

    def geojson(self, column: str) -> str:
        """Return the text of a geometry column as GeoJSON."""

    def relate(self, name: str, left: Sql, right: Sql) -> Sql:
        """Return a spatial predicate."""

    def near(self, alias: str, model: type[Any], field: str, wkt: str) -> Sql | None:
        """Return the condition by which an index finds what may meet a geometry; None: not needed."""

    @staticmethod
    def to_python(value: Any) -> datetime:  # noqa: ANN401  # as the driver gives it
        """Return a time as the driver gives it as an aware time."""


def _quoted(steps: Sequence[str | int]) -> str:
    """Return a path in the JSON of SQLite."""
    path = "$"
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f'."{step}"'
    return path


class Sqlite:
    """Times are whole microseconds, JSON is text, dates and times of day are ISO 8601."""

    vendor = "sqlite"
    _PARTS = {"year": "%%Y", "month": "%%m", "day": "%%d", "hour": "%%H", "minute": "%%M", "second": "%%S"}
    _CALLS = {
        "length": ("length({})", Type.NUMBER),
        "indexof": ("(instr({}, {}) - 1)", Type.NUMBER),
        "tolower": ("sta_lower({})", Type.TEXT),
        "toupper": ("sta_upper({})", Type.TEXT),
        "trim": ("trim({})", Type.TEXT),
        "concat": ("({} || {})", Type.TEXT),
        "contains": ("(instr({}, {}) > 0)", Type.CONDITION),
        "startswith": ("sta_starts({}, {})", Type.CONDITION),
        "endswith": ("sta_ends({}, {})", Type.CONDITION),
        "substring2": ("substr({}, max(CAST({} AS INTEGER), 0) + 1)", Type.TEXT),
        "substring3": (
            "substr({}, max(CAST({} AS INTEGER), 0) + 1, max(CAST({} AS INTEGER), 0))",
            Type.TEXT,
        ),
        "round": ("round({})", Type.NUMBER),
        "floor": ("floor({})", Type.NUMBER),
        "ceiling": ("ceiling({})", Type.NUMBER),
        "geo.distance": ("Distance({}, {})", Type.NUMBER),
        "geo.length": ("ST_Length({})", Type.NUMBER),
        "st_relate": ("Relate({}, {}, {})", Type.CONDITION),
    }
    _OPERATORS = {
        "add": "({} + {})",
        "sub": "({} - {})",
        "mul": "({} * {})",
        "div": "({} * 1.0 / NULLIF({}, 0))",
        "mod": "mod({}, NULLIF({}, 0))",
    }

    def text(self, value: str) -> Sql:
        """Return a text."""
        return Sql("%s", (value,), Type.TEXT, constant=True)

    def number(self, value: float) -> Sql:
        """Return a number."""
        return Sql("%s", (value,), Type.NUMBER, constant=True)

    def instant(self, value: datetime) -> Sql:
        """Return a time."""
        return Sql("%s", (micros(value),), Type.INSTANT, constant=True)

    def duration(self, value: timedelta) -> Sql:
        """Return a length of time."""
        return Sql("%s", (value // MICROSECOND,), Type.DURATION, constant=True)

    def day(self, value: date) -> Sql:
        """Return a date."""
        return Sql("%s", (value.isoformat(),), Type.DAY, constant=True)

    def clock(self, value: time) -> Sql:
        """Return a time of day."""
        return Sql("%s", (value.isoformat("microseconds"),), Type.CLOCK, constant=True)

    def condition(self, *, value: bool) -> Sql:
        """Return true or false."""
        return Sql("1" if value else "0", (), Type.CONDITION, constant=True)

    def geometry(self, wkt: str) -> Sql:
        """Return a geometry."""
        return Sql("%s", (read_geometry(wkt)[0],), Type.GEOMETRY, constant=True)

    def any_of(self, column: str, numbers: Sequence[int]) -> Sql:
        """Return that a column is one of many numbers."""
        if len(numbers) == 1:
            return Sql(f"{column} = %s", (numbers[0],))
        return Sql(f"{column} IN (SELECT value FROM json_each(%s))", (json.dumps(list(numbers)),))  # noqa: S608  # constants of this program; values are parameters

    def differs(self, left: Sql, right: Sql) -> Sql:
        """Return that two values are not the same; NULL is a value."""
        return build("{} IS NOT {}", left, right)

    def part(self, name: str, time: Sql) -> Sql:
        """Return a part of a time or date."""
        if time.type == Type.DAY:
            return build(f"CAST(strftime('{self._PARTS[name]}', {{}}) AS INTEGER)", time, kind=Type.NUMBER)
        if time.type == Type.CLOCK:
            start = {"hour": 1, "minute": 4, "second": 7}[name]
            return build(f"CAST(substr({{}}, {start}, 2) AS INTEGER)", time, kind=Type.NUMBER)
        seconds = build("floor({} / 1000000.0), 'unixepoch'", time)
        if name == "fractionalseconds":
            return build("((({} %% 1000000) + 1000000) %% 1000000) / 1000000.0", time, kind=Type.NUMBER)
        if name == "date":
            return build("strftime('%%Y-%%m-%%d', {})", seconds, kind=Type.DAY)
        if name == "time":
            fraction = "printf('.%%06d', (({} %% 1000000) + 1000000) %% 1000000)"
            return build(f"(strftime('%%H:%%M:%%S', {{}}) || {fraction})", seconds, time, kind=Type.CLOCK)
        return build(f"CAST(strftime('{self._PARTS[name]}', {{}}) AS INTEGER)", seconds, kind=Type.NUMBER)

    def call(self, name: str, arguments: Sequence[Sql]) -> Sql:
        """Return a function of texts or numbers."""
        template, kind = self._CALLS[name]
        return build(template, *arguments, kind=kind)

    def arithmetic(self, operator: str, left: Sql, right: Sql) -> Sql:
        """Return a sum, difference, product, quotient or rest of two numbers."""
        return build(self._OPERATORS[operator], left, right, kind=Type.NUMBER)

    def shift(self, time: Sql, operator: str, length: Sql) -> Sql:
        """Return a time moved by a length of time."""
        return build(self._OPERATORS[operator], time, length, kind=time.type)

    def between(self, later: Sql, earlier: Sql) -> Sql:
        """Return the length of time between two times."""
        return build("({} - {})", later, earlier, kind=Type.DURATION)

    def _extract(self, value: Json) -> tuple[Sql, Sql]:
        path = Sql("%s", (_quoted(value.steps),))
        return build("json_type({}, {})", value.base, path), build("json_extract({}, {})", value.base, path)

    def json_number(self, value: Json) -> Sql:
        """Return a JSON value if it is a number, else NULL."""
        kind, found = self._extract(value)
        return build("CASE WHEN {} IN ('integer', 'real') THEN {} END", kind, found, kind=Type.NUMBER)

    def json_text(self, value: Json) -> Sql:
        """Return a JSON value if it is a text, else NULL."""
        kind, found = self._extract(value)
        return build("CASE {} WHEN 'text' THEN {} END", kind, found, kind=Type.TEXT)

    def json_condition(self, value: Json) -> Sql:
        """Return a JSON value if it is true or false, else NULL."""
        kind, _found = self._extract(value)
        return build("CASE {} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END", kind)

    def json_missing(self, value: Json) -> Sql:
        """Return whether a JSON value is missing or null."""
        kind, _found = self._extract(value)
        return build("COALESCE({}, 'null') = 'null'", kind)

    def geojson(self, column: str) -> str:
        """Return the text of a geometry column as GeoJSON."""
        return f"AsGeoJSON({column}, 15, 0)"

    def relate(self, name: str, left: Sql, right: Sql) -> Sql:
        """Return a spatial predicate."""
        return build(f"{PREDICATES[name]}({{}}, {{}})", left, right)

    def near(self, alias: str, model: type[Any], field: str, wkt: str) -> Sql | None:
        """Return the condition on the R*Tree beside a geometry column."""
        box = read_geometry(wkt)[1]
        index = spatial_index(model, model._meta.get_field(field), connection)  # noqa: SLF001
        if box is None or index is None:
            return None
        text, params = index.condition(alias, box)
        return Sql(text.replace('"', ""), tuple(params))

    @staticmethod
    def to_python(value: Any) -> datetime:  # noqa: ANN401  # as the driver gives it
        """Return a time as the driver gives it as an aware time."""
        return EPOCH + timedelta(microseconds=value)


class Postgresql:
    """Times are timestamptz, JSON is jsonb; every literal says its type, so that functions are found."""

    vendor = "postgresql"
    _CALLS = {
        "length": ("char_length({})", Type.NUMBER),
        "indexof": ("(strpos({}, {}) - 1)", Type.NUMBER),
        "tolower": ("lower({})", Type.TEXT),
        "toupper": ("upper({})", Type.TEXT),
        "trim": ("btrim({})", Type.TEXT),
        "concat": ("({} || {})", Type.TEXT),
        "contains": ("(strpos({}, {}) > 0)", Type.CONDITION),
        "startswith": ("starts_with({}, {})", Type.CONDITION),
        "endswith": ("starts_with(reverse({}), reverse({}))", Type.CONDITION),
        "substring2": ("substr({}, GREATEST(({})::int, 0) + 1)", Type.TEXT),
        "substring3": ("substr({}, GREATEST(({})::int, 0) + 1, GREATEST(({})::int, 0))", Type.TEXT),
        "round": ("round(({})::numeric)::float8", Type.NUMBER),
        "floor": ("floor(({})::float8)", Type.NUMBER),
        "ceiling": ("ceiling(({})::float8)", Type.NUMBER),
        "geo.distance": ("ST_Distance({}, {})", Type.NUMBER),
        "geo.length": ("ST_Length({})", Type.NUMBER),
        "st_relate": ("ST_Relate({}, {}, {})", Type.CONDITION),
    }
    _OPERATORS = {
        "add": "({} + {})",
        "sub": "({} - {})",
        "mul": "({} * {})",
        "div": "(({})::float8 / NULLIF(({})::float8, 0))",
        "mod": "mod(({})::numeric, NULLIF(({})::numeric, 0))::float8",
    }

    def text(self, value: str) -> Sql:
        """Return a text."""
        return Sql("%s::text", (value,), Type.TEXT, constant=True)

    def number(self, value: float) -> Sql:
        """Return a number."""
        kind = "bigint" if isinstance(value, int) else "float8"
        return Sql(f"%s::{kind}", (value,), Type.NUMBER, constant=True)

    def instant(self, value: datetime) -> Sql:
        """Return a time."""
        return Sql("%s::timestamptz", (value,), Type.INSTANT, constant=True)

    def duration(self, value: timedelta) -> Sql:
        """Return a length of time."""
        return Sql("%s::interval", (value,), Type.DURATION, constant=True)

    def day(self, value: date) -> Sql:
        """Return a date."""
        return Sql("%s::date", (value,), Type.DAY, constant=True)

    def clock(self, value: time) -> Sql:
        """Return a time of day."""
        return Sql("%s::time", (value,), Type.CLOCK, constant=True)

    def condition(self, *, value: bool) -> Sql:
        """Return true or false."""
        return Sql("true" if value else "false", (), Type.CONDITION, constant=True)

    def geometry(self, wkt: str) -> Sql:
        """Return a geometry."""
        return Sql("ST_GeomFromEWKB(%s)", (read_geometry(wkt)[0],), Type.GEOMETRY, constant=True)

    def any_of(self, column: str, numbers: Sequence[int]) -> Sql:
        """Return that a column is one of many numbers."""
        if len(numbers) == 1:
            return Sql(f"{column} = %s", (numbers[0],))
        return Sql(f"{column} = ANY(%s::bigint[])", (list(numbers),))

    def differs(self, left: Sql, right: Sql) -> Sql:
        """Return that two values are not the same; NULL is a value."""
        return build("{} IS DISTINCT FROM {}", left, right)

    def part(self, name: str, time: Sql) -> Sql:
        """Return a part of a time or date."""
        local = build("({} AT TIME ZONE 'UTC')", time) if time.type == Type.INSTANT else time
        if name in {"date", "time"}:
            return build(f"({{}})::{name}", local, kind=Type.DAY if name == "date" else Type.CLOCK)
        if name == "second":
            return build("floor(EXTRACT(SECOND FROM {}))::float8", local, kind=Type.NUMBER)
        if name == "fractionalseconds":
            return build("mod(EXTRACT(SECOND FROM {}), 1)::float8", local, kind=Type.NUMBER)
        return build(f"EXTRACT({name.upper()} FROM {{}})::float8", local, kind=Type.NUMBER)

    def call(self, name: str, arguments: Sequence[Sql]) -> Sql:
        """Return a function of texts or numbers."""
        template, kind = self._CALLS[name]
        return build(template, *arguments, kind=kind)

    def arithmetic(self, operator: str, left: Sql, right: Sql) -> Sql:
        """Return a sum, difference, product, quotient or rest of two numbers."""
        return build(self._OPERATORS[operator], left, right, kind=Type.NUMBER)

    def shift(self, time: Sql, operator: str, length: Sql) -> Sql:
        """Return a time moved by a length of time."""
        return build(self._OPERATORS[operator], time, length, kind=time.type)

    def between(self, later: Sql, earlier: Sql) -> Sql:
        """Return the length of time between two times."""
        return build("({} - {})", later, earlier, kind=Type.DURATION)

    def _extract(self, value: Json) -> Sql:
        if not value.steps:
            return value.base
        return build("({} #> {})", value.base, Sql("%s::text[]", ([str(step) for step in value.steps],)))

    def json_number(self, value: Json) -> Sql:
        """Return a JSON value if it is a number, else NULL."""
        found = self._extract(value)
        template = "CASE jsonb_typeof({}) WHEN 'number' THEN ({})::numeric::float8 END"
        return build(template, found, found, kind=Type.NUMBER)

    def json_text(self, value: Json) -> Sql:
        """Return a JSON value if it is a text, else NULL."""
        found = self._extract(value)
        return build(
            "CASE jsonb_typeof({}) WHEN 'string' THEN {} #>> '{{}}' END", found, found, kind=Type.TEXT
        )

    def json_condition(self, value: Json) -> Sql:
        """Return a JSON value if it is true or false, else NULL."""
        found = self._extract(value)
        return build("CASE jsonb_typeof({}) WHEN 'boolean' THEN ({})::boolean END", found, found)

    def json_missing(self, value: Json) -> Sql:
        """Return whether a JSON value is missing or null."""
        return build("COALESCE(jsonb_typeof({}), 'null') = 'null'", self._extract(value))

    def geojson(self, column: str) -> str:
        """Return the text of a geometry column as GeoJSON."""
        return f"ST_AsGeoJSON({column}, 15, 0)"

    def relate(self, name: str, left: Sql, right: Sql) -> Sql:
        """Return a spatial predicate; PostGIS uses the index by itself."""
        return build(f"ST_{PREDICATES[name]}({{}}, {{}})", left, right)

    def near(self, alias: str, model: type[Any], field: str, wkt: str) -> Sql | None:  # noqa: ARG002
        """Return nothing: PostGIS uses the index by itself."""
        return None

    @staticmethod
    def to_python(value: Any) -> datetime:  # noqa: ANN401  # as the driver gives it
        """Return a time as the driver gives it as an aware time."""
        found: datetime = value.astimezone(UTC)
        return found


def dialect() -> Dialect:
    """Return the dialect of the default database."""
    return Postgresql() if connection.vendor == "postgresql" else Sqlite()


EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
