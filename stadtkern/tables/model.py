"""What is said about a table: what a file is, how it will be read, what came out, what is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal, Self, TypeAlias

from stadtkern.base.errors import BadInput

Kind: TypeAlias = Literal["text", "integer", "number", "boolean", "date", "datetime", "clock", "json"]
"""How the values of a column are stored; `clock` is a time of day, `datetime` a moment with its zone."""

Meaning: TypeAlias = Literal[
    "", "ags", "ars", "teryt", "postcode", "phone", "code", "percent", "currency", "year", "url", "email",
    "address", "longitude", "latitude", "easting", "northing", "coordinates", "wkt", "geojson",
]  # fmt: skip
"""What the values of a column are about, where that was recognised."""

KINDS: tuple[Kind, ...] = ("text", "integer", "number", "boolean", "date", "datetime", "clock", "json")
Box: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees (EPSG:4326)."""
Fact: TypeAlias = str | int | float | bool | Sequence["Fact"] | Mapping[str, "Fact"] | None
Geocode: TypeAlias = Callable[[Sequence[str]], Sequence[tuple[float, float] | None]]
"""Longitude and latitude of each address, `None` where it is not known."""
ID, GEOMETRY, BBOX = "_id", "geometry", "_bbox"
"""Columns of every stored table: row number from 1; and of those with geometry.

WKB in EPSG:4326 and its box.
"""


class TableError(BadInput):
    """A file cannot be read or a question cannot be answered.

    `code` names the reason (`docs/reference/tables.md` lists them), `facts` says which, how much, where.
    The text is for the log; texts for people are made from `code` and `facts`.
    """

    def __init__(self, code: str, text: str = "", **facts: Fact) -> None:
        shown = ", ".join(f"{name}={str(value)[:200]}" for name, value in facts.items())
        super().__init__(text or (f"{code}: {shown}" if shown else code))
        self.code = code
        self.facts: Mapping[str, Fact] = facts


class Cancelled(TableError):
    """The person who started the reading has stopped it."""

    def __init__(self) -> None:
        super().__init__("cancelled", "reading was stopped")


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known about a file before it is looked at; empty: found out.

    `bbox` is where the town lies: coordinates are judged by it. `zone` is the zone of times without an
    offset.
    """

    bbox: Box | None = None
    zone: str = "Europe/Berlin"
    encoding: str = ""
    delimiter: str = ""
    part: str = ""
    header_rows: int | None = None
    skip_rows: int | None = None
    crs: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the person should know, with the change of the plan that would mend it, if there is one.

    `fix` is given to `Plan.fixed`: new values of the plan's fields; of columns by their names.
    """

    code: str
    severity: Literal["error", "warning", "note"] = "warning"
    column: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    fix: Mapping[str, Fact] | None = None


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How one column of the file is read.

    `source` is its place in the file from 0; `name` the name in addresses and queries (a-z, 0-9, `_`);
    `title` as the file has it; `decimal` the decimal mark; `format` of dates as in `strptime`; `unit` as
    in the
    header or behind every value; `is_kept`: false leaves the column out.
    """

    source: int
    name: str
    title: str
    kind: Kind = "text"
    meaning: Meaning = ""
    decimal: str = ","
    format: str = ""
    unit: str = ""
    description: str = ""
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class GeometryPlan:
    """Where the geometry of a row comes from.

    `how`: `native` (the file has geometry), `xy` (columns `x` and `y`), `pair` (both in column `x`), `wkt` or
    `geojson` (column `x`), `address` (columns `columns`, joined; needs a geocoder). `crs` is the EPSG
    number of the coordinates as they are in the file; `is_swapped`: `x` holds what should be `y`.
    """

    how: Literal["native", "xy", "pair", "wkt", "geojson", "address"]
    x: str = ""
    y: str = ""
    columns: tuple[str, ...] = ()
    crs: int = 4326
    is_swapped: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read: proposed by `survey`, corrected by a person, carried out by `ingest`.

    `member` is the file inside a zip, `part` the sheet, layer, key of a JSON array (`a.b`) or path of an
    XML record (`a/b`). `footer_rows` are left out at the end (footnotes, totals) and listed with the
    rejected rows.
    """

    format: str
    columns: tuple[ColumnPlan, ...]
    member: str = ""
    part: str = ""
    encoding: str = ""
    delimiter: str = ""
    quote: str = '"'
    skip_rows: int = 0
    header_rows: int = 1
    footer_rows: int = 0
    zone: str = "Europe/Berlin"
    nulls: tuple[str, ...] = ()
    geometry: GeometryPlan | None = None
    key: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Fact]:
        """Return the plan as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """Return the plan that `to_json` wrote, or a form has sent.

        Raises
        ------
        TableError
            `bad_plan`, if something is missing, unknown or of the wrong type.
        """
        from stadtkern.tables.plans import read_plan  # noqa: PLC0415  (checks live beside their rules)

        return read_plan(cls, data)

    def fixed(self, fix: Mapping[str, Fact]) -> Self:
        """Return the plan with the fix of a `Problem`."""
        return type(self).from_json(_merged(self.to_json(), fix))

    def column(self, name: str) -> ColumnPlan:
        """Return the column of this name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise TableError("no_such_column", column=name)

    def with_column(self, name: str, **changes: object) -> Self:
        """Return the plan with something changed in one column."""
        changed = tuple(
            replace(one, **changes) if one.name == name else one  # type: ignore[arg-type]  # checked by from_json
            for one in self.columns
        )
        return type(self).from_json(replace(self, columns=changed).to_json())


def _merged(data: Mapping[str, Fact], fix: Mapping[str, Fact]) -> dict[str, Fact]:
    result = dict(data)
    for name, value in fix.items():
        old = result.get(name)
        if isinstance(old, Sequence) and isinstance(value, Mapping):  # columns, by their names
            result[name] = [_merged(one, value.get(one["name"], {})) for one in old]  # type: ignore[index,call-overload,arg-type]  # columns as JSON
            continue
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[name] = _merged(old, value) if both else value  # type: ignore[arg-type]  # both are mappings
    return result


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a type was proposed.

    A code (`all_match`, `most_match`, `leading_zeros`, `by_name`...) and facts.
    """

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ColumnSurvey:
    """A column as it was found.

    Proposed plan, why, values as they stand, how many of the sample do not fit.
    """

    plan: ColumnPlan
    reason: Reason
    examples: tuple[str, ...] = ()
    nulls: int = 0
    misfits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A sheet, layer, array or file in a zip that can be read instead."""

    name: str
    kind: Literal["sheet", "layer", "array", "member", "record"]
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file is, and how it would be read.

    `raw` are the first rows of the file as they stand (with titles and headers), `rows` the first rows as
    the plan reads them (in the order of `columns`), `rejects` those of the sample that would be rejected.
    """

    format: str
    size: int
    plan: Plan
    columns: tuple[ColumnSurvey, ...]
    parts: tuple[Part, ...] = ()
    raw: tuple[tuple[str, ...], ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()
    rejects: tuple["Reject", ...] = ()
    problems: tuple[Problem, ...] = ()
    row_estimate: int | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was left out: its number in the file (the first line is 1), column, value, reason code."""

    row: int
    column: str
    value: str
    code: str


@dataclass(frozen=True, slots=True)
class Preview:
    """First rows as a plan reads them (values of the kept columns), and those it would leave out."""

    rows: tuple[tuple[object, ...], ...] = ()
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True, slots=True)
class Geometry:
    """The geometry of a table.

    Type (`Point`, `MultiPolygon`, `Geometry` where mixed), box, and where it came from.
    """

    type: str
    bbox: Box | None
    source_crs: int
    count: int


@dataclass(frozen=True, slots=True)
class Column:
    """A stored column."""

    name: str
    title: str
    kind: Kind
    meaning: Meaning = ""
    unit: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reading is: bytes of the file read and to read, rows written and rejected."""

    done: int
    total: int
    rows: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Ingested:
    """What was read: the table, the rejected rows (row, column, value, code), and facts about them.

    `schema` is a Table Schema (Frictionless); `problems` say what had to be assumed while reading.
    """

    table_path: Path
    rejected_path: Path | None
    rows: int
    rejected_rows: int
    schema: Mapping[str, Fact]
    columns: tuple[Column, ...]
    geometry: Geometry | None = None
    problems: tuple[Problem, ...] = ()
