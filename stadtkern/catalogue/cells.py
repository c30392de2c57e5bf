"""Values of tables as people read them: by language, and never without a sign for "nothing"."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import gettext as _

from stadtkern.tables import GEOMETRY, ID, Column, Query, Table

MOST_LETTERS = 200
"""Of a text in a cell; longer ones are cut on pages, never in downloads."""
MOST_DECIMALS = 6
NUMERIC = frozenset({"integer", "number"})
UNGROUPED = frozenset({"year", "postcode", "ags", "ars", "teryt", "code", "phone"})
"""Numbers that are names: no thousands mark."""
COORDINATES = frozenset({"longitude", "latitude", "easting", "northing"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a table on a page."""

    text: str
    is_number: bool = False
    link: str = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a table."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: int
    hidden: int
    """Columns that are left out."""


def text_of(value: object, column: Column | None = None) -> str:  # noqa: PLR0911  # one for each kind
    """Return a value as the active language writes it; an en dash where there is none."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return _number(value, column)
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return date_format(local, "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, time):
        return time_format(value, "H:i")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _number(value: float, column: Column | None) -> str:
    meaning = column.meaning if column else ""
    if meaning in UNGROUPED and float(value).is_integer():
        return str(int(value))
    if isinstance(value, int):
        text = number_format(value, force_grouping=True)
    else:
        exact = repr(round(value, MOST_DECIMALS))
        decimals = 0 if "e" in exact else len(exact.partition(".")[2].rstrip("0"))
        text = number_format(round(value, decimals), decimals, force_grouping=meaning not in COORDINATES)
    return text.replace("-", "\u2212", 1)


def cell(value: object, column: Column) -> Cell:
    """Return a value as a cell of a table."""
    text = text_of(value, column)
    link = text if column.meaning == "url" and text.startswith(("https://", "http://")) else ""
    cut = text[:MOST_LETTERS] + "…" if len(text) > MOST_LETTERS else text
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Cell(cut, is_number, link, len(text) > MOST_LETTERS)


def heading(column: Column) -> str:
    """Return what stands above a column: its title, and the unit of its numbers."""
    title = column.title or column.name
    return title if not column.unit or column.unit in title else f"{title} ({column.unit})"


def preview(table: Table, *, most: int, columns: int = 8) -> Preview:
    """Return the first rows and columns of a table."""
    shown = table.columns[:columns]
    query = Query(columns=tuple(one.name for one in shown), limit=most)
    page = table.rows(query)
    return Preview(
        columns=[replace(one, title=heading(one)) for one in shown],
        rows=cells_of(page.columns, page.rows, shown),
        total=page.total,
        hidden=len(table.columns) - len(shown),
    )


def cells_of(
    names: Sequence[str], rows: Sequence[Sequence[object]], columns: Sequence[Column]
) -> list[list[Cell]]:
    """Return rows as cells of the wanted columns, in their order."""
    places = {name: number for number, name in enumerate(names) if name not in {ID, GEOMETRY}}
    wanted = [(places[one.name], one) for one in columns if one.name in places]
    return [[cell(row[place], column) for place, column in wanted] for row in rows]
