"""Which chart: read from an address, or chosen by what the columns hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast, get_args

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stadtkern.catalogue.cells import COORDINATES, NUMERIC, UNGROUPED
from stadtkern.contracts.option import Label
from stadtkern.tables import Bucket, Column, ColumnProfile, Measure

ChartKind = Literal["line", "bar", "scatter", "histogram"]
KINDS: Mapping[ChartKind, Label] = {
    "line": _("line over time"),
    "bar": _("bars"),
    "scatter": pgettext_lazy("chart", "points (two numbers)"),
    "histogram": pgettext_lazy("chart", "distribution of a number"),
}
HOW: Mapping[Measure, Label] = {
    "count": pgettext_lazy("measure", "number of rows"),
    "sum": pgettext_lazy("measure", "sum"),
    "mean": pgettext_lazy("measure", "mean"),
    "median": pgettext_lazy("measure", "median"),
    "min": pgettext_lazy("measure", "smallest"),
    "max": pgettext_lazy("measure", "largest"),
}
BUCKETS: Mapping[Bucket, Label] = {
    "hour": pgettext_lazy("time span", "hour"),
    "day": pgettext_lazy("time span", "day"),
    "week": pgettext_lazy("time span", "week"),
    "month": pgettext_lazy("time span", "month"),
    "quarter": pgettext_lazy("time span", "quarter"),
    "year": pgettext_lazy("time span", "year"),
}
TIMES = frozenset({"date", "datetime"})
MOST_CATEGORIES = 30
FEW = 12
"""Different numbers that still are categories."""
SPANS: Sequence[tuple[float, Bucket]] = ((3, "hour"), (120, "day"), (3000, "month"), (float("inf"), "year"))
"""Days from first to last, and what they are cut into."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A chart: which columns, how summed up."""

    kind: ChartKind
    x: str
    y: str = ""
    """Column of the values; empty: rows are counted."""
    how: Measure = "count"
    by: str = ""
    """Column that parts a line into several."""
    bucket: Bucket = ""

    def to_params(self) -> list[tuple[str, str]]:
        """Return the parameters of the address of this chart."""
        pairs = (("_chart", self.kind), ("_x", self.x), ("_y", self.y), ("_how", self.how),
                 ("_by", self.by), ("_bucket", self.bucket))  # fmt: skip
        return [(name, value) for name, value in pairs if value]


@dataclass(frozen=True, slots=True)
class Choices:
    """The columns that can stand at each place of a chart."""

    times: Sequence[Column]
    categories: Sequence[Column]
    numbers: Sequence[Column]

    @property
    def axes(self) -> list[Column]:
        """Columns for the x axis, each once."""
        return list({one.name: one for one in (*self.times, *self.categories, *self.numbers)}.values())


def is_time(column: Column) -> bool:
    """Return whether a line can run over the column."""
    return column.kind in TIMES or (column.kind == "integer" and column.meaning == "year")


def is_number(column: Column) -> bool:
    """Return whether sums and means of the column say something: no codes, no coordinates."""
    return column.kind in NUMERIC and column.meaning not in UNGROUPED and column.meaning not in COORDINATES


def choices(profiles: Sequence[ColumnProfile]) -> Choices:
    """Return which columns fit where, the likeliest first."""
    times = [one.column for one in profiles if is_time(one.column) and one.distinct > 1]
    numbers = [
        one.column for one in profiles if is_number(one.column) and one.distinct > 1 and not _is_counter(one)
    ]
    categories = [one.column for one in sorted(filter(_is_category, profiles), key=_rank)]
    return Choices(times, categories, numbers)


def _is_counter(profile: ColumnProfile) -> bool:
    """Return whether a number only tells the rows apart (id, row number)."""
    known = profile.count - profile.nulls
    return (
        profile.column.kind == "integer" and not profile.column.unit and profile.distinct == known > 2 * FEW
    )


def _is_category(profile: ColumnProfile) -> bool:
    column, known = profile.column, profile.count - profile.nulls
    if not 1 < profile.distinct < known:
        return False
    if column.kind == "integer":
        return profile.distinct <= FEW
    return column.kind in {"text", "boolean"} and column.meaning not in {
        "url",
        "email",
        "phone",
        "coordinates",
        "wkt",
        "geojson",
    }


def _rank(profile: ColumnProfile) -> tuple[bool, bool]:
    """Sort short lists of categories before long ones, texts before numbers."""
    return profile.distinct > MOST_CATEGORIES, profile.column.kind == "integer"


def default(profiles: Sequence[ColumnProfile]) -> Spec | None:
    """Return the chart that says most about a table, judged by its columns; None: nothing can be drawn."""
    have = choices(profiles)
    number = have.numbers[0] if have.numbers else None
    if have.times:
        x = have.times[0]
        y = next((one for one in have.numbers if one.name != x.name), None)
        return _completed(Spec("line", x.name, y.name if y else "", _how(y)), profiles)
    if have.categories and number is not None:
        return Spec("bar", have.categories[0].name, number.name, _how(number))
    if have.categories:
        return Spec("bar", have.categories[0].name)
    if len(have.numbers) > 1:
        return Spec("scatter", have.numbers[0].name, have.numbers[1].name)
    return Spec("histogram", number.name, bucket="bins") if number is not None else None


def _how(column: Column | None) -> Measure:
    """Return what is computed of a number where nobody says: the sum of counts, the mean of measurements."""
    if column is None:
        return "count"
    return "sum" if (column.kind == "integer" and not column.unit) or column.meaning == "currency" else "mean"


def spec_of(parameters: Mapping[str, str], profiles: Sequence[ColumnProfile]) -> Spec | None:
    """Return the chart of an address; what is missing or does not fit is filled up from the default."""
    names = {one.column.name: one.column for one in profiles}
    usual = default(profiles)
    kind = parameters.get("_chart", "")
    x, y = parameters.get("_x", ""), parameters.get("_y", "")
    if kind not in KINDS and x not in names:
        return usual
    x = x if x in names else (usual.x if usual else next(iter(names), ""))
    y = y if y in names and names[y].kind in NUMERIC else ""
    if not x:
        return None
    how, by, bucket = parameters.get("_how", ""), parameters.get("_by", ""), parameters.get("_bucket", "")
    wanted = Spec(
        cast("ChartKind", kind) if kind in get_args(ChartKind) else ("line" if is_time(names[x]) else "bar"),
        x,
        y,
        (cast("Measure", how) if how in HOW else _how(names.get(y))) if y else "count",
        by if by in names and by != x else "",
        cast("Bucket", bucket) if bucket in BUCKETS else "",
    )
    return _completed(wanted, profiles)


def _completed(spec: Spec, profiles: Sequence[ColumnProfile]) -> Spec:
    """Return the chart with what it needs, as a kind that its columns allow."""
    by_name = {one.column.name: one for one in profiles}
    profile = by_name[spec.x]
    column = profile.column
    kind, how = spec.kind, spec.how
    if kind == "line" and not is_time(column):
        kind = "bar"
    if kind in {"scatter", "histogram"} and column.kind not in NUMERIC:
        kind = "bar"
    if kind == "scatter" and not spec.y:
        kind = "histogram"
    if kind in {"line", "bar"} and spec.y and how == "count":
        how = _how(by_name[spec.y].column)
    bucket: Bucket = ""
    if kind == "histogram":
        bucket = "bins"
    elif column.kind in TIMES and kind in {"line", "bar"}:
        bucket = spec.bucket or _bucket(profile)
    is_line = kind == "line"
    return Spec(kind, spec.x, "" if kind == "histogram" else spec.y, how, spec.by if is_line else "", bucket)


def _bucket(profile: ColumnProfile) -> Bucket:
    """Return what times are cut into, by how long they last in all."""
    low, high = _moment(profile.minimum), _moment(profile.maximum)
    if low is None or high is None:
        return "month"
    days = (high - low).total_seconds() / 86400
    found = next(bucket for most, bucket in SPANS if days <= most)
    return "day" if found == "hour" and profile.column.kind == "date" else found


def _moment(value: object) -> datetime | None:
    """Return a time of a profile (ISO 8601), without its zone: only lengths are asked."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        return None
