"""What is asked of a table, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self, TypeAlias

from stadtkern.tables.model import Box, Column, Fact


@dataclass(frozen=True, slots=True)
class TopValue:
    """A frequent value and how often it is there."""

    value: Fact
    count: int


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a histogram: from (included), to (excluded but in the last bar), count."""

    start: float | str
    stop: float | str
    count: int


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Numbers about one column; dates and times in ISO 8601."""

    column: Column
    count: int
    nulls: int
    distinct: int
    minimum: Fact = None
    maximum: Fact = None
    mean: float | None = None
    quantiles: Mapping[str, Fact] = field(default_factory=dict)
    top: tuple[TopValue, ...] = ()
    histogram: tuple[Bin, ...] = ()


Op: TypeAlias = Literal[
    "eq", "ne", "gt", "gte", "lt", "lte", "contains", "startswith", "in", "isnull", "notnull"
]


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one column; the value is a text as in an address, or of the column's type."""

    column: str
    op: Op = "eq"
    value: object = None


@dataclass(frozen=True, slots=True)
class Order:
    """By which column rows are sorted; missing values come last."""

    column: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows of a table are wanted.

    All filters must hold. `search` is looked for in every text column.
    """

    filters: tuple[Filter, ...] = ()
    search: str = ""
    order: tuple[Order, ...] = ()
    columns: tuple[str, ...] = ()
    bbox: Box | None = None
    offset: int = 0
    limit: int = 100

    @classmethod
    def from_params(cls, params: object, columns: Sequence[Column], *, max_size: int = 10_000) -> Self:
        """Return the query of an address; `docs/reference/tables.md` lists the parameters.

        Parameters
        ----------
        params
            A `QueryDict`, a mapping of names to text or lists of texts, or pairs.
        columns
            Of the table (`Table.columns`).
        max_size
            The most rows on a page; larger sizes become this one.

        Raises
        ------
        TableError
            `no_such_column`, `bad_parameter`, with the parameter's name and value.
        """
        from stadtkern.tables.params import read_query  # noqa: PLC0415  (the parser knows the kinds)

        return read_query(cls, params, columns, max_size=max_size)

    def to_params(self) -> list[tuple[str, str]]:
        """Return the pairs of the address that `from_params` reads as this query."""
        from stadtkern.tables.params import write_query  # noqa: PLC0415

        return write_query(self)


@dataclass(frozen=True, slots=True)
class RowsPage:
    """Some rows in their order; `rows` follow `columns`; geometry is a GeoJSON geometry (`dict`) or `None`.

    Values: text, int, float, bool, date, datetime (with zone), time, `None`, and what JSON columns hold.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    total: int
    offset: int
    limit: int

    def as_dicts(self) -> list[dict[str, object]]:
        """Return the rows as mappings of column names."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


Bucket: TypeAlias = Literal["", "hour", "day", "week", "month", "quarter", "year", "bins"]
Measure: TypeAlias = Literal["count", "sum", "mean", "median", "min", "max", "distinct"]


@dataclass(frozen=True, slots=True)
class Group:
    """What is summed up together: a column, times cut to a bucket, or numbers cut to `bins` equal parts."""

    column: str
    bucket: Bucket = ""
    bins: int = 20


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What a chart shows: groups (none, one or two), what is computed of which column (`""` for `count`)."""

    groups: tuple[Group, ...] = ()
    measures: tuple[tuple[Measure, str], ...] = (("count", ""),)
    limit: int = 1_000
    is_largest_first: bool = False


@dataclass(frozen=True, slots=True)
class Aggregated:
    """Rows of groups and measures; columns are named as the group's column, and `measure_column`.

    `is_cut`: there are more groups than `limit`.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    is_cut: bool = False


ExportFormat: TypeAlias = Literal["csv", "xlsx", "json", "jsonl", "geojson", "gpkg", "parquet"]


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that is in both versions with other values.

    Its key, and (before, after) of each changed column.
    """

    key: tuple[object, ...]
    values: Mapping[str, tuple[object, object]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one version of a table to the next.

    Without a key (`key` empty) rows are compared as a whole, and `changed` is 0. The lists hold at most
    `sample`.
    """

    key: tuple[str, ...]
    columns_added: tuple[Column, ...] = ()
    columns_removed: tuple[Column, ...] = ()
    columns_changed: tuple[tuple[Column, Column], ...] = ()
    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0
    added_rows: tuple[Mapping[str, object], ...] = ()
    removed_rows: tuple[Mapping[str, object], ...] = ()
    changed_rows: tuple[RowChange, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether nothing changed."""
        return not (
            self.columns_added or self.columns_removed or self.columns_changed
            or self.added or self.removed or self.changed
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SqlLimits:
    """What a statement of a stranger may use."""

    seconds: float = 10.0
    memory: int = 512_000_000
    rows: int = 10_000
    size: int = 16_000_000
    """Bytes of the answer."""


@dataclass(frozen=True, slots=True)
class SqlResult:
    """The answer to a statement; `types` as DuckDB names them; `is_cut`.

    There were more rows than allowed.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    is_cut: bool
    seconds: float
