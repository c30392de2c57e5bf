"""The data of a chart, asked of a table: numbers, words beside them, the same as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stadtkern.catalogue.cells import heading, text_of
from stadtkern.catalogue.charts.points import Points, points_of
from stadtkern.catalogue.charts.spec import HOW, MOST_CATEGORIES, Spec
from stadtkern.catalogue.tableset import profile_of
from stadtkern.tables import Aggregate, Column, Filter, Group, Measure, Query, Table
from stadtkern.web.charts import Bar, Drawing, Line, bar_chart, line_chart
from stadtkern.web.charts.words import bar_words

MOST_LINES = 4
MOST_POINTS = 2_000
MOST_STEPS = 2_000
BINS = 20
MOST_TABLE_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One bar lying on its side: its label, its length in percent of the longest."""

    label: str
    text: str
    value: float
    start: str
    """Percent."""
    length: str
    """Percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart with its words and its table."""

    spec: Spec
    title: str
    sentences: Sequence[str]
    heads: Sequence[str]
    table: Sequence[Sequence[str]]
    drawing: Drawing | None = None
    shares: Sequence[Share] = ()
    points: Points | None = None
    unit: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return self.drawing is None and not self.shares and self.points is None

    @property
    def axes(self) -> Drawing | None:
        """The drawing with the axes: of lines and upright bars, or around points."""
        return self.points.axes if self.points else self.drawing

    @property
    def picture_height(self) -> int:
        """Pixels of the picture that stands alone."""
        return 160 + (30 * len(self.shares) if self.shares else self.axes.height if self.axes else 0)


def figure(table: Table, spec: Spec, query: Query) -> Figure:
    """Return the chart of the rows that a question leaves."""
    columns = {one.name: one for one in table.columns}
    rows = replace(query, offset=0, limit=MOST_POINTS, order=(), columns=())
    made: dict[str, Callable[[Table, Spec, Query, dict[str, Column]], Figure]] = {
        "line": _line,
        "bar": _bars,
        "scatter": _scatter,
        "histogram": _histogram,
    }
    return made[spec.kind](table, spec, rows, columns)


def title_of(spec: Spec, columns: dict[str, Column]) -> str:
    """Return what a chart shows, as a caption."""
    x = columns[spec.x].title or spec.x
    if spec.kind == "histogram":
        return _("Distribution: %(x)s") % {"x": heading(columns[spec.x])}
    if spec.kind == "scatter":
        return _("%(y)s by %(x)s") % {"y": heading(columns[spec.y]), "x": heading(columns[spec.x])}
    what = value_title(spec, columns)
    if spec.by:
        return _("%(what)s by %(x)s and %(by)s") % {
            "what": what,
            "x": x,
            "by": columns[spec.by].title or spec.by,
        }
    return _("%(what)s by %(x)s") % {"what": what, "x": x}


def value_title(spec: Spec, columns: dict[str, Column]) -> str:
    """Return what the values are: the measure and the column with its unit."""
    if not spec.y or spec.how == "count":
        return _("Number of rows")
    return _("%(column)s, %(measure)s") % {"column": heading(columns[spec.y]), "measure": HOW[spec.how]}


def _measure(spec: Spec) -> tuple[Measure, str]:
    return (spec.how, spec.y) if spec.y else ("count", "")


def _line(table: Table, spec: Spec, query: Query, columns: dict[str, Column]) -> Figure:
    zone = ZoneInfo(settings.TIME_ZONE)
    groups = [Group(spec.x, spec.bucket)]
    names: list[object] = []
    if spec.by:
        names = [one.value for one in table.values(spec.by, query, limit=MOST_LINES) if one.value is not None]
        groups.append(Group(spec.by))
        query = replace(query, filters=(*query.filters, Filter(spec.by, "in", tuple(names))))
    limit = MOST_STEPS * max(1, len(names))
    found = table.aggregate(Aggregate(tuple(groups), (_measure(spec),), limit), query)
    series: dict[object, list[tuple[datetime, float | None]]] = {name: [] for name in names} or {None: []}
    for row in found.rows:
        moment = _moment(row[0], zone)
        name = row[1] if spec.by else None
        if moment is not None and name in series:
            series[name].append((moment, _float(row[-1])))
    drawn = [_as_line(values, _label(name, spec, columns)) for name, values in series.items() if values]
    lines = [line for line in drawn if line.known()]
    drawing = line_chart(lines, zone=zone) if lines else None
    decimals = _decimals([v for line in lines for _t, v in line.known()])
    return Figure(
        spec=spec,
        title=title_of(spec, columns),
        sentences=[_line_words(line, spec, columns, decimals) for line in lines] or [_("No values.")],
        heads=[
            columns[spec.x].title or spec.x,
            *(line.label or value_title(spec, columns) for line in lines),
        ],
        table=_line_table(lines, spec, decimals),
        drawing=drawing,
        unit=columns[spec.y].unit if spec.y else "",
    )


def _line_words(line: Line, spec: Spec, columns: dict[str, Column], decimals: int) -> str:
    """Return what a line shows, in one sentence, with times as exact as its steps."""
    known = line.known()
    low, high = min(known, key=lambda one: one[1]), max(known, key=lambda one: one[1])
    facts = {
        "label": line.label or value_title(spec, columns),
        "start": _time_text(known[0][0], spec),
        "end": _time_text(known[-1][0], spec),
        "low": _text(low[1], decimals),
        "low_time": _time_text(low[0], spec),
        "high": _text(high[1], decimals),
        "high_time": _time_text(high[0], spec),
        "last": _text(known[-1][1], decimals),
    }
    if low[1] == high[1]:
        return _("%(label)s, %(start)s to %(end)s: always %(last)s.") % facts
    return (
        _(
            "%(label)s, %(start)s to %(end)s: smallest %(low)s (%(low_time)s), largest %(high)s "
            "(%(high_time)s), last %(last)s."
        )
        % facts
    )


def _label(name: object, spec: Spec, columns: dict[str, Column]) -> str:
    return text_of(name, columns[spec.by]) if spec.by else ""


def _as_line(values: list[tuple[datetime, float | None]], label: str) -> Line:
    ordered = sorted(values, key=lambda one: one[0])
    return Line(times=[one[0] for one in ordered], values=[one[1] for one in ordered], label=label)


def _moment(value: object, zone: ZoneInfo) -> datetime | None:
    """Return the beginning of a bucket as a moment; a year stands for its first day."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    if isinstance(value, int) and 1 <= value <= 9999:  # noqa: PLR2004  # years that Python knows
        return datetime(value, 1, 1, tzinfo=zone)
    return None


def _line_table(lines: Sequence[Line], spec: Spec, decimals: int) -> list[list[str]]:
    by_time: dict[datetime, list[float | None]] = {}
    for number, line in enumerate(lines):
        for moment, value in line.known():
            by_time.setdefault(moment, [None] * len(lines))[number] = value
    moments = sorted(by_time, reverse=True)
    step = -(-len(moments) // MOST_TABLE_ROWS) or 1
    return [
        [_time_text(one, spec), *(_text(value, decimals) for value in by_time[one])]
        for one in moments[::step]
    ]


def _time_text(moment: datetime, spec: Spec) -> str:
    if spec.bucket in {"", "year"}:
        return str(moment.year)
    if spec.bucket == "hour":
        return text_of(moment)
    return text_of(moment.date())


def _text(value: float | None, decimals: int) -> str:
    if value is None:
        return "–"
    return number_format(value, decimals, force_grouping=True).replace("-", "\u2212", 1)


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _decimals(values: Sequence[float]) -> int:
    """Return how many decimals are worth showing: none for whole or large numbers."""
    if not values or all(value == int(value) for value in values):
        return 0
    largest = max(abs(value) for value in values)
    return 0 if largest >= 1000 else 1 if largest >= 100 else 2 if largest >= 1 else 4  # noqa: PLR2004


def _bars(table: Table, spec: Spec, query: Query, columns: dict[str, Column]) -> Figure:
    column = columns[spec.x]
    is_ranked = column.kind == "text"
    wanted = Aggregate(
        (Group(spec.x, spec.bucket),),
        (_measure(spec),),
        MOST_CATEGORIES,
        is_largest_first=is_ranked,
    )
    found = table.aggregate(wanted, query)
    rows = [(row[0], value) for row in found.rows if (value := _float(row[-1])) is not None]
    decimals = _decimals([value for _name, value in rows])
    bars = [Bar(label=_bar_label(name, column, spec), value=value) for name, value in rows]
    sentences = [bar_words(bars, unit="", decimals=decimals)]
    if found.is_cut and bars and is_ranked:
        facts = {"label": bars[0].label, "value": _text(bars[0].value, decimals)}
        sentences = [_("Largest: %(label)s with %(value)s.") % facts]
    if found.is_cut:
        count = len(bars)
        sentences.append(
            ngettext("Only the largest bar is shown.", "Only the %(count)d largest bars are shown.", count)
            % {"count": count}
            if is_ranked
            else ngettext("Only the first bar is shown.", "Only the first %(count)d bars are shown.", count)
            % {"count": count}
        )
    return Figure(
        spec=spec,
        title=title_of(spec, columns),
        sentences=sentences,
        heads=[column.title or spec.x, value_title(spec, columns)],
        table=[[bar.label, _text(bar.value, decimals)] for bar in bars],
        shares=_shares(bars, decimals),
        unit=columns[spec.y].unit if spec.y else "",
    )


def _bar_label(name: object, column: Column, spec: Spec) -> str:
    if spec.bucket and isinstance(name, date):
        moment = name if isinstance(name, datetime) else datetime(name.year, name.month, name.day)  # noqa: DTZ001
        return _time_text(moment, spec)
    return text_of(name, column) if name is not None else _("(no value)")


def _shares(bars: Sequence[Bar], decimals: int) -> list[Share]:
    """Return bars from a common zero line, also of negative values."""
    values = [bar.value or 0.0 for bar in bars]
    low, high = min([0.0, *values]), max([0.0, *values])
    span = (high - low) or 1.0
    return [
        Share(
            label=bar.label,
            text=_text(bar.value, decimals),
            value=value,
            start=f"{(min(value, 0.0) - low) / span * 100:.2f}",
            length=f"{abs(value) / span * 100:.2f}",
        )
        for bar, value in zip(bars, values, strict=True)
    ]


def _histogram(table: Table, spec: Spec, query: Query, columns: dict[str, Column]) -> Figure:
    column = columns[spec.x]
    profile = next(one for one in profile_of(table) if one.column.name == spec.x)
    if query.filters or query.search or query.bbox:
        found = table.aggregate(Aggregate((Group(spec.x, "bins", BINS),), (("count", ""),), BINS + 1), query)
        pairs = [(row[0], _float(row[-1]) or 0.0) for row in found.rows if _float(row[0]) is not None]
    else:
        pairs = [(one.start, float(one.count)) for one in profile.histogram]
    bars = [Bar(label=text_of(start, column), value=count) for start, count in pairs]
    return Figure(
        spec=spec,
        title=title_of(spec, columns),
        sentences=[_histogram_words(bars, profile.minimum, profile.maximum, column)]
        if bars
        else [_("No values.")],
        heads=[_("from %(column)s") % {"column": heading(column)}, _("Number of rows")],
        table=[[bar.label, _text(bar.value, 0)] for bar in bars],
        drawing=bar_chart(bars) if bars else None,
        unit=column.unit,
    )


def _histogram_words(bars: Sequence[Bar], low: object, high: object, column: Column) -> str:
    most = max(bars, key=lambda bar: bar.value or 0)
    return _("Values from %(low)s to %(high)s; most rows begin at %(most)s.") % {
        "low": text_of(low, column),
        "high": text_of(high, column),
        "most": most.label,
    }


def _scatter(table: Table, spec: Spec, query: Query, columns: dict[str, Column]) -> Figure:
    wanted = replace(query, columns=(spec.x, spec.y))
    page = table.rows(wanted)
    at = page.columns.index(spec.x), page.columns.index(spec.y)
    pairs = [
        (x, y)
        for row in page.rows
        if (x := _float(row[at[0]])) is not None and (y := _float(row[at[1]])) is not None
    ]
    sentences = [_scatter_words(pairs, columns[spec.x], columns[spec.y])]
    if page.total > len(page.rows):
        facts = {
            "shown": number_format(len(page.rows), force_grouping=True),
            "total": number_format(page.total, force_grouping=True),
        }
        sentences.append(_("Drawn from the first %(shown)s of %(total)s rows.") % facts)
    return Figure(
        spec=spec,
        title=title_of(spec, columns),
        sentences=sentences,
        heads=[heading(columns[spec.x]), heading(columns[spec.y])],
        table=[
            [text_of(x, columns[spec.x]), text_of(y, columns[spec.y])] for x, y in pairs[:MOST_TABLE_ROWS]
        ],
        points=points_of(pairs) if pairs else None,
    )


def _scatter_words(pairs: Sequence[tuple[float, float]], x: Column, y: Column) -> str:
    """Return how the two numbers go together: Pearson's correlation in words."""
    if len(pairs) < 3:  # noqa: PLR2004  # two points always lie on a line
        return _("Too few pairs of values to say how they go together.")
    r = _correlation(pairs)
    facts = {
        "x": x.title or x.name,
        "y": y.title or y.name,
        "r": number_format(round(r, 2), 2).replace("-", "\u2212"),
    }
    if abs(r) < 0.3:  # noqa: PLR2004  # weak by convention
        return _("%(x)s and %(y)s hardly go together (correlation %(r)s).") % facts
    if r > 0:
        return _("Where %(x)s is larger, %(y)s is mostly larger too (correlation %(r)s).") % facts
    return _("Where %(x)s is larger, %(y)s is mostly smaller (correlation %(r)s).") % facts


def _correlation(pairs: Sequence[tuple[float, float]]) -> float:
    count = len(pairs)
    mean_x, mean_y = sum(x for x, _y in pairs) / count, sum(y for _x, y in pairs) / count
    xy = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
    xx, yy = sum((x - mean_x) ** 2 for x, _y in pairs), sum((y - mean_y) ** 2 for _x, y in pairs)
    return xy / (xx * yy) ** 0.5 if xx > 0 and yy > 0 else 0.0
