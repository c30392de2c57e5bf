"""A table with one row for each time: exports of control systems, counters, spreadsheets.

Numbers are never guessed: where a decimal mark contradicts the rest of its column, or could be a thousands
mark, the cell is rejected with its row number. Empty cells and usual words for "no value" are passed over.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from stadtkern.base.fields import finite
from stadtkern.base.numbers import NumberFormatError, parse_decimal
from stadtkern.base.tables import Cell, Rows, number_marks, read_table
from stadtkern.base.times import FORMATS, LocalTimes, TimeFormatError, parse_time
from stadtkern.connectors.table_file.options import OPTIONS, check_options
from stadtkern.contracts.answers import position, reject
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.mapping import FieldMeaning, read_meanings

NO_VALUE = frozenset(
    {"", "-", "--", "---", "–", "n/a", "na", "nan", "null", "none", "k.a.", "k. a.", "#n/a", "#nv"}
)
_HEADER_SEARCH = 100
_SHOWN_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one source, read and typed."""

    columns: Sequence[FieldMeaning]
    time: Sequence[str]
    time_format: str | None
    zone: str
    thing: str
    thing_column: str
    longitude: str
    latitude: str
    decimal: str
    header_row: int | None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Settings":
        """Read the options; `SourceError` names what is missing or wrong."""
        problems = check_options(options)
        if problems:
            raise SourceError(f"settings: {problems[0]}")
        text = {
            name: str(value).strip()
            for name, value in options.items()
            if isinstance(value, str | int | float)
        }
        header = text.get("header_row", "")
        return cls(
            columns=read_meanings(options["columns"]),
            time=[part.strip() for part in text["time"].split(" + ")],
            time_format=text.get("time_format") or None,
            zone=text.get("timezone") or "Europe/Berlin",
            thing=text.get("thing", ""),
            thing_column=text.get("thing_column", ""),
            longitude=text.get("longitude", ""),
            latitude=text.get("latitude", ""),
            decimal=text.get("decimal", ""),
            header_row=int(float(header)) if header else None,
        )

    def needed(self) -> list[str]:
        """Return the columns that must be there."""
        return [
            *self.time,
            *(c.field for c in self.columns),
            *([self.thing_column] if self.thing_column else []),
        ]


@dataclass(slots=True)
class Table:
    """The rows below the header, and where each named column stands."""

    settings: Settings
    rows: Rows
    first_row: int
    places: Mapping[str, int]
    marks: dict[str, str] = field(default_factory=dict)
    """Decimal mark of each column of values; empty: the file does not tell."""
    mixed: set[str] = field(default_factory=set)
    """Columns in which both decimal marks occur."""

    def cell(self, row: Sequence[Cell], column: str) -> Cell:
        """Return the cell of a row, an empty text if the row is too short."""
        place = self.places.get(column)
        return row[place] if place is not None and place < len(row) else ""


def find_table(rows: Rows, settings: Settings) -> Table:
    """Find the header and the place of each column; names are compared without case and outer blanks."""
    needed = [_name(column) for column in settings.needed()]
    if settings.header_row is not None:
        candidates = [settings.header_row - 1]
    else:
        candidates = list(range(min(len(rows), _HEADER_SEARCH)))
    for index in candidates:
        if not 0 <= index < len(rows):
            continue
        names = [_name(cell) for cell in rows[index]]
        if all(name in names for name in needed):
            twice = [name for name, count in Counter(names).items() if count > 1 and name in needed]
            if twice:
                raise SourceError(f'column "{twice[0]}" stands twice in row {index + 1}')
            given = {str(cell).strip(): place for place, cell in enumerate(rows[index])}
            folded = {name: place for place, name in enumerate(names)}
            wanted = [*settings.needed(), settings.longitude, settings.latitude]
            places = {column: given.get(column, folded.get(_name(column), -1)) for column in wanted if column}
            return Table(settings, rows[index + 1 :], index + 2, {c: p for c, p in places.items() if p >= 0})
    raise SourceError(_missing(rows, candidates, needed))


def _missing(rows: Rows, candidates: Sequence[int], needed: Sequence[str]) -> str:
    """Name the missing columns, beside the columns of the row that has most of them."""
    lines = [rows[i] for i in candidates if 0 <= i < len(rows)]
    if not lines:
        return "the file has no row with the names of the columns"
    best = max(lines, key=lambda row: (sum(_name(c) in needed for c in row), len(row)))
    names = [_name(cell) for cell in best]
    missing = ", ".join(f'"{name}"' for name in needed if name not in names)
    shown = ", ".join(str(cell) for cell in best[:_SHOWN_COLUMNS])
    return f"no column {missing}; the file has: {shown}"[:400]


def _name(cell: Cell) -> str:
    return " ".join(str(cell).split()).casefold()


def judge_marks(table: Table) -> None:
    """Find the decimal mark of each column by its unambiguous numbers, else by those of the whole file."""
    settings = table.settings
    whole_file: Counter[str] = Counter()
    votes: dict[str, Counter[str]] = {}
    for column in settings.columns:
        votes[column.field] = Counter()
        for row in table.rows:
            text = table.cell(row, column.field)
            if isinstance(text, str) and len(marks := number_marks(text)) == 1:
                votes[column.field][marks] += 1
        whole_file += votes[column.field]
    common = next(iter(whole_file), "") if len(whole_file) == 1 else ""
    for name, counted in votes.items():
        ranked = counted.most_common(2)
        tie = len(ranked) > 1 and ranked[0][1] == ranked[1][1]
        table.marks[name] = settings.decimal or ("" if tie else ranked[0][0] if ranked else common)
        if len(ranked) > 1 and not settings.decimal:
            table.mixed.add(name)


def read_number(cell: Cell, mark: str, *, is_mixed: bool) -> float | None:
    """Return the number in a cell, None for no value; `ValueError` says why it is neither."""
    if isinstance(cell, bool):
        return float(cell)
    if not isinstance(cell, str):
        return finite(cell)
    text = cell.strip()
    if text.casefold() in NO_VALUE:
        return None
    marks = number_marks(text)
    is_plain = "," not in text and "." not in text
    if is_plain or not marks:
        return parse_decimal(text)
    if mark not in marks or not mark:
        reason = (
            "decimal commas and points are mixed in this column"
            if is_mixed
            else "the decimal mark is not clear"
        )
        raise NumberFormatError(f'{reason}: "{text[:40]}"; set the decimal mark or correct the file')
    if is_mixed and len(marks) > 1:
        raise NumberFormatError(
            f'decimal commas and points are mixed in this column: "{text[:40]}" could mean two'
        )
    return parse_decimal(text, "," if mark == "," else ".")


def read_moment(cells: Sequence[Cell], settings: Settings, series: LocalTimes) -> datetime:
    """Return the time of a row from one cell, or from a date and a time of day."""
    texts = []
    for cell in cells:
        if isinstance(cell, datetime):
            is_midnight = len(cells) > 1 and cell.time() == time()
            texts.append(
                cell.date().isoformat() if is_midnight else cell.isoformat(sep=" ", timespec="seconds")
            )
        elif isinstance(cell, date | time):
            texts.append(cell.isoformat())
        elif isinstance(cell, timedelta):
            texts.append(str(cell))
        else:
            texts.append(str(cell).strip())
    text = " ".join(texts)
    if settings.time_format and any(isinstance(cell, date | time | timedelta) for cell in cells):
        return parse_time(text, settings.zone)
    try:
        return series.parse(text)
    except TimeFormatError:
        if settings.time_format:
            raise
        return parse_time(text, settings.zone)  # a row in another form than the first ones


def usual_formats(table: Table) -> str | Sequence[str] | None:
    """Return the formats of times, the one of the first rows in front: it is tried for every row."""
    if table.settings.time_format:
        return table.settings.time_format
    for row in table.rows[:_HEADER_SEARCH]:
        text = " ".join(str(table.cell(row, column)).strip() for column in table.settings.time)
        for one in FORMATS:
            try:
                parse_time(text, "UTC", one)
            except TimeFormatError:
                continue
            return (one, *FORMATS)
    return None


def is_descending(table: Table, settings: Settings) -> bool:
    """Return whether the newest row stands first."""
    times = []
    for row in (*table.rows[:3], *table.rows[-3:]):
        cells = [table.cell(row, column) for column in settings.time]
        try:
            times.append(read_moment(cells, settings, LocalTimes(settings.zone, settings.time_format)))
        except (ValueError, OverflowError):
            continue
    return len(times) > 1 and times[0] > times[-1]


def _station(row: Sequence[Cell], table: Table, settings: Settings, thing: str) -> Station:
    degrees = []
    for setting in (settings.longitude, settings.latitude):
        cell = table.cell(row, setting) if setting in table.places else setting
        try:
            degrees.append(parse_decimal(cell, None) if isinstance(cell, str) else cell)
        except NumberFormatError:
            degrees.append(None)
    longitude, latitude = position(*degrees)
    return Station(thing=thing, name=thing, longitude=longitude, latitude=latitude)


def _row_items(
    row: Sequence[Cell], number: int, thing: str, moment: datetime, table: Table
) -> Iterator[Item]:
    for column in table.settings.columns:
        cell = table.cell(row, column.field)
        try:
            value = read_number(cell, table.marks[column.field], is_mixed=column.field in table.mixed)
        except ValueError as error:
            yield reject(error, f"row {number}, column {column.field}", cell)
            continue
        if value is not None:
            yield Reading(
                thing=thing,
                observed_property=column.observed_property,
                phenomenon_time=moment,
                result=value,
                unit=column.unit,
            )


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield a station for each place and a reading for each filled cell."""
    settings = Settings.of(context.options)
    delimiter = str(context.options.get("delimiter") or "")
    rows = read_table(
        body,
        delimiter="\t" if delimiter == "tab" else delimiter,
        encoding=str(context.options.get("encoding") or ""),
        sheet=str(context.options.get("sheet") or ""),
    )
    table = find_table(rows, settings)
    judge_marks(table)
    descending, formats = is_descending(table, settings), usual_formats(table)
    series: dict[str, LocalTimes] = {}
    for number, row in enumerate(table.rows, start=table.first_row):
        if not any(str(cell).strip() for cell in row):
            continue
        thing = (
            str(table.cell(row, settings.thing_column)).strip() if settings.thing_column else settings.thing
        )
        if not thing:
            yield reject("the row names no place", f"row {number}, column {settings.thing_column}", row)
            continue
        if thing not in series:
            series[thing] = LocalTimes(settings.zone, formats, descending=descending)
            yield _station(row, table, settings, thing)
        cells = [table.cell(row, column) for column in settings.time]
        try:
            moment = read_moment(cells, settings, series[thing])
        except (TimeFormatError, ValueError, OverflowError) as error:
            yield reject(error, f"row {number}, column {' + '.join(settings.time)}", row)
            continue
        yield from _row_items(row, number, thing, moment, table)


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the address of the file, if it is to be fetched."""
    url = str(options.get("url") or "").strip()
    return [Request(url=url)] if url else []


connector = Connector(
    title=_("Table file (CSV, Excel, OpenDocument)"),
    description=_("Rows of a file at an address or sent to us; you say which column means what."),
    publisher="",
    homepage="https://www.rfc-editor.org/rfc/rfc4180",
    licence="",
    attribution="",
    parse=parse,
    requests=requests,
    webhook=True,
    options=OPTIONS,
    check_options=check_options,
    timezone="Europe/Berlin",
    sample_options={
        "url": "https://example.org/log.csv",
        "columns": [
            "Wasserstand [m] = water_level [m]",
            "Temp. = water_temperature [°C]",
            "Besucher = visitors [1]",
        ],
        "time": "Datum + Uhrzeit",
        "thing_column": "Messstelle",
        "longitude": "Länge",
        "latitude": "Breite",
    },
)
