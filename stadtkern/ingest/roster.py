"""The sources as `ingest` last read them from the database."""

import logging
from dataclasses import dataclass, field

from stadtkern.base.clock import now
from stadtkern.contracts.connector import Connector
from stadtkern.ingest import states
from stadtkern.ingest.accounts import Accounts
from stadtkern.ingest.models import Source, SourceState
from stadtkern.ingest.reading import bounded
from stadtkern.ingest.registry import connectors, filled
from stadtkern.ingest.topics import TopicIndex, is_filter

logger = logging.getLogger(__name__)
TOPIC_SECONDS = 5.0


@dataclass(slots=True)
class Roster:
    """Which sources there are, which topics they read, who may sign in at the broker."""

    sources: dict[str, Source] = field(default_factory=dict)
    index: TopicIndex = field(default_factory=TopicIndex)
    accounts: Accounts = field(default_factory=Accounts)
    _known: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def refresh(self) -> bool:
        """Read the table again; return whether the topics changed."""
        found = Source.objects.select_related("profile", "state")
        self.sources = {source.slug: source for source in found}
        active = [source for source in self.sources.values() if not source.is_paused]
        self.accounts.digests = {source.slug: source.key_hash for source in active if source.key_hash}
        filters = {source.slug: self._filters(source) for source in active}
        self.index.commands = {source.slug: commands_of(source) for source in active}
        return self.index.replace({slug: ones for slug, ones in filters.items() if ones})

    def _filters(self, source: Source) -> tuple[str, ...]:
        """Return the topic filters of a source; its connector is asked after every change of settings."""
        connector = connectors().get(source.connector)
        if connector is None or connector.topics is None:
            return ()
        signature = (source.slug, f"{source.connector} {source.options!r}")
        if signature not in self._known:
            self._known = {key: value for key, value in self._known.items() if key[0] != source.slug}
            self._known[signature] = ask_topics(source, connector)
        return self._known[signature]

    def due(self) -> list[Source]:
        """Return the sources whose turn it is to be asked."""
        return [source for source in self.sources.values() if is_due(source)]


def commands_of(source: Source) -> tuple[str, ...]:
    """Return under which topics the sender of a source waits for orders at our broker."""
    connector = connectors().get(source.connector)
    if connector is None or connector.commands is None:
        return ()
    found = connector.commands(filled(connector, source.options))
    return tuple(one for one in found if is_filter(one))


def ask_topics(source: Source, connector: Connector) -> tuple[str, ...]:
    """Return the valid topic filters that a connector wants; a connector that crashes gets none."""
    topics = connector.topics
    if topics is None:
        return ()
    options = filled(connector, source.options)
    try:
        wanted = bounded(lambda: tuple(topics(options)), seconds=TOPIC_SECONDS)
    except Exception as error:  # noqa: BLE001  # one crashing connector never stops others
        states.received(source, trouble=f"the topics cannot be found: {error}")
        return ()
    if wrong := [one for one in wanted if not is_filter(one)]:
        states.received(source, trouble=f"not an MQTT topic filter: {wrong[0]}")
    return tuple(one for one in wanted if is_filter(one))


def is_due(source: Source) -> bool:
    """Return whether a source is to be asked now."""
    connector = connectors().get(source.connector)
    if connector is not None and (connector.transport != "http" or connector.requests is None):
        return False
    state: SourceState | None = getattr(source, "state", None)
    if state is None or state.try_requested:
        return True
    return not source.is_paused and (state.next_try is None or state.next_try <= now())
