"""Spans of time as people say them."""

from datetime import timedelta

from django.utils.duration import duration_iso_string
from django.utils.translation import ngettext

YEAR, MONTH, WEEK = timedelta(days=365), timedelta(days=30), timedelta(weeks=1)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def in_words(span: timedelta) -> str:
    """Return "2 years" or "15 minutes": the largest unit without remainder, else the largest that fits.

    Calendar years and their leap days count as whole years: 1826 days are five of them.
    """
    years = round(span / timedelta(days=365.25))
    if years and abs(span - years * timedelta(days=365.25)) <= max(
        timedelta(days=2), years * timedelta(days=0.3)
    ):
        return ngettext("%(count)d year", "%(count)d years", years) % {"count": years}
    for unit in (MONTH, WEEK, DAY, HOUR, MINUTE):
        if span >= unit and span % unit == timedelta(0):
            return _count(unit, span // unit)
    for unit in (DAY, HOUR, MINUTE):
        if span >= 2 * unit:
            return _count(unit, round(span / unit))
    return _count(timedelta(seconds=1), max(1, round(span.total_seconds())))


def _count(unit: timedelta, count: int) -> str:
    numbers = {"count": count}
    texts = {
        MONTH: ngettext("%(count)d month", "%(count)d months", count),
        WEEK: ngettext("%(count)d week", "%(count)d weeks", count),
        DAY: ngettext("%(count)d day", "%(count)d days", count),
        HOUR: ngettext("%(count)d hour", "%(count)d hours", count),
        MINUTE: ngettext("%(count)d minute", "%(count)d minutes", count),
    }
    return texts.get(unit, ngettext("%(count)d second", "%(count)d seconds", count)) % numbers


def iso(span: timedelta | None) -> str | None:
    """Return the span as ISO 8601 writes it, for machines."""
    return duration_iso_string(span) if span else None
