"""From data to a drawing: positions, paths, labels; no HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import get_language

from stadtkern.web.charts.data import MOST_POINTS, Band, Bar, Level, Line, thin
from stadtkern.web.charts.ticks import TickKind, time_ticks, value_ticks

WIDTH = 1000
"""Width of the stretched part; heights are pixels."""
MOST_LINES = 4
HEIGHTS = (32, 40, 48, 64, 80, 120, 160, 200, 240, 280, 320, 400)
"""Pixels; the style sheet has a class for each, since the pages allow no styles in HTML."""
TOP, LABEL_GAP = 22, 16
MARGINS = ((3, 2), (5, 3), (1000, 5))
"""Letters of the longest label, and the margin it needs; the style sheet has a class for each."""
DAY_FORMATS = {"en": "D j M"}
MONTH_FORMATS = {"en": "M Y"}


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark: where it stands and what it says."""

    at: str
    """Percent along x, or pixels along y."""
    text: str
    anchor: str = "middle"
    is_minor: bool = False
    """True: left out where there is little room."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line: its number (dash and colour), path, label, and its newest point."""

    number: int
    path: str
    label: str
    is_forecast: bool
    end: str = ""
    """Path of a dot at the newest point."""


@dataclass(frozen=True, slots=True)
class DrawnLevel:
    """A threshold: height, name, danger."""

    y: str
    label_y: str
    text: str
    severity: int


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar: percent along x, pixels along y."""

    x: str
    width: str
    y: str
    height: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart ready to be written as SVG."""

    width: int
    height: int
    base: int
    """Height of the x axis in pixels from above."""
    unit: str = ""
    y_ticks: tuple[Tick, ...] = ()
    x_ticks: tuple[Tick, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    levels: tuple[DrawnLevel, ...] = ()
    bars: tuple[DrawnBar, ...] = ()
    band: str = ""
    zero: str = ""
    """Height of the zero line if it is not the axis."""

    @property
    def margin(self) -> int:
        """Room for the labels of the values, left of the drawing: 2, 3 or 5 times the size of the text."""
        longest = max((len(tick.text) for tick in self.y_ticks), default=0)
        return next(room for letters, room in MARGINS if longest <= letters)


@dataclass(frozen=True, slots=True)
class Scale:
    """Time and value to positions."""

    start: float
    end: float
    low: float
    high: float
    top: float
    bottom: float

    def x(self, moment: datetime) -> float:
        """Return 0 to `WIDTH`."""
        span = self.end - self.start
        return (moment.timestamp() - self.start) / span * WIDTH if span else WIDTH / 2

    def y(self, value: float) -> float:
        """Return pixels from above."""
        span = self.high - self.low
        return (
            self.bottom - (value - self.low) / span * (self.bottom - self.top)
            if span
            else (self.top + self.bottom) / 2
        )


def height_near(height: int) -> int:
    """Return the height next to the wanted one that the style sheet knows."""
    return min(HEIGHTS, key=lambda known: abs(known - height))


def short(number: float) -> str:
    """Return a coordinate with one decimal, as SVG wants it.

    >>> short(12.0), short(3.14159)
    ('12', '3.1')
    """
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def percent(x: float) -> str:
    """Return a position along x as percentage."""
    return f"{short(x * 100 / WIDTH)}%"


def path_of(line: Line, scale: Scale) -> str:
    """Return the path of a line, broken at its gaps; a lonely point becomes a dot."""
    parts: list[str] = []
    run = 0
    for moment, value in zip(line.times, line.values, strict=True):
        if value is None:
            if run == 1:
                parts.append("h0")
            run = 0
            continue
        parts.append(f"{'L' if run else 'M'}{short(scale.x(moment))} {short(scale.y(value))}")
        run += 1
    return "".join([*parts, "h0"] if run == 1 else parts)


def band_path(band: Band, scale: Scale) -> str:
    """Return the outline of the usual range."""
    upper = [f"{short(scale.x(t))} {short(scale.y(v))}" for t, v in zip(band.times, band.high, strict=True)]
    lower = [f"{short(scale.x(t))} {short(scale.y(v))}" for t, v in zip(band.times, band.low, strict=True)]
    return f"M{'L'.join([*upper, *reversed(lower)])}Z" if upper else ""


def extent(lines: Sequence[Line], band: Band | None, levels: Sequence[Level]) -> tuple[float, float]:
    """Return lowest and highest value to show; a level counts if it is within reach of the lines."""
    values = [v for line in lines for _t, v in line.known()]
    if band:
        values += [*band.low, *band.high]
    low, high = min(values), max(values)
    reach = max(high - low, abs(high) * 0.25)
    near = [level.value for level in levels if low - reach <= level.value <= high + reach]
    return min([low, *near]), max([high, *near])


def tick_text(moment: datetime, kind: TickKind) -> str:
    """Return what a mark on the time axis says in the active language."""
    language = (get_language() or "de").partition("-")[0]
    if kind == "hour" and (moment.hour or moment.minute):
        return formats.date_format(moment, "H:i")
    if kind in ("hour", "day"):
        return formats.date_format(moment, DAY_FORMATS.get(language, "D j.n."))
    return formats.date_format(moment, MONTH_FORMATS.get(language, "n/Y") if kind == "month" else "Y")


def x_ticks(scale: Scale, start: datetime, end: datetime, zone: ZoneInfo) -> tuple[Tick, ...]:
    """Return the marks of the time axis; every second one gives way on narrow screens."""
    kind, moments = time_ticks(start, end, zone)
    ticks = []
    for number, moment in enumerate(moments):
        x = scale.x(moment)
        anchor = "start" if x < WIDTH * 0.04 else "end" if x > WIDTH * 0.96 else "middle"
        ticks.append(Tick(percent(x), tick_text(moment, kind), anchor, number % 2 == 1))
    return tuple(ticks)


def decimals_of(ticks: Iterable[float]) -> int:
    """Return how many decimals the marks need."""
    return max((len(f"{t:.6f}".rstrip("0").partition(".")[2]) for t in ticks), default=0)


def y_ticks(values: Sequence[float], scale: Scale) -> tuple[Tick, ...]:
    """Return the marks of the value axis."""
    digits = decimals_of(values)
    return tuple(
        Tick(short(scale.y(v)), formats.number_format(v, digits, force_grouping=True)) for v in values
    )


def drawn_levels(levels: Sequence[Level], scale: Scale, digits: int) -> tuple[DrawnLevel, ...]:
    """Return the thresholds in view, their labels apart from each other."""
    drawn: list[DrawnLevel] = []
    last = float("inf")
    for level in sorted(levels, key=lambda one: one.value):
        if not scale.low <= level.value <= scale.high:
            continue
        y = scale.y(level.value)
        label_y = min(y - 4, last - LABEL_GAP)
        last = label_y
        text = f"{level.label} {formats.number_format(level.value, digits, force_grouping=True)}"
        drawn.append(DrawnLevel(short(y), short(max(label_y, 12)), text, level.severity))
    return tuple(drawn)


def line_chart(  # noqa: PLR0913  # each is one thing a chart may show
    lines: Sequence[Line],
    *,
    zone: ZoneInfo,
    unit: str = "",
    levels: Sequence[Level] = (),
    band: Band | None = None,
    height: int = 280,
) -> Drawing | None:
    """Return the drawing of up to four lines over one time axis; None if there is no value to draw."""
    if len(lines) > MOST_LINES:
        raise ValueError(f"a chart shows {MOST_LINES} lines at most, not {len(lines)}")
    height = height_near(height)
    lines = [thin(line, MOST_POINTS // max(1, len(lines))) for line in lines]
    known = [point for line in lines for point in line.known()]
    if not known:
        return None
    start = min(line.times[0] for line in lines if line.times)
    end = max(line.times[-1] for line in lines if line.times)
    marks = value_ticks(*extent(lines, band, levels))
    base = height - 28
    scale = Scale(start.timestamp(), end.timestamp(), marks[0], marks[-1], TOP, base)
    strokes = []
    for number, line in enumerate(lines, start=1):
        points = line.known()
        dot = f"M{short(scale.x(points[-1][0]))} {short(scale.y(points[-1][1]))}h0" if points else ""
        strokes.append(
            Stroke(
                number, path_of(line, scale), line.label, line.is_forecast, "" if line.is_forecast else dot
            )
        )
    return Drawing(
        width=WIDTH,
        height=height,
        base=base,
        unit=unit,
        y_ticks=y_ticks(marks, scale),
        x_ticks=x_ticks(scale, start, end, zone),
        strokes=tuple(strokes),
        levels=drawn_levels(levels, scale, decimals_of([level.value for level in levels])),
        band=band_path(band, scale) if band else "",
    )


def sparkline(line: Line, *, band: Band | None = None, height: int = 48) -> Drawing | None:
    """Return the small drawing of one line, without axes."""
    height = height_near(height)
    line = thin(line, 120)
    if not line.known():
        return None
    low, high = extent([line], band, ())
    scale = Scale(line.times[0].timestamp(), line.times[-1].timestamp(), low, high, 5, height - 5)
    moment, value = line.known()[-1]
    dot = f"M{short(scale.x(moment))} {short(scale.y(value))}h0"
    stroke = Stroke(1, path_of(line, scale), line.label, line.is_forecast, dot)
    return Drawing(WIDTH, height, height, strokes=(stroke,), band=band_path(band, scale) if band else "")


def bar_chart(bars: Sequence[Bar], *, unit: str = "", height: int = 240) -> Drawing | None:
    """Return the drawing of upright bars from zero; None if there is no value to draw."""
    values = [bar.value for bar in bars if bar.value is not None]
    if not values:
        return None
    height = height_near(height)
    marks = value_ticks(min(0.0, *values), max(0.0, *values)) if any(values) else [0.0, 1.0]
    base = height - 28
    scale = Scale(0, 1, marks[0], marks[-1], TOP, base)
    room = WIDTH / len(bars)
    zero = scale.y(0)
    every = -(-len(bars) // 8)
    drawn, ticks = [], []
    for number, bar in enumerate(bars):
        if bar.value is not None:
            y = scale.y(bar.value)
            drawn.append(
                DrawnBar(
                    percent(number * room + room * 0.12),
                    percent(room * 0.76),
                    short(min(y, zero)),
                    short(max(abs(zero - y), 1)),
                    bar.is_current,
                )
            )
        if number % every == 0:
            ticks.append(Tick(percent((number + 0.5) * room), bar.label, "middle", number // every % 2 == 1))
    return Drawing(
        WIDTH,
        height,
        base,
        unit,
        y_ticks(marks, scale),
        tuple(ticks),
        bars=tuple(drawn),
        zero=short(zero) if zero < base else "",
    )
