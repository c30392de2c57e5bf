"""Levels that are reached now become warnings on every page."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.observations.models import Datastream, Threshold
from stadtkern.observations.quality import QualityFlag
from stadtkern.web.numbers import number_text
from stadtkern.web.warning_banner import SeriousWarning

FRESH = timedelta(hours=3)
"""An older value says nothing about now."""
SEVERE = 2
MOST = 50


def reached_levels() -> Iterable[Threshold]:
    """Return the gravest level that each public datastream has reached just now; one query."""
    now = clock.now()
    found = (
        Threshold.objects.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=now),
            Q(valid_to__isnull=True) | Q(valid_to__gt=now),
            severity__gte=SEVERE,
            datastream__is_forecast=False,
            datastream__in=Datastream.objects.public(),
            datastream__latest__phenomenon_time__range=(now - FRESH, now + FRESH),
            datastream__latest__result__gte=F("value"),
        )
        .exclude(datastream__latest__quality=QualityFlag.BAD)
        .select_related("datastream__thing", "datastream__observed_property", "datastream__latest")
        .order_by("-severity", "-value", "datastream_id")
    )
    gravest: dict[int, Threshold] = {}
    for level in found[:MOST]:
        gravest.setdefault(level.datastream_id, level)
    return gravest.values()


def warning_of(level: Threshold) -> SeriousWarning:
    """Return the warning a reached level stands for."""
    stream = level.datastream
    latest = stream.latest
    words = {
        "place": str(stream.thing),
        "what": stream.observed_property.label,
        "value": number_text(latest.result or 0.0, stream.unit, stream.observed_property.decimals),
        "level": level.name,
        "limit": number_text(level.value, stream.unit, stream.observed_property.decimals),
    }
    return SeriousWarning(
        # Translators: such as "Guben 2: Water level 652 cm, “A3” (from 600 cm) is reached"
        text=_("%(place)s: %(what)s %(value)s, “%(level)s” (from %(limit)s) is reached") % words,
        time=latest.phenomenon_time,
        url=reverse("stream", args=[stream.pk]),
        severity=level.severity,
    )


def warnings() -> list[SeriousWarning]:
    """Return a warning for each datastream that has reached a grave level."""
    return [warning_of(level) for level in reached_levels()]
