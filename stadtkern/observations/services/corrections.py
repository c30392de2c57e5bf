"""Taking observations back that were never right, such as those of a wrong decoder."""

from collections.abc import Sequence
from datetime import datetime

from stadtkern.base.clock import now
from stadtkern.observations.fields import micros
from stadtkern.observations.models import Datastream, LatestObservation, Observation
from stadtkern.observations.services import newest, told
from stadtkern.observations.services.bulk import durable
from stadtkern.observations.services.rollups import roll_up
from stadtkern.observations.services.storage import storage


def forget(results: Sequence[tuple[str, datetime]]) -> int:
    """Remove the observations of (key of the datastream, time); return how many there were.

    The caller notes who did that and why; rollups and newest values follow at once.
    """
    streams = dict(
        Datastream.objects.filter(key__in={key for key, _time in results}).values_list("key", "pk")
    )
    touched = [(streams[key], time) for key, time in results if key in streams]
    with durable():
        numbers: list[int] = []
        for datastream, time in touched:
            rows = Observation.objects.filter(datastream_id=datastream, phenomenon_time=time)
            numbers += rows.values_list("number", flat=True)
            rows.delete()
        if numbers:
            told.entities("Observation", numbers, "deleted")
            _settle(sorted({(datastream, micros(time)) for datastream, time in touched}))
    return len(numbers)


def _settle(touched: Sequence[tuple[int, int]]) -> None:
    """Bring rollups, newest values and statistics up to date after rows went away."""
    store = storage()
    roll_up(store, touched)
    datastreams = sorted({datastream for datastream, _time in touched})
    found = newest.reread(store, datastreams, {})
    exact = {key: newest.Newest(*one[:9], *newest.recount(store, key)) for key, one in found.items()}
    LatestObservation.objects.filter(datastream__in=set(datastreams) - found.keys()).delete()
    newest.put(store, exact, received=micros(now()))
