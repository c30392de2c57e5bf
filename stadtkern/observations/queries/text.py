"""Observations of a datastream as CSV, in pieces, so that years of data need no memory."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from stadtkern.base.tables import harmless
from stadtkern.base.units import symbol
from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Datastream, ObservedProperty
from stadtkern.observations.quality import QualityFlag, check_names
from stadtkern.observations.queries.groups import GroupMean
from stadtkern.observations.services.archive.reading import pieces
from stadtkern.observations.services.judging import EARLIEST, LATEST

PIECE = 5000
DECIMAL_COMMA = {"de", "pl", "dsb"}
"""Languages whose spreadsheets expect a decimal comma and, for that, semicolons."""


def group_text(observed_property: ObservedProperty, means: Iterable[GroupMean], language: str) -> str:
    """Return means over groups as CSV in one language."""
    has_comma = language in DECIMAL_COMMA
    zone = ZoneInfo(settings.TIME_ZONE)
    unit = symbol(observed_property.unit) or observed_property.unit
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if has_comma else ",")
    with override(language):
        writer.writerow([_("Time"), _("%(what)s, mean") % {"what": observed_property.label}, _("Unit")])
    for one in means:
        number = f"{one.mean:.{max(observed_property.decimals, 0) + 1}f}"
        time = one.start.astimezone(zone).isoformat(sep=" ", timespec="seconds")
        writer.writerow([time, number.replace(".", ",") if has_comma else number, unit])
    return ("\ufeff" if has_comma else "") + out.getvalue()


class CsvText:
    """Writes one datastream as CSV in one language.

    Spreadsheets of the languages with a decimal comma also want the mark of UTF-8 at the beginning.
    """

    def __init__(self, datastream: Datastream, language: str) -> None:
        self.datastream = datastream
        self.language = language
        self.has_comma = language in DECIMAL_COMMA
        self.zone = ZoneInfo(settings.TIME_ZONE)
        with override(language):
            self.flags = {int(flag): str(flag.label) for flag in QualityFlag}
            self.head = [_("Time"), str(datastream.label), _("Unit"), _("Quality"), _("Remarks")]
        self.unit = symbol(datastream.unit) or datastream.unit

    def pieces(self, start: datetime | None, end: datetime | None) -> Iterator[str]:
        """Yield the text of the observations with start <= time < end, oldest first."""
        yield ("\ufeff" if self.has_comma else "") + self._text([self.head])
        after = EARLIEST if start is None else micros(start)
        until = LATEST if end is None else micros(end)
        for rows in pieces(self.datastream.pk, after, until, PIECE):
            with override(self.language):
                yield self._text([self._cells(row.time, row.result, row.quality, row.checks) for row in rows])

    def _cells(self, time: int, result: float, quality: int, checks: int) -> list[str]:
        local = instant(time).astimezone(self.zone)
        number = repr(result).removesuffix(".0")
        if self.has_comma:
            number = number.replace(".", ",")
        remarks = ", ".join(check_names(checks)) if checks else ""
        return [local.isoformat(sep=" ", timespec="seconds"), number, self.unit, self.flags[quality], remarks]

    def _text(self, rows: list[list[str]]) -> str:
        out = io.StringIO()
        csv.writer(out, delimiter=";" if self.has_comma else ",").writerows(
            map(harmless, row) for row in rows
        )
        return out.getvalue()
