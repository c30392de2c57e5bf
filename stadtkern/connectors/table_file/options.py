"""Settings of a table source: what an editor fills in, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from stadtkern.base.times import is_zone
from stadtkern.contracts.mapping import check_meanings
from stadtkern.contracts.option import Option

OPTIONS = (
    Option(
        name="url",
        kind="url",
        label=_("Address of the file"),
        help=_("Leave empty if the file is sent to us or uploaded."),
    ),
    Option(
        name="columns",
        kind="list",
        label=_("Columns with values"),
        help=_(
            "One line for each column: name of the column = property [unit]. "
            "Examples: “Pegel = water_level [cm]”, “Besucher = visitors [1]”."
        ),
        required=True,
    ),
    Option(
        name="time",
        kind="text",
        label=_("Column with the time"),
        help=_(
            "If date and time of day stand in two columns, join them with a plus sign: “Datum + Uhrzeit”."
        ),
        required=True,
    ),
    Option(
        name="time_format",
        kind="text",
        label=_("Form of the time"),
        help=_(
            "Empty: found out, such as 2026-11-23 14:30 or 23.11.2026 14:30. Otherwise like %d.%m.%Y %H:%M."
        ),
    ),
    Option(
        name="timezone",
        kind="text",
        label=_("Time zone"),
        help=_("In which the file writes its times, such as Europe/Berlin or UTC."),
        default="Europe/Berlin",
    ),
    Option(
        name="thing_column",
        kind="text",
        label=_("Column with the place or device"),
        help=_("Leave empty if the whole file belongs to one place."),
    ),
    Option(
        name="thing", kind="text", label=_("Name of the place or device"), help=_("If no column names it.")
    ),
    Option(
        name="longitude",
        kind="text",
        label=_("Longitude"),
        help=_("In degrees east, or the name of the column that holds it."),
    ),
    Option(
        name="latitude",
        kind="text",
        label=_("Latitude"),
        help=_("In degrees north, or the name of the column that holds it."),
    ),
    Option(
        name="decimal",
        kind="choice",
        label=_("Decimal mark"),
        choices=(("", _("Find out")), (",", _("Comma: 12,5")), (".", _("Point: 12.5"))),
        default="",
    ),
    Option(
        name="delimiter",
        kind="choice",
        label=_("Cells are parted by"),
        choices=(
            ("", _("Find out")),
            (";", _("Semicolon")),
            (",", _("Comma")),
            ("tab", _("Tab")),
            ("|", _("Vertical line")),
        ),
        default="",
    ),
    Option(
        name="encoding",
        kind="choice",
        label=_("Encoding of the text"),
        choices=(
            ("", _("Find out")),
            ("utf-8", "UTF-8"),
            ("cp1252", "Windows-1252"),
            ("iso-8859-15", "ISO 8859-15"),
            ("iso-8859-2", "ISO 8859-2"),
            ("cp1250", "Windows-1250"),
            ("utf-16", "UTF-16"),
        ),
        default="",
    ),
    Option(
        name="header_row",
        kind="number",
        label=_("Row with the names of the columns"),
        help=_("Counted from 1. Empty: the first row in which all named columns stand."),
    ),
    Option(
        name="sheet",
        kind="text",
        label=_("Sheet of the workbook"),
        help=_("Empty: the first one with content."),
    ),
)


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    problems = check_meanings(options, "columns")
    if not str(options.get("time") or "").strip():
        problems.append("time: name the column with the time")
    zone = str(options.get("timezone") or "Europe/Berlin")
    if not is_zone(zone):
        problems.append(f'timezone: "{zone[:40]}" is not a time zone; write it like Europe/Berlin')
    if not (options.get("thing") or options.get("thing_column")):
        problems.append("thing: name the place, or the column with its name")
    time_format = str(options.get("time_format") or "")
    if time_format and "%" not in time_format:
        problems.append("time_format: write it with percent signs, like %d.%m.%Y %H:%M")
    header = options.get("header_row")
    if header not in (None, "") and not str(header).removesuffix(".0").isdigit():
        problems.append("header_row: must be a whole number")
    return problems
