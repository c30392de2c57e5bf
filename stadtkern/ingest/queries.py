"""How the sources are doing, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from stadtkern.base.clock import now
from stadtkern.contracts.connector import Connector
from stadtkern.contracts.option import Label
from stadtkern.ingest.models import Source, SourceState
from stadtkern.ingest.registry import connectors
from stadtkern.ingest.states import interval_of
from stadtkern.observations.models import QuarantinedReading

SILENT_AFTER = timedelta(days=1)
SILENT_INTERVALS = 12
CONDITIONS: dict[str, tuple[Label, str]] = {
    "paused": (_("Paused"), "minus"),
    "waiting": (_("Waiting for the first reading"), "time"),
    "failing": (_("Not working"), "error"),
    "partly": (_("Working, with errors"), "warning"),
    "silent": (_("No new readings"), "warning"),
    "good": (_("Working"), "circle-check"),
}
"""Word and icon of each condition; colour is never the only sign."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source as a line of the list."""

    source: Source
    state: SourceState
    connector: Connector | None
    condition: str
    lag: timedelta | None
    """Age of the newest reading."""

    @property
    def word(self) -> Label:
        """The condition as a word."""
        return CONDITIONS[self.condition][0]

    @property
    def icon(self) -> str:
        """The name of the icon of the condition."""
        return CONDITIONS[self.condition][1]

    @property
    def is_asked(self) -> bool:
        """Whether we ask this source, instead of it telling us."""
        return self.connector is not None and self.connector.transport == "http"

    @property
    def has_key(self) -> bool:
        """Whether senders need a key."""
        return self.connector is not None and (self.connector.transport != "http" or self.connector.webhook)


def source_lines(sources: "QuerySet[Source] | Iterable[Source]") -> list[SourceLine]:
    """Return the lines of the list of sources; `sources` come with their state."""
    return [source_line(source) for source in sources]


def source_line(source: Source) -> SourceLine:
    """Return how a source is doing."""
    state = getattr(source, "state", None) or SourceState(source=source)
    connector = connectors().get(source.connector)
    lag = now() - state.newest_reading if state.newest_reading else None
    return SourceLine(source, state, connector, condition(source, state, connector), lag)


def condition(source: Source, state: SourceState, connector: Connector | None) -> str:
    """Return the condition of a source as a key of `CONDITIONS`."""
    if source.is_paused:
        return "paused"
    if state.failures or connector is None:
        return "failing"
    if state.last_error:
        return "partly" if state.last_success else "failing"
    if state.last_success is None:
        return "waiting"
    limit = max(SILENT_AFTER, interval_of(source, connector) * SILENT_INTERVALS)
    return "silent" if is_older(state.newest_reading, limit) else "good"


def is_older(moment: datetime | None, age: timedelta) -> bool:
    """Return whether a moment lies longer ago than `age`."""
    return moment is not None and now() - moment > age


def rejected_readings(source: Source) -> QuerySet[QuarantinedReading]:
    """Return what a source sent that could not be stored, the newest first."""
    return QuarantinedReading.objects.filter(source=source.slug).order_by("-last_seen", "-pk")
