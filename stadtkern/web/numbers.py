"""Numbers with their unit, times in words; in the active language."""

from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from stadtkern.base import clock
from stadtkern.base.units import symbol

THIN_SPACE, NO_BREAK_SPACE = "\u202f", "\u00a0"
CLOSE_UNITS = frozenset("°'\"")
MINUTE, HOUR, DAY = 60, 3600, 86400
LONG_AGO = timedelta(days=30)


def number_text(value: float, unit: str = "", decimals: int = 0) -> str:
    """Return the number as the active language writes it, with the sign of its UCUM unit.

    The minus is a real minus; unit and number never part at the end of a line.
    """
    text = formats.number_format(round(value, decimals) + 0.0, decimals, use_l10n=True, force_grouping=True)
    text = text.replace("-", "\u2212", 1)
    sign = symbol(unit) if unit and unit != "1" else ""
    if not sign:
        return text
    return f"{text}{sign}" if sign in CLOSE_UNITS else f"{text}{NO_BREAK_SPACE}{sign}"


def ago_text(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago (or how soon) a time is, in words, in steps a person thinks in."""
    seconds = ((now or clock.now()) - moment).total_seconds()
    past, span = seconds >= 0, abs(seconds)
    if span < MINUTE:
        return _("just now") if past else _("in a moment")
    if timedelta(seconds=span) > LONG_AGO:
        return formats.date_format(timezone.localtime(moment), "DATE_FORMAT")
    if span < HOUR:
        count = int(span // MINUTE)
        form = ngettext("%(count)d minute ago", "%(count)d minutes ago", count)
        coming = ngettext("in %(count)d minute", "in %(count)d minutes", count)
    elif span < DAY:
        count = int(span // HOUR)
        form = ngettext("%(count)d hour ago", "%(count)d hours ago", count)
        coming = ngettext("in %(count)d hour", "in %(count)d hours", count)
    else:
        count = int(span // DAY)
        form = ngettext("%(count)d day ago", "%(count)d days ago", count)
        coming = ngettext("in %(count)d day", "in %(count)d days", count)
    return (form if past else coming) % {"count": count}


def moment_text(moment: datetime) -> str:
    """Return a time in full, local, such as `23 November 2026, 14:05`."""
    local = timezone.localtime(moment)
    date, time = formats.date_format(local, "DATE_FORMAT"), formats.date_format(local, "H:i")
    # Translators: date and time of day, such as "23. November 2026, 14:05 Uhr"
    return pgettext("date and time", "%(date)s, %(time)s") % {"date": date, "time": time}
