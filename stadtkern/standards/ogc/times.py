"""Times: the parameter `datetime` (17-069r4 section 7.15.4) and the temporal functions of CQL2."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from stadtkern.features.boxes import Span
from stadtkern.standards.ogc.errors import BadParameter

DAY_LETTERS, ENDS = 10, 2
_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2}))?", re.ASCII
)
OPEN = {"", ".."}


@dataclass(frozen=True, slots=True)
class Instants:
    """Start and end of a time; None is open."""

    start: Any
    end: Any
    is_literal: bool = True
    is_text: bool = False
    """Whether the database keeps it as text."""


def instant(text: str, parameter: str, *, is_end: bool = False) -> datetime:
    """Return a time (RFC 3339); a date is its first, with `is_end` its last moment in UTC.

    Raises
    ------
    BadParameter
        if it is none.
    """
    wrong = BadParameter(f"{parameter}: {text[:60]!r} is no time; write 2026-11-24T12:00:00Z or 2026-11-24")
    if not _TIME.fullmatch(text):
        raise wrong
    try:
        found = datetime.fromisoformat(text.upper().replace(" ", "T"))
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
            if is_end and len(text) == DAY_LETTERS:
                found += timedelta(days=1, microseconds=-1)
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise wrong from error


def span(text: str, parameter: str = "datetime") -> Span:
    """Return a time or an interval such as `2026-01-01T00:00:00Z/..`.

    Raises
    ------
    BadParameter
        if it is none.
    """
    first, slash, last = text.partition("/")
    if not slash:
        return Span(instant(first, parameter), instant(first, parameter, is_end=True))
    if "/" in last or (first in OPEN and last in OPEN):
        raise BadParameter(f"{parameter}: an interval has a start, an end or both, such as 2026-01-01/..")
    start = None if first in OPEN else instant(first, parameter)
    end = None if last in OPEN else instant(last, parameter, is_end=True)
    if start is not None and end is not None and start > end:
        raise BadParameter(f"{parameter}: the interval ends before it begins")
    return Span(start, end)


def literal_times(node: Mapping[str, Any]) -> Instants:
    """Return a time that is written out in an expression."""
    if "interval" in node:
        values = node["interval"]
        if (
            not isinstance(values, list)
            or len(values) != ENDS
            or not all(isinstance(v, str | dict) for v in values)
        ):
            raise BadParameter("filter: an interval has a start and an end")
        first, last = (_text(value) for value in values)
        return Instants(
            None if first in OPEN else instant(first, "filter"),
            None if last in OPEN else instant(last, "filter", is_end=True),
        )
    text = node.get("timestamp", node.get("date"))
    if not isinstance(text, str):
        raise BadParameter("filter: a time is expected, such as TIMESTAMP('2026-11-24T12:00:00Z')")
    return Instants(instant(text, "filter"), instant(text, "filter", is_end=True))


def _text(value: Any) -> str:  # noqa: ANN401  # JSON
    if isinstance(value, dict):
        value = value.get("timestamp", value.get("date"))
    if not isinstance(value, str):
        raise BadParameter("filter: the ends of an interval are times")
    return value


# 21-065r2 table 8; a is the first time, b the second, 1 its start, 2 its end
RELATIONS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "t_after": (("a1", ">", "b2"),),
    "t_before": (("a2", "<", "b1"),),
    "t_contains": (("a1", "<", "b1"), ("a2", ">", "b2")),
    "t_during": (("a1", ">", "b1"), ("a2", "<", "b2")),
    "t_equals": (("a1", "=", "b1"), ("a2", "=", "b2")),
    "t_finishedby": (("a1", "<", "b1"), ("a2", "=", "b2")),
    "t_finishes": (("a1", ">", "b1"), ("a2", "=", "b2")),
    "t_intersects": (("a1", "<=", "b2"), ("a2", ">=", "b1")),
    "t_meets": (("a2", "=", "b1"),),
    "t_metby": (("a1", "=", "b2"),),
    "t_overlappedby": (("a1", ">", "b1"), ("a1", "<", "b2"), ("a2", ">", "b2")),
    "t_overlaps": (("a1", "<", "b1"), ("a2", ">", "b1"), ("a2", "<", "b2")),
    "t_startedby": (("a1", "=", "b1"), ("a2", ">", "b2")),
    "t_starts": (("a1", "=", "b1"), ("a2", "<", "b2")),
}
TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}


def compared(name: str, one: Instants, other: Instants) -> Q:
    """Return the condition of a temporal function."""
    if name == "t_disjoint":
        return ~compared("t_intersects", one, other)
    if name not in RELATIONS:
        raise BadParameter(f"filter: {name[:40]!r} is not offered here")
    if one.is_literal and other.is_literal:
        raise BadParameter(f"filter: {name} compares a property")
    ends = {"a1": one.start, "a2": one.end, "b1": other.start, "b2": other.end}
    is_text = one.is_text or other.is_text
    found = Q()
    for left, sign, right in RELATIONS[name]:
        found &= _relation(left, sign, right, ends, is_text=is_text)
    return found


def _relation(left: str, sign: str, right: str, ends: Mapping[str, Any], *, is_text: bool) -> Q:
    a, b = ends[left], ends[right]
    if a is None or b is None:
        return Q() if _with_open(left, sign, right, ends) else Q(pk__in=[])
    if isinstance(a, datetime):
        a, b, sign = b, a, TURNED[sign]
    if isinstance(b, datetime) and is_text:
        b = b.isoformat().replace("+00:00", "Z").removesuffix("T00:00:00Z")
    if isinstance(a, F):
        return Q(
            **{f"{a.name}{ {'<': '__lt', '>': '__gt', '<=': '__lte', '>=': '__gte', '=': ''}[sign] }": b}
        )
    if sign in {"<=", ">="}:
        return Q({"<=": LessThanOrEqual, ">=": GreaterThanOrEqual}[sign](a, b))
    return Q({"<": LessThan, ">": GreaterThan, "=": Exact}[sign](a, b))


def _with_open(left: str, sign: str, right: str, ends: Mapping[str, Any]) -> bool:
    """Return what holds where an end is open: a start before all times, an end after them."""
    places = [0 if ends[end] is not None else (-1 if end.endswith("1") else 1) for end in (left, right)]
    return {"<": places[0] < places[1], ">": places[0] > places[1], "=": places[0] == places[1]}.get(
        sign, places[0] <= places[1] if sign == "<=" else places[0] >= places[1]
    )
