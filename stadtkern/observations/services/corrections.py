"""Taking observations back that were never right, such as those of a wrong decoder."""

from collections.abc import Sequence
from datetime import datetime

from stadtkern.base.clock import now
from stadtkern.observations.fields import micros
from stadtkern.observations.models import Datastream, Observation
from stadtkern.observations.services import told
from stadtkern.observations.services.archive.moving import bring_back
from stadtkern.observations.services.durable import durable
from stadtkern.observations.services.facts import hold
from stadtkern.observations.services.settle import settle
from stadtkern.observations.services.storage import storage


def forget(results: Sequence[tuple[str, datetime]]) -> int:
    """Remove the observations of (key of the datastream, time); return how many there were.

    The caller notes who did that and why; rollups and newest values follow at once.
    """
    streams = dict(
        Datastream.objects.filter(key__in={key for key, _time in results}).values_list("key", "pk")
    )
    store = storage()
    with durable():
        held = hold(store, sorted(streams.values()))
        gone: list[Observation] = []
        for key, time in results:
            if key in streams:
                bring_back({streams[key]: (micros(time), micros(time))})
            if key in streams:
                rows = Observation.objects.filter(datastream_id=streams[key], phenomenon_time=time)
                gone += rows
                rows.delete()
        if gone:
            settle(store, held, gone, (), received=now())
            told.entities("Observation", [row.number for row in gone], "deleted")
    return len(gone)
