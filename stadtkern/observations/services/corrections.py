"""Taking observations back that were never right, such as those of a wrong decoder."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from stadtkern.base.clock import now
from stadtkern.observations.fields import micros
from stadtkern.observations.models import Datastream, LatestObservation, Observation
from stadtkern.observations.services.record import update_latest
from stadtkern.observations.services.rollups import roll_up
from stadtkern.observations.services.storage import storage


def forget(results: Sequence[tuple[str, datetime]]) -> int:
    """Remove the observations of (key of the datastream, time); return how many there were.

    The caller notes who did that and why; rollups and newest values follow at once.
    """
    streams = dict(Datastream.objects.filter(key__in={key for key, _time in results}).values_list("key", "pk"))
    touched = [(streams[key], time) for key, time in results if key in streams]
    with transaction.atomic():
        removed = 0
        for datastream, time in touched:
            rows = Observation.objects.filter(datastream_id=datastream, phenomenon_time=time)
            removed += rows.delete()[0]
        if removed:
            store = storage()
            roll_up(store, [(datastream, micros(time)) for datastream, time in touched])
            LatestObservation.objects.filter(datastream__in={datastream for datastream, _time in touched}).delete()
            update_latest(store, sorted({datastream for datastream, _time in touched}), received=now())
    return removed
