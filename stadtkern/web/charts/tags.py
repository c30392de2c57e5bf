"""What the chart tags hand to their templates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from stadtkern.base.units import symbol
from stadtkern.web import charts
from stadtkern.web.charts.data import Band, Bar, Level, Line
from stadtkern.web.charts.words import Row, bar_words, line_words
from stadtkern.web.numbers import number_text


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure: drawing, words, table, links."""

    title: str
    drawing: charts.Drawing | None
    sentences: tuple[str, ...]
    unit: str
    """The sign people write."""
    heads: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    bars: tuple[tuple[str, str], ...] = ()
    csv: str = ""
    src: str = ""
    decimals: int = 0
    has_band: bool = False
    levels: tuple[Level, ...] = ()


def lines_of(series: Any) -> list[Line]:  # noqa: ANN401  # anything with times and values, or a list of such
    """Return the lines of a series, or of several."""
    many = [series] if hasattr(series, "times") else list(series)
    return [
        one
        if isinstance(one, Line)
        else Line(
            times=one.times,
            values=one.values,
            label=str(getattr(one, "label", "") or ""),
            is_forecast=bool(getattr(one, "is_forecast", False)),
        )
        for one in many
    ]


def levels_of(levels: Iterable[Any]) -> list[Level]:
    """Return thresholds (anything with name and value) as levels of a chart."""
    return [
        one if isinstance(one, Level) else Level(label=str(one.name), value=one.value, severity=one.severity)
        for one in levels
    ]


def bars_of(bars: Iterable[Any]) -> list[Bar]:
    """Return anything with label and value as bars."""
    return [
        one
        if isinstance(one, Bar)
        else Bar(label=str(one.label), value=one.value, is_current=bool(getattr(one, "is_current", False)))
        for one in bars
    ]


def to_chart(  # noqa: PLR0913  # each is one thing a chart may show
    lines: Sequence[Line],
    *,
    title: str = "",
    unit: str = "",
    decimals: int = 0,
    levels: Iterable[Any] = (),
    band: Band | None = None,
    csv: str = "",
    src: str = "",
    height: int = 280,
    table: bool = True,
) -> Chart:
    """Return the figure of a line chart."""
    zone = timezone.get_default_timezone()
    marks = levels_of(levels)
    drawing = charts.line_chart(lines, zone=zone, unit=unit, levels=marks, band=band, height=height)
    sentences = [line_words(line, unit=unit, decimals=decimals, zone=zone) for line in lines]
    return Chart(
        title=title,
        drawing=drawing,
        sentences=tuple(sentences) or (_("No values."),),
        unit=symbol(unit) if unit else "",
        heads=tuple(line.label or title or _("Value") for line in lines),
        rows=tuple(charts.table_rows(lines, decimals=decimals)) if table else (),
        csv=csv,
        src=src,
        decimals=decimals,
        has_band=band is not None,
        levels=tuple(marks),
    )


def bars_to_chart(  # noqa: PLR0913
    bars: Sequence[Bar],
    *,
    title: str = "",
    unit: str = "",
    decimals: int = 0,
    csv: str = "",
    height: int = 240,
) -> Chart:
    """Return the figure of a bar chart."""
    return Chart(
        title=title,
        drawing=charts.bar_chart(bars, unit=unit, height=height),
        sentences=(bar_words(bars, unit=unit, decimals=decimals),),
        unit=symbol(unit) if unit else "",
        heads=(title or _("Value"),),
        bars=tuple(
            (bar.label, "–" if bar.value is None else number_text(bar.value, "", decimals)) for bar in bars
        ),
        csv=csv,
        decimals=decimals,
    )
