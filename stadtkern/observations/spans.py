"""Spans of time as addresses name them."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stadtkern.base.errors import BadInput

EARLIEST, LATEST = datetime(1700, 1, 1, tzinfo=ZoneInfo("UTC")), datetime(2200, 1, 1, tzinfo=ZoneInfo("UTC"))
SPANS = {
    "day": (timedelta(days=1), gettext_lazy("Day")),
    "week": (timedelta(days=7), gettext_lazy("Week")),
    "month": (timedelta(days=31), gettext_lazy("Month")),
    "year": (timedelta(days=366), gettext_lazy("Year")),
}
RANGES = {
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "1y": timedelta(days=366),
}
FEWEST_POINTS, MOST_POINTS = 10, 5000


@dataclass(frozen=True, slots=True)
class Asked:
    """The span that an address asks for; None: open."""

    start: datetime | None
    end: datetime | None
    length: timedelta | None = None
    """Length of the span where it has no beginning: `range` out of `RANGES`."""


def asked_span(query: QueryDict) -> Asked:
    """Read `from`, `to` and `range`: dates (the last one included) or times; one without zone is local."""
    asked = Asked(_moment(query, "from", timedelta(0)), _moment(query, "to", timedelta(days=1)))
    if (name := query.get("range", "")) and name not in RANGES:
        raise BadInput(_("“range” must be one of %(names)s.") % {"names": ", ".join(RANGES)})
    if asked.start and asked.end and asked.end <= asked.start:
        raise BadInput(_("“to” must lie after “from”."))
    return replace(asked, length=RANGES.get(name))


def _moment(query: QueryDict, name: str, add: timedelta) -> datetime | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    zone = ZoneInfo(settings.TIME_ZONE)
    try:
        day: date | None = parse_date(text)
        time = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        day = time = None
    if day is not None:
        time = datetime.combine(day + add, datetime.min.time(), zone)
    if time is not None and time.tzinfo is None:
        time = time.replace(tzinfo=zone)
    if time is None or not EARLIEST <= time <= LATEST:
        raise BadInput(
            _("“%(name)s” must be a date such as 2026-01-31 or a time such as 2026-01-31T12:00:00Z.")
            % {"name": name}
        )
    return time


def asked_points(query: QueryDict, default: int = 800) -> int:
    """Read `points`, how many points a chart can show."""
    text = query.get("points", "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and FEWEST_POINTS <= int(text[:9]) <= MOST_POINTS):
        raise BadInput(
            _("“points” must be a number from %(low)d to %(high)d.")
            % {"low": FEWEST_POINTS, "high": MOST_POINTS}
        )
    return int(text)
