"""Charts: positions, gaps, ticks across the change of clocks, words, tags."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.web.charts import Band, Bar, Level, Line, bar_chart, line_chart, sparkline, summary, table_rows
from stadtkern.web.charts.data import MOST_POINTS, thin
from stadtkern.web.charts.ticks import time_ticks, value_ticks

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


def hourly(values: list[float | None], label: str = "") -> Line:
    """Return one value per hour."""
    return Line(times=[START + timedelta(hours=n) for n in range(len(values))], values=values, label=label)


def test_first_and_last_value_stand_at_the_edges() -> None:
    drawing = line_chart([hourly([1, 2, 3])], zone=BERLIN)
    assert drawing is not None
    path = drawing.strokes[0].path
    assert path.startswith("M0 ")
    assert "L1000 " in path


def test_gap_breaks_the_line() -> None:
    drawing = line_chart([hourly([1, 2, None, 3, 4])], zone=BERLIN)
    assert drawing is not None
    assert drawing.strokes[0].path.count("M") == 2


def test_lonely_point_between_gaps_is_a_dot() -> None:
    drawing = line_chart([hourly([1, None, 2, None, 3, 4])], zone=BERLIN)
    assert drawing is not None
    assert drawing.strokes[0].path.count("h0") == 2


def test_nothing_to_draw_is_no_drawing() -> None:
    assert line_chart([hourly([None, None])], zone=BERLIN) is None
    assert line_chart([], zone=BERLIN) is None
    assert sparkline(hourly([])) is None
    assert bar_chart([Bar(label="a", value=None)]) is None


def test_five_lines_are_refused() -> None:
    with pytest.raises(ValueError, match="4 lines"):
        line_chart([hourly([1])] * 5, zone=BERLIN)


def test_level_far_away_does_not_flatten_the_line() -> None:
    far, near = Level(label="A4", value=900, severity=4), Level(label="A1", value=230, severity=1)
    drawing = line_chart([hourly([200, 210, 220])], zone=BERLIN, levels=[far, near])
    assert drawing is not None
    assert [level.text for level in drawing.levels] == ["A1 230"]


def test_labels_of_close_levels_do_not_overlap() -> None:
    close = [Level(label=f"A{n}", value=200 + n, severity=n) for n in (1, 2, 3)]
    drawing = line_chart([hourly([190, 260])], zone=BERLIN, levels=close)
    assert drawing is not None
    ys = sorted(float(level.label_y) for level in drawing.levels)
    assert all(b - a >= 15 for a, b in pairwise(ys))


def test_hours_are_local_and_survive_the_change_of_clocks() -> None:
    start = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)  # midnight in Berlin; this day has 25 hours
    kind, ticks = time_ticks(start, start + timedelta(hours=25), BERLIN)
    assert kind == "hour"
    assert [t.hour for t in ticks] == [0, 6, 12, 18, 0]


def test_days_begin_at_local_midnight() -> None:
    start = datetime(2026, 10, 20, 10, 0, tzinfo=UTC)
    kind, ticks = time_ticks(start, start + timedelta(days=6), BERLIN)
    assert kind == "day"
    assert {t.hour for t in ticks} == {0}


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_value_ticks_cover_the_values(low: float, span: float) -> None:
    ticks = value_ticks(low, low + span)
    assert ticks[0] <= low + span * 1e-6
    assert ticks[-1] >= low + span * (1 - 1e-6)
    assert 2 <= len(ticks) <= 8


@given(st.integers(1, 2_000_000))
def test_any_time_span_has_few_ticks(minutes: int) -> None:
    _kind, ticks = time_ticks(START, START + timedelta(minutes=minutes), BERLIN)
    assert len(ticks) <= 8
    assert ticks == sorted(ticks)


def test_thinning_keeps_highest_lowest_and_gaps() -> None:
    values: list[float | None] = [0.0] * 20_000
    values[12_345], values[777], values[5_000] = 99.0, -99.0, None
    line = thin(hourly(values))
    assert len(line.times) <= MOST_POINTS
    assert {99.0, -99.0, None} <= set(line.values)


def test_summary_names_lowest_highest_newest_and_course() -> None:
    with translation.override("en"):
        text = summary([hourly([200, 198, 205, 210, 214], "Water level")], unit="cm", decimals=0, zone=BERLIN)
    assert text.startswith("Water level, ")
    assert "between 198\u00a0cm" in text
    assert "214\u00a0cm" in text
    assert text.endswith("rising.")


def test_values_that_do_not_change_are_said_to_be_the_same() -> None:
    with translation.override("en"):
        assert "always 3" in summary([hourly([3, 3, 3])], unit="", decimals=0, zone=BERLIN)


def test_table_has_a_row_per_time_and_a_hole_per_missing_value() -> None:
    rows = table_rows([hourly([1, 2]), hourly([None, 5])], decimals=0)
    assert [row.values for row in rows] == [("2", "5"), ("1", "")]


def test_bars_below_zero_hang_from_the_zero_line() -> None:
    drawing = bar_chart([Bar(label="1", value=-10), Bar(label="2", value=20)])
    assert drawing is not None
    assert drawing.zero
    assert drawing.bars[0].y == drawing.zero


def test_chart_tag_draws_figure_with_table_and_csv_without_styles() -> None:
    page = Template("{% load web %}{% line_chart s title=t unit='cm' levels=l band=b csv='/x.csv' %}").render(
        Context(
            {
                "t": "Pegel <b>",
                "s": [hourly([1, 2, 3], "Guben"), hourly([2, 3, 1], "Gubin")],
                "l": [Level(label="A1", value=3, severity=1)],
                "b": Band(times=[START, START + timedelta(hours=2)], low=[1, 1], high=[2, 2]),
            }
        )
    )
    assert "Pegel &lt;b&gt;" in page
    assert " style=" not in page
    assert 'href="/x.csv"' in page
    assert page.count('<th scope="row">') == 3
    assert "sk-stroke--2" in page


def test_empty_chart_tag_says_so() -> None:
    with translation.override("en"):
        page = Template("{% load web %}{% line_chart s unit='cm' %}").render(Context({"s": hourly([])}))
    assert "No values." in page
