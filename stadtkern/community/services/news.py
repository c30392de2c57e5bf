"""Notices what appeared or went since the last look, whichever way that happened."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from stadtkern.base import clock
from stadtkern.catalogue.models import Dataset
from stadtkern.community.models import DatasetEvent
from stadtkern.community.services import events

LOOKED_BACK = timedelta(days=7)
MOST = 500


def _without(kind: DatasetEvent.Kind) -> Q:
    return ~Q(Exists(DatasetEvent.objects.filter(dataset=OuterRef("pk"), kind=kind)))


def note_published() -> int:
    """Write down datasets that became public or were withdrawn within a week; return how many."""
    since = clock.now() - LOOKED_BACK
    fresh = Dataset.objects.public().filter(
        _without(DatasetEvent.Kind.PUBLISHED), first_published_at__gt=since
    )
    gone = Dataset.objects.filter(_without(DatasetEvent.Kind.WITHDRAWN), withdrawn_at__gt=since)
    appeared, vanished = list(fresh[:MOST]), list(gone[:MOST])
    for dataset in appeared:
        events.published(dataset)
    for dataset in vanished:
        events.withdrawn(dataset)
    return len(appeared) + len(vanished)
