"""A chart in words and as a table, for everybody who cannot or does not want to see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

from stadtkern.web.charts.data import Bar, Line
from stadtkern.web.numbers import number_text

MOST_ROWS = 100
STEADY = 0.1
"""Share of the whole range that counts as no change."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table beside a chart."""

    time: datetime
    values: tuple[str, ...]


def moment_text(moment: datetime, zone: ZoneInfo) -> str:
    """Return a local time in the active language."""
    return formats.date_format(moment.astimezone(zone), "SHORT_DATETIME_FORMAT")


def course(values: Sequence[float]) -> str:
    """Return `rising`, `falling` or `steady`: the newest fifth against the fifth before it."""
    fifth = max(1, len(values) // 5)
    newest, before = values[-fifth:], values[-2 * fifth : -fifth] or values[:1]
    change = sum(newest) / len(newest) - sum(before) / len(before)
    if abs(change) <= STEADY * (max(values) - min(values)):
        return "steady"
    return "rising" if change > 0 else "falling"


def line_words(line: Line, *, unit: str, decimals: int, zone: ZoneInfo) -> str:
    """Return what one line shows, in one sentence."""
    known = line.known()
    if not known:
        return _("%(label)s: no values.") % {"label": line.label} if line.label else _("No values.")
    values = [v for _time, v in known]
    low, high = min(known, key=lambda p: p[1]), max(known, key=lambda p: p[1])
    facts = {
        "label": line.label or _("Values"),
        "start": moment_text(line.times[0], zone),
        "end": moment_text(line.times[-1], zone),
        "low": number_text(low[1], unit, decimals),
        "low_time": moment_text(low[0], zone),
        "high": number_text(high[1], unit, decimals),
        "high_time": moment_text(high[0], zone),
        "newest": number_text(values[-1], unit, decimals),
    }
    if low[1] == high[1]:
        return _("%(label)s, %(start)s to %(end)s: always %(newest)s.") % facts
    sentences = {
        "rising": _(
            "%(label)s, %(start)s to %(end)s: between %(low)s (%(low_time)s) and %(high)s (%(high_time)s); "
            "last %(newest)s, rising."
        ),
        "falling": _(
            "%(label)s, %(start)s to %(end)s: between %(low)s (%(low_time)s) and %(high)s (%(high_time)s); "
            "last %(newest)s, falling."
        ),
        "steady": _(
            "%(label)s, %(start)s to %(end)s: between %(low)s (%(low_time)s) and %(high)s (%(high_time)s); "
            "last %(newest)s, steady."
        ),
    }
    return sentences[course(values)] % facts


def summary(lines: Sequence[Line], *, unit: str, decimals: int, zone: ZoneInfo) -> str:
    """Return what a chart shows, one sentence for each line."""
    return " ".join(line_words(line, unit=unit, decimals=decimals, zone=zone) for line in lines)


def bar_words(bars: Sequence[Bar], *, unit: str, decimals: int) -> str:
    """Return what a bar chart shows, in one sentence."""
    known = [(bar.value, bar.label) for bar in bars if bar.value is not None]
    if not known:
        return _("No values.")
    (low, low_label), (high, high_label) = min(known), max(known)
    return _("Lowest %(low)s (%(low_label)s), highest %(high)s (%(high_label)s).") % {
        "low": number_text(low, unit, decimals),
        "low_label": low_label,
        "high": number_text(high, unit, decimals),
        "high_label": high_label,
    }


def table_rows(lines: Sequence[Line], *, decimals: int, most: int = MOST_ROWS) -> list[Row]:
    """Return the values of all lines by time, newest first, at most `most` rows evenly spread."""
    by_time: dict[datetime, list[float | None]] = {}
    for number, line in enumerate(lines):
        for moment, value in line.known():
            by_time.setdefault(moment, [None] * len(lines))[number] = value
    moments = sorted(by_time, reverse=True)
    step = -(-len(moments) // most) or 1
    return [
        Row(
            m,
            tuple(
                "" if v is None else formats.number_format(v, decimals, force_grouping=True)
                for v in by_time[m]
            ),
        )
        for m in moments[::step]
    ]
