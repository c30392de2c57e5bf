"""Charts: pure functions from data to a frozen drawing, which a template turns into SVG.

Text stands at its real size on every width, because positions along x are percentages and only the lines
themselves are stretched.
"""

from stadtkern.web.charts.data import Band, Bar, Level, Line
from stadtkern.web.charts.draw import Drawing, bar_chart, line_chart, sparkline
from stadtkern.web.charts.words import summary, table_rows

__all__ = [
    "Band",
    "Bar",
    "Drawing",
    "Level",
    "Line",
    "bar_chart",
    "line_chart",
    "sparkline",
    "summary",
    "table_rows",
]
