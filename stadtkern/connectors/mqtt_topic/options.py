"""Settings of an MQTT topic: pattern, meaning of the payload, and what is wrong with them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from stadtkern.base.paths import compile_path
from stadtkern.base.times import is_zone
from stadtkern.contracts.mapping import check_meanings, read_meanings
from stadtkern.contracts.option import Option

NAMED = re.compile(r"\{([a-z]+)\}")
NAMES = ("thing", "property")

OPTIONS = (
    Option(
        name="topic",
        kind="text",
        label=_("Topic"),
        help=_(
            "Such as “town/{thing}/{property}”: {thing} stands for the place or device, "
            "{property} for what is measured. + stands for any one part, # at the end for all further parts."
        ),
        required=True,
    ),
    Option(
        name="values",
        kind="list",
        label=_("What the values mean"),
        help=_(
            "With {property} in the topic: one line for each of its names, such as "
            "“temp = air_temperature [°C]”. Otherwise one line for each path in the JSON, such as "
            "“water.level = water_level [cm]”; for a plain number a single line “value = water_level [cm]”."
        ),
        required=True,
    ),
    Option(
        name="payload",
        kind="choice",
        label=_("Messages hold"),
        choices=(("number", _("A plain number")), ("json", "JSON")),
        default="number",
    ),
    Option(
        name="value",
        kind="text",
        label=_("Path to the value"),
        help=_("Only for JSON with {property} in the topic. Empty: the field “value”."),
    ),
    Option(
        name="time",
        kind="text",
        label=_("Path to the time"),
        help=_("Only for JSON. Empty: the time at which we received the message."),
    ),
    Option(
        name="timezone",
        kind="text",
        label=_("Time zone"),
        help=_("Of times without one, such as Europe/Berlin or UTC."),
        default="UTC",
    ),
    Option(
        name="thing",
        kind="text",
        label=_("Name of the place or device"),
        help=_("If the topic has no {thing}."),
    ),
    Option(
        name="longitude",
        kind="text",
        label=_("Longitude"),
        help=_("In degrees east. Only for a single place."),
    ),
    Option(
        name="latitude",
        kind="text",
        label=_("Latitude"),
        help=_("In degrees north. Only for a single place."),
    ),
)


def text(options: Mapping[str, Any], name: str, default: str = "") -> str:
    """Return a setting as trimmed text."""
    value = options.get(name)
    return str(value).strip() if isinstance(value, str | int | float) and str(value).strip() else default


def is_json(options: Mapping[str, Any]) -> bool:
    """Return whether messages hold JSON."""
    return text(options, "payload", "number") == "json"


def check_topic(pattern: str) -> list[str]:
    """Return what is wrong with a topic pattern."""
    if not pattern:
        return ["topic: write the topic, such as town/{thing}/{property}"]
    problems = []
    parts = pattern.split("/")
    for place, part in enumerate(parts):
        named = NAMED.fullmatch(part)
        if named and named[1] not in NAMES:
            problems.append(f"topic: {part} is unknown; use {{thing}} or {{property}}")
        elif not named and ("{" in part or "}" in part):
            problems.append(f'topic: "{part[:40]}" mixes a name in braces with other characters')
        elif part != "+" and "+" in part:
            problems.append(f'topic: "+" must stand alone, not in "{part[:40]}"')
        elif "#" in part and (part != "#" or place != len(parts) - 1):
            problems.append('topic: "#" must stand alone at the end')
    problems += [f"topic: {{{name}}} stands twice" for name in NAMES if parts.count(f"{{{name}}}") > 1]
    return problems


def _check_paths(options: Mapping[str, Any]) -> list[str]:
    paths = [(name, text(options, name)) for name in ("value", "time")]
    if is_json(options) and "{property}" not in text(options, "topic"):
        paths += [("values", meaning.field) for meaning in read_meanings(options.get("values"))]
    problems = []
    for name, path in paths:
        try:
            if path:
                compile_path(path)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    return problems


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    pattern = text(options, "topic")
    problems = check_topic(pattern) + check_meanings(options, "values")
    if "{thing}" not in pattern and not text(options, "thing"):
        problems.append("thing: name the place, or put {thing} into the topic")
    zone = text(options, "timezone", "UTC")
    if not is_zone(zone):
        problems.append(f'timezone: "{zone[:40]}" is not a time zone; write it like Europe/Berlin')
    if problems:
        return problems
    if "{property}" not in pattern and not is_json(options) and len(read_meanings(options.get("values"))) > 1:
        return ["values: a plain number has one meaning; write one line, or put {property} into the topic"]
    return _check_paths(options)
