"""Settings of a JSON source: what an editor fills in, and what is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from stadtkern.base.fields import finite
from stadtkern.base.paths import compile_path
from stadtkern.base.times import is_zone
from stadtkern.contracts.mapping import as_lines, check_meanings, read_meanings
from stadtkern.contracts.option import Option

HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}):\s*([\x20-\x7e]{1,1000})")
PATHS = ("rows", "time", "thing_path", "name_path")

OPTIONS = (
    Option(
        name="url",
        kind="url",
        label=_("Address of the service"),
        help=_("Leave empty if messages are sent to us."),
    ),
    Option(
        name="headers",
        kind="list",
        label=_("Request headers"),
        help=_("One line for each, such as “X-Api-Key: 1234”. Usually empty."),
    ),
    Option(
        name="rows",
        kind="text",
        label=_("Path to the rows"),
        help=_(
            "JMESPath of the list whose entries hold the values, such as “data.stations”. "
            "Empty: the whole answer."
        ),
    ),
    Option(
        name="values",
        kind="list",
        label=_("Fields with values"),
        help=_(
            "One line for each: path within the row = property [unit]. "
            "Examples: “level.value = water_level [cm]”, “visitors = visitors [1]”."
        ),
        required=True,
    ),
    Option(
        name="time",
        kind="text",
        label=_("Path to the time"),
        help=_("Within the row. Empty: the time at which we received the answer."),
    ),
    Option(
        name="time_format",
        kind="text",
        label=_("Form of the time"),
        help=_(
            "Empty: found out. “unix” for seconds or milliseconds since 1970 in a text. "
            "Else like %d.%m.%Y %H:%M."
        ),
    ),
    Option(
        name="timezone",
        kind="text",
        label=_("Time zone"),
        help=_("Of times without one, such as Europe/Berlin or UTC."),
        default="Europe/Berlin",
    ),
    Option(
        name="thing_path",
        kind="text",
        label=_("Path to the key of the place or device"),
        help=_("A number or short name that never changes. Leave empty if there is only one."),
    ),
    Option(
        name="thing", kind="text", label=_("Name of the place or device"), help=_("If there is only one.")
    ),
    Option(name="name_path", kind="text", label=_("Path to the name of the place or device")),
    Option(
        name="longitude",
        kind="text",
        label=_("Longitude"),
        help=_("In degrees east, or the path to it."),
    ),
    Option(name="latitude", kind="text", label=_("Latitude"), help=_("In degrees north, or the path to it.")),
    Option(
        name="decimal",
        kind="choice",
        label=_("Decimal mark of numbers that are sent as text"),
        choices=((".", _("Point: 12.5")), (",", _("Comma: 12,5"))),
        default=".",
    ),
)


def read_headers(value: object) -> dict[str, str]:
    """Return the request headers; `ValueError` names the line that is none."""
    headers = {}
    for number, line in enumerate(as_lines(value), start=1):
        match = HEADER.fullmatch(line)
        if not match:
            raise ValueError(f'headers, line {number}: write it as "Name: value"')
        headers[match[1]] = match[2]
    return headers


def _named_paths(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return all paths in the settings with the name of their setting."""
    named = [(name, str(options.get(name) or "").strip()) for name in PATHS]
    for name in ("longitude", "latitude"):
        text = str(options.get(name) or "").strip()
        try:
            finite(text)
        except ValueError:
            named.append((name, text))
    if not check_meanings(options, "values"):
        meanings = read_meanings(options.get("values"))
        named += [
            (f"values, line {number}", meaning.field) for number, meaning in enumerate(meanings, start=1)
        ]
    return [(name, path) for name, path in named if path]


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    problems = check_meanings(options, "values")
    for name, path in _named_paths(options):
        try:
            compile_path(path)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    try:
        read_headers(options.get("headers"))
    except ValueError as error:
        problems.append(str(error))
    zone = str(options.get("timezone") or "Europe/Berlin")
    if not is_zone(zone):
        problems.append(f'timezone: "{zone[:40]}" is not a time zone; write it like Europe/Berlin')
    if not (options.get("thing") or options.get("thing_path")):
        problems.append("thing: name the place, or the path to its key")
    time_format = str(options.get("time_format") or "")
    if time_format and time_format != "unix" and "%" not in time_format:
        problems.append('time_format: write "unix", or a form with percent signs like %d.%m.%Y %H:%M')
    return problems
