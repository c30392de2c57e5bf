"""Files, rows and changes as the pages of the back office show them."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import xlsxwriter
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.formats import date_format, number_format, time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from stadtkern.catalogue import words
from stadtkern.catalogue.models import Version
from stadtkern.tables import Plan, TableError
from stadtkern.tables import preview as preview_file

SHEETS = ("csv", "xlsx")
COUNTS = ("added", "removed", "changed")
PREVIEWED = 12
SHOWN_CHANGES = 20
LONGEST = 120
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Line:
    """A row that was left out."""

    row: str
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of lines; the number of all is known only at the end of the file."""

    lines: list[Line]
    number: int
    has_next: bool

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before."""
        return self.number > 1


@dataclass(frozen=True, slots=True)
class Preview:
    """First rows as they would be read."""

    headings: list[str]
    rows: list[list[str]]
    rejects: list[Line]
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something about a file that the editor should know."""

    number: int
    text: str
    severity: str
    has_fix: bool


def value(found: object) -> str:  # noqa: PLR0911  # one for each type
    """Return a value as people write it in the active language."""
    match found:
        case None:
            return "–"
        case bool():
            return _("yes") if found else _("no")
        case datetime():
            return date_format(localtime(found) if found.tzinfo else found, "SHORT_DATETIME_FORMAT")
        case date():
            return date_format(found, "SHORT_DATE_FORMAT")
        case time():
            return time_format(found)
        case float():
            return number_format(int(found) if found.is_integer() else Decimal(repr(round(found, 6))))
        case int():
            return number_format(found)
        case dict() if "type" in found and "coordinates" in found:
            return _place(found)
    text = str(found)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _place(geometry: dict[str, Any]) -> str:
    if geometry["type"] == "Point":
        longitude, latitude = geometry["coordinates"][:2]
        return f"{number_format(latitude, 5)}, {number_format(longitude, 5)}"
    return str(geometry["type"])


def problems(version: Version) -> list[Oddity]:
    """Return what is odd about the file, errors first."""
    found = [
        Oddity(number, words.problem(one), one.get("severity", "warning"), bool(one.get("fix")))
        for number, one in enumerate(version.findings.get("problems", []))
    ]
    rank = {"error": 0, "warning": 1}
    return sorted(found, key=lambda one: rank.get(one.severity, 2))


def preview(version: Version, plan: Plan) -> Preview:
    """Return the first rows of a file, read by a plan."""
    kept = [column for column in plan.columns if column.is_kept]
    headings = [
        f"{one.title or one.name} [{one.unit}]" if one.unit else one.title or one.name for one in kept
    ]
    try:
        found = preview_file(version.source_path, plan, limit=PREVIEWED)
    except (TableError, OSError) as error:
        code, facts = getattr(error, "code", ""), getattr(error, "facts", {})
        return Preview(headings, [], [], words.failure(code, facts, str(error)))
    rows = [[value(one) for one in row] for row in found.rows[:PREVIEWED]]
    if rows and len(rows[0]) == len(headings) + 1:
        headings.append(_("place on the map"))
    titles = {one.name: one.title or one.name for one in plan.columns}
    rejects = [
        Line(str(one.row), titles.get(one.column, one.column), one.value[:LONGEST], words.reject(one.code))
        for one in found.rejects[:PREVIEWED]
    ]
    return Preview(headings, rows, rejects)


def _title(column: Mapping[str, Any]) -> str:
    return str(column.get("title") or column.get("name"))


def difference(version: Version) -> dict[str, Any]:
    """Return what changed against the version before, as the page shows it; empty if there is none."""
    found = version.difference
    if not found:
        return {}
    return {
        **found,
        "columns_added": [_title(one) for one in found.get("columns_added", [])],
        "columns_removed": [_title(one) for one in found.get("columns_removed", [])],
        "columns_changed": [
            {"name": _title(after), **{when: words.KIND_NAMES.get(one["kind"]) for when, one in pair}}
            for before, after in found.get("columns_changed", [])
            for pair in [(("before", before), ("after", after))]
        ],
        "changed_rows": [
            {"key": ", ".join(map(str, one["key"])),
             "cells": [(column, *map(value, pair)) for column, pair in one["values"].items()]}
            for one in found.get("changed_rows", [])[:SHOWN_CHANGES]
        ],
        "is_same": not any(
            found.get(one) for one in ("columns_added", "columns_removed", "columns_changed", *COUNTS)
        ),
    }  # fmt: skip


def rejected(version: Version) -> Iterator[Line]:
    """Yield the rows that were left out."""
    path: Path = version.rejected_path
    if not path.is_file():
        return
    titles = {one["name"]: one["title"] or one["name"] for one in version.plan.get("columns", [])}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = row.get("column") or ""
            yield Line(
                row.get("row") or "",
                titles.get(name, name),
                row.get("value") or "",
                words.reject(row.get("code") or ""),
            )


def rejected_page(version: Version, number: int, size: int) -> Sheet:
    """Return a page of the quarantine sheet."""
    number = max(number, 1)
    first = (number - 1) * size
    lines = list(islice(rejected(version), first, first + size + 1))
    return Sheet(lines[:size], number, len(lines) > size)


def _headings() -> list[str]:
    return [_("Row"), _("Column"), _("Value"), _("Reason")]


def sheet(version: Version, form: str) -> HttpResponseBase:
    """Return the whole quarantine sheet as CSV (as Excel wants it) or XLSX."""
    name = f"{version.distribution.name}-{version.number}-rejected.{form}"
    if form == "csv":
        answer = StreamingHttpResponse(_csv_lines(version), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
    file = SpooledTemporaryFile(max_size=10_000_000)  # noqa: SIM115  # the answer closes it
    book = xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    page = book.add_worksheet()
    page.write_row(0, 0, _headings())
    for number, line in enumerate(islice(rejected(version), 1_048_000), start=1):
        page.write_row(number, 0, [line.row, line.column, line.value[:32_000], line.reason])
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name)


class _Echo:
    """Hands back what is written to it."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def _csv_lines(version: Version) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    yield "\ufeff" + writer.writerow(_headings())
    for line in rejected(version):
        yield writer.writerow([line.row, line.column, _harmless(line.value), line.reason])


def _harmless(text: str) -> str:
    """Return a value that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
