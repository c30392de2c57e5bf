"""The way in for what connectors yield."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from stadtkern.base import clock
from stadtkern.contracts.connector import Item
from stadtkern.governance.models import DataProfile
from stadtkern.observations.services.bulk import store
from stadtkern.observations.services.columns import Status, Stored
from stadtkern.observations.services.durable import durable
from stadtkern.observations.services.facts import Stream
from stadtkern.observations.services.intake import Gathered, gather, reject, sort_items
from stadtkern.observations.services.quarantine import quarantine
from stadtkern.observations.services.rows import Reject
from stadtkern.observations.services.stations import update_stations
from stadtkern.observations.services.streams import streams_for
from stadtkern.observations.services.thresholds import update_thresholds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch."""

    stored: int = 0
    """New observations, and forecasts that replaced an older one."""
    repeated: int = 0
    """Readings that were there already."""
    rejected: int = 0
    """Readings and parts of answers that went into quarantine."""
    datastreams: frozenset[str] = frozenset()
    """Keys of the datastreams that got something new."""


def record(
    items: Iterable[Item],
    *,
    source: str,
    profile: DataProfile | None = None,
    received: datetime | None = None,
) -> Outcome:
    """Store a batch of readings, stations, thresholds and rejects of one source, all of it or nothing.

    Readings may be late, out of order and repeated. When this returns (and no transaction is open around it)
    the batch is on disk. Datastreams that are new, or have no data profile yet, get `profile`.
    """
    now = received or clock.now()
    batch = sort_items(items)
    with durable():
        streams = streams_for(batch.wanted(), source=source, profile=profile)
        update_stations(batch.stations, source=source, received=now)
        gathered, rejects = gather(batch.readings, streams)
        rejects += update_thresholds(batch.thresholds, streams, received=now)
        by_id = {stream.id: stream for stream in streams.values()}
        stored = store(gathered.columns(), received=now, strict=True, streams=by_id)
        rejects = [*batch.rejects, *rejects, *_refused(stored, gathered)]
        if rejects:
            quarantine(rejects, source=source, received=now)
    return _outcome(stored, rejects, by_id)


def _refused(stored: Stored, gathered: Gathered) -> list[Reject]:
    """Return what quarantine keeps of the rows that were rejected."""
    rows = np.flatnonzero(stored.status == Status.REJECTED).tolist()
    return [reject(gathered.readings[row], *stored.reasons[row]) for row in rows]


def _outcome(stored: Stored, rejects: Sequence[Reject], streams: dict[int, Stream]) -> Outcome:
    return Outcome(
        stored.count(Status.STORED, Status.REPLACED),
        stored.count(Status.REPEATED),
        len(rejects),
        frozenset(streams[pk].key for pk in stored.datastreams),
    )
