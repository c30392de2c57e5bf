"""The published scheme of quality flags: IODE primary flags as QARTOD uses them, and the tests behind.

https://ioos.noaa.gov/project/qartod/ ; IOC Manuals and Guides 54, volume 3.
"""

from enum import IntFlag

from django.db.models import IntegerChoices
from django.utils.translation import gettext_lazy as _


class QualityFlag(IntegerChoices):
    """The one verdict on an observation."""

    GOOD = 1, _("good")
    NOT_EVALUATED = 2, _("not evaluated")
    QUESTIONABLE = 3, _("questionable")
    BAD = 4, _("bad")
    MISSING = 9, _("missing")


class Check(IntFlag):
    """The tests that an observation failed, and what its source says; kept in `Observation.checks`."""

    RANGE = 1
    SPIKE = 2
    STEP = 4
    STUCK = 8
    GAP = 16
    """Values are missing right before this one."""
    NEIGHBOUR = 32
    FUTURE = 64
    OLD = 128
    """More than ten years old when it came in."""
    EDITOR_GOOD = 256
    """A person looked at it; that counts more than all tests."""
    EDITOR_QUESTIONABLE = 512
    SOURCE_GOOD = 1024
    SOURCE_QUESTIONABLE = 2048
    SOURCE_BAD = 4096
    EDITOR_BAD = 8192


CHECK_NAMES = {
    Check.RANGE: _("outside the plausible range"),
    Check.SPIKE: _("single spike"),
    Check.STEP: _("changes too fast"),
    Check.STUCK: _("does not change any more"),
    Check.GAP: _("values before it are missing"),
    Check.NEIGHBOUR: _("does not fit its neighbours"),
    Check.FUTURE: _("lies in the future"),
    Check.OLD: _("came in years late"),
    Check.EDITOR_GOOD: _("found good by a person"),
    Check.EDITOR_QUESTIONABLE: _("found questionable by a person"),
    Check.EDITOR_BAD: _("found bad by a person"),
    Check.SOURCE_GOOD: _("good according to the source"),
    Check.SOURCE_QUESTIONABLE: _("questionable according to the source"),
    Check.SOURCE_BAD: _("bad according to the source"),
}
EDITOR = Check.EDITOR_GOOD | Check.EDITOR_QUESTIONABLE | Check.EDITOR_BAD
SOURCE = Check.SOURCE_GOOD | Check.SOURCE_QUESTIONABLE | Check.SOURCE_BAD
FROM_SOURCE = {
    "": Check(0),
    "good": Check.SOURCE_GOOD,
    "questionable": Check.SOURCE_QUESTIONABLE,
    "bad": Check.SOURCE_BAD,
}
_BAD = int(Check.RANGE | Check.SOURCE_BAD)
_QUESTIONABLE = int(
    Check.SPIKE | Check.STEP | Check.STUCK | Check.NEIGHBOUR | Check.FUTURE | Check.SOURCE_QUESTIONABLE
)
USELESS = (int(QualityFlag.BAD), int(QualityFlag.MISSING))
"""Flags whose values enter neither rollups nor aggregates; the observations themselves stay."""


def verdict(checks: int, *, tested: bool) -> int:
    """Return the flag that follows from the failed tests in `checks`.

    A gap or a great age says nothing against the value itself.
    """
    if checks & EDITOR:
        return _verdict_of_editor(checks)
    if checks & _BAD:
        return int(QualityFlag.BAD)
    if checks & _QUESTIONABLE:
        return int(QualityFlag.QUESTIONABLE)
    if tested or checks & Check.SOURCE_GOOD:
        return int(QualityFlag.GOOD)
    return int(QualityFlag.NOT_EVALUATED)


def _verdict_of_editor(checks: int) -> int:
    if checks & Check.EDITOR_BAD:
        return int(QualityFlag.BAD)
    return int(QualityFlag.QUESTIONABLE if checks & Check.EDITOR_QUESTIONABLE else QualityFlag.GOOD)


def check_names(checks: int) -> list[str]:
    """Return what is to be said about an observation with `checks`, in the active language."""
    return [str(name) for check, name in CHECK_NAMES.items() if checks & check]
