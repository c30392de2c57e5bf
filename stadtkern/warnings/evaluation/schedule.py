"""When a rule applies: a period of validity, months, days of the week and hours, by the local clock."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from stadtkern.observations.fields import instant, micros
from stadtkern.warnings.evaluation.conditions import FAR, NO_TIMES, Mask, Times

DAY_MINUTES = 24 * 60
EVERY_DAY = frozenset(range(7))
EVERY_MONTH = frozenset(range(1, 13))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Limits in time; nothing set: always. Minutes count from midnight; `until` may lie before `since`."""

    zone: str = "UTC"
    valid_from: int = -FAR
    valid_to: int = FAR
    months: frozenset[int] = field(default=EVERY_MONTH)
    weekdays: frozenset[int] = field(default=EVERY_DAY)
    """0 is Monday."""
    since: int = 0
    until: int = DAY_MINUTES

    @property
    def is_always(self) -> bool:
        """Whether days and hours are not limited."""
        whole_day = self.since == 0 and self.until == DAY_MINUTES
        return whole_day and self.weekdays == EVERY_DAY and self.months == EVERY_MONTH

    def allows(self, times: Times) -> Mask:
        """Return whether the rule applies at each of the rising `times`."""
        inside = (times >= self.valid_from) & (times < self.valid_to)
        if self.is_always or not len(times):
            return inside
        starts, ends = self.windows(int(times[0]), int(times[-1]))
        found = np.searchsorted(starts, times, side="right") - 1
        within: Mask = (found >= 0) & (times < ends[np.maximum(found, 0)]) if len(starts) else inside & False
        return inside & within

    def edges(self, first: int, last: int) -> Times:
        """Return the moments with first < moment <= last at which it begins or ends to apply."""
        marks = np.array([self.valid_from, self.valid_to], dtype=np.int64)
        if not self.is_always:
            marks = np.concatenate((marks, *self.windows(first, last)))
        kept = marks[(marks > first) & (marks <= last)]
        return np.unique(kept) if len(kept) else NO_TIMES

    def next_edge(self, after: int) -> int:
        """Return the next moment at which it begins or ends to apply; far away if there is none soon."""
        days = 2 if self.months == EVERY_MONTH else 370
        found = self.edges(after, after + days * 86_400_000_000)
        return int(found[0]) if len(found) else FAR

    def windows(self, first: int, last: int) -> tuple[Times, Times]:
        """Return starts and ends of the spans of daily validity that touch the time between the two."""
        zone = ZoneInfo(self.zone)
        day = instant(first).astimezone(zone).date() - timedelta(days=1)
        final = instant(last).astimezone(zone).date() + timedelta(days=1)
        starts, ends = [], []
        while day <= final:
            if day.weekday() in self.weekdays and day.month in self.months:
                starts.append(_moment(day, self.since, zone))
                over = 0 if self.until > self.since else 1
                ends.append(_moment(day + timedelta(days=over), self.until, zone))
            day += timedelta(days=1)
        return np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)


ALWAYS = Schedule()


def _moment(day: date, minutes: int, zone: ZoneInfo) -> int:
    """Return a time of a local day; 24:00 is the midnight after it."""
    extra, minute = divmod(minutes, DAY_MINUTES)
    local = day + timedelta(days=extra)
    return micros(datetime(local.year, local.month, local.day, minute // 60, minute % 60, tzinfo=zone))
