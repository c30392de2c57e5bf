"""The sky in words, by WMO code."""

from bisect import bisect_right

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

CLEAR, CLOUDY = 30.0, 85.0
"""Cloud cover in percent below which the sky counts as clear, and from which as overcast."""

# Codes 0 to 99 of WMO table 4677 as MOSMIX uses them: first code of each kind of weather.
KINDS = (
    (0, ""),
    (45, gettext_noop("fog")),
    (50, gettext_noop("drizzle")),
    (56, gettext_noop("freezing drizzle")),
    (58, gettext_noop("drizzle")),
    (60, gettext_noop("light rain")),
    (63, gettext_noop("rain")),
    (66, gettext_noop("freezing rain")),
    (68, gettext_noop("sleet")),
    (70, gettext_noop("light snow")),
    (73, gettext_noop("snow")),
    (80, gettext_noop("showers")),
    (83, gettext_noop("sleet showers")),
    (85, gettext_noop("snow showers")),
    (87, gettext_noop("hail showers")),
    (91, gettext_noop("rain after a thunderstorm")),
    (95, gettext_noop("thunderstorm")),
)
STARTS = [start for start, _word in KINDS]
HIGHEST = 99


SNOW_BELOW = 1.0
"""Degrees Celsius below which what falls is taken for snow, where no code tells it."""


def fall_words(amount: float | None, temperature: float | None, *, least: float = 0.1) -> str:
    """Return what falls from the sky in words, where no code tells it; empty below `least` millimetres."""
    if amount is None or amount < least:
        return ""
    return _("snow") if temperature is not None and temperature < SNOW_BELOW else _("rain")


def sky_words(code: float | None, cloud_cover: float | None) -> str:
    """Return the weather in one or two words; empty if nothing is known."""
    if code is not None and 0 <= code <= HIGHEST:
        word = KINDS[bisect_right(STARTS, int(code)) - 1][1]
        if word:
            return _(word)
    if cloud_cover is None:
        return _("dry") if code is not None else ""
    if cloud_cover < CLEAR:
        return _("clear sky")
    return _("overcast") if cloud_cover >= CLOUDY else _("cloudy")
