"""Marking ranges of values, and taking that back."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.observations.models import Datastream
from stadtkern.observations.services.control import judge_span
from stadtkern.observations.upkeep.models import QualityMark
from stadtkern.people.models import User

LONGEST = timedelta(days=3 * 366)


def mark_range(  # noqa: PLR0913  # each by its name
    stream: Datastream, *, start: datetime, end: datetime, flag: int, comment: str, by: User
) -> int:
    """Say that all values with start <= time < end are good, questionable or bad; return how many changed.

    Rollups and latest values follow. Values that come in later for the same time get the mark, too.

    Raises
    ------
    NotPermitted
        if the person is neither editor nor analyst.
    BadInput
        if the range is empty or longer than three years, the comment is missing, or it is a forecast.
    """
    _require(by)
    if stream.is_forecast:
        raise BadInput(_("Forecasts are not judged."))
    if not start < end:
        raise BadInput(_("The end must come after the beginning."))
    if end - start > LONGEST:
        raise BadInput(_("Mark at most three years at once."))
    if not comment.strip():
        raise BadInput(_("Say why."))
    if flag not in dict(QualityMark.FLAGS):
        raise BadInput(_("Choose good, questionable or bad."))
    with transaction.atomic():
        QualityMark.objects.create(
            datastream=stream,
            start=start,
            end=end,
            flag=flag,
            comment=comment.strip()[:500],
            made_by=by,
            made_at=clock.now(),
        )
        return judge_span(stream, start, end)


def undo(mark: QualityMark, *, by: User) -> int:
    """Take a mark back; return how many values changed. A mark already undone stays as it is."""
    _require(by)
    with transaction.atomic():
        held = QualityMark.objects.select_for_update().get(pk=mark.pk)
        if held.undone_at is not None:
            return 0
        held.undone_by, held.undone_at = by, clock.now()
        held.save(update_fields=["undone_by", "undone_at"])
        stream = Datastream.objects.select_related("observed_property", "thing").get(pk=held.datastream_id)
        return judge_span(stream, held.start, held.end)


def _require(person: User) -> None:
    if not person.has_perm("upkeep.add_qualitymark"):
        raise NotPermitted(_("Only editors and analysts may judge values."))
