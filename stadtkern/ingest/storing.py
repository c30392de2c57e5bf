"""From an answer or a group of messages into the database."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction

from stadtkern.base.clock import now
from stadtkern.contracts.connector import Connector, Context, Item, Rejected, SourceError
from stadtkern.contracts.messages import Arrival, Messages
from stadtkern.ingest import states
from stadtkern.ingest.committer import Message
from stadtkern.ingest.models import Source, UnclaimedTopic
from stadtkern.ingest.reading import TooSlowError, bounded, plain_read
from stadtkern.ingest.registry import connector_of, filled
from stadtkern.ingest.states import Tally
from stadtkern.lorawan import services as lorawan
from stadtkern.observations.services import record
from stadtkern.observations.services.durable import durable
from stadtkern.observations.services.quarantine import quarantine
from stadtkern.observations.services.rows import Reason, Reject

logger = logging.getLogger(__name__)
GROUP_SECONDS = 30.0
MESSAGE_SECONDS = 2.0
MOST_PER_MESSAGE = 50_000
LONGEST_RAW = 300
MOST_UNCLAIMED = 500
NEWEST_KEPT = 2000


_writing = threading.RLock()


@contextlib.contextmanager
def exclusive() -> Iterator[None]:
    """Open a transaction that is on disk when it ends.

    On SQLite the threads of this process stand in line for it instead of polling the lock of the file.
    """
    with _writing if connection.vendor == "sqlite" else contextlib.nullcontext(), durable():
        yield


def keep(items: Sequence[Item], *, source: Source, received: datetime | None = None) -> Tally:
    """Record items of a source in one transaction and count them."""
    tally = Tally(messages=1)
    with transaction.atomic():
        outcome = record(items, source=source.slug, profile=source.profile, received=received)
        lorawan.keep(items, source=source.slug, received=received)
        tally.stored, tally.repeated, tally.rejected = outcome.stored, outcome.repeated, outcome.rejected
        tally.note(items)
        states.count(source, tally)
    return tally


def poison(reason: object, message: Message) -> Rejected:
    """Return what is kept of a message that nobody can read."""
    raw = message.body[:LONGEST_RAW].decode("utf-8", "replace")
    return Rejected(reason=states.one_line(reason), where=message.topic[:200], raw=raw.replace("\0", "�"))


def parse_group(
    connector: Connector, options: Mapping[str, object], messages: Sequence[Message], *, seconds: float
) -> tuple[list[list[Item]], str]:
    """Return the items of each message, and one line about the last message that could not be read."""

    def work() -> tuple[list[list[Item]], str]:
        trouble, found = "", []
        for message in messages:
            context = Context(options=options, topic=message.topic, received=message.received)
            try:
                items = plain_read(connector, message.body, context, seconds=seconds, most=MOST_PER_MESSAGE)
            except SourceError as error:
                items, trouble = [poison(error, message)], f"{message.topic}: {error}"
            found.append(items)
        return found, trouble

    return bounded(work, seconds=seconds)


def parse_patiently(
    connector: Connector, options: Mapping[str, object], messages: Sequence[Message]
) -> tuple[list[list[Item]], str]:
    """Parse a group; when one message of it hangs the connector, each by itself."""
    try:
        return parse_group(connector, options, messages, seconds=GROUP_SECONDS)
    except TooSlowError:
        found: list[list[Item]] = []
        trouble = ""
        for message in messages:
            try:
                items, reason = parse_group(connector, options, [message], seconds=MESSAGE_SECONDS)
            except TooSlowError as error:
                items, reason = [[poison(error, message)]], f"{message.topic}: {error}"
            found += items
            trouble = reason or trouble
        return found, trouble


class Writer:
    """Stores groups of MQTT messages; each group in one transaction."""

    def __init__(
        self, sources: Callable[[], Mapping[str, Source]], interfaces: Mapping[str, Messages]
    ) -> None:
        self.sources = sources
        self.interfaces = interfaces

    def __call__(self, messages: Sequence[Message]) -> None:
        """Store messages; when it returns they are on disk, unreadable ones in quarantine."""
        sources = self.sources()
        wanted = dict.fromkeys(slug for message in messages for slug in message.sources)
        parsed = [
            (sources[slug], [m for m in messages if slug in m.sources]) for slug in wanted if slug in sources
        ]
        work = [(source, own, *self._parse(source, own)) for source, own in parsed]
        with exclusive():
            for source, own, items, trouble in work:
                self._store(source, own, items, trouble)
            for slug, interface in self.interfaces.items():
                if own := [m for m in messages if m.interface == slug]:
                    store_for_interface(slug, interface, own)
            unclaimed = [m for m in messages if not any(slug in sources for slug in m.sources)]
            note_unclaimed([m for m in unclaimed if not m.interface])

    @staticmethod
    def _parse(source: Source, messages: Sequence[Message]) -> tuple[list[list[Item]], str]:
        try:
            connector = connector_of(source.connector)
        except Exception as error:  # noqa: BLE001  # an uninstalled connector: its messages are kept as unreadable
            return [[poison(error, message)] for message in messages], str(error)
        items, trouble = parse_patiently(connector, filled(connector, source.options), messages)
        return lorawan.prepare(items), trouble

    def _store(
        self, source: Source, messages: Sequence[Message], items: Sequence[Sequence[Item]], trouble: str
    ) -> None:
        together = [item for own in items for item in own]
        try:
            tally = keep(together, source=source, received=messages[0].received)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  # one message must not hold up all others for good
            logger.debug("group of %s cannot be stored at once: %s", source.slug, error)
            tally = self._store_singly(source, messages, items)
        states.count(source, Tally(messages=len(messages) - 1))
        states.received(source, trouble=trouble or tally.trouble)

    @staticmethod
    def _store_singly(source: Source, messages: Sequence[Message], items: Sequence[Sequence[Item]]) -> Tally:
        """Store message by message, so that one that the database refuses does not hold up the others."""
        last = Tally()
        for message, own in zip(messages, items, strict=True):
            try:
                keep(own, source=source, received=message.received)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:  # noqa: BLE001  # it goes into quarantine with its reason
                reason = f"it could not be stored ({type(error).__name__}: {str(error)[:200]})"
                keep([poison(reason, message)], source=source, received=message.received)
                last.trouble = f"{message.topic}: {reason}"
        return last


def store_for_interface(slug: str, interface: Messages, messages: Sequence[Message]) -> None:
    """Store messages to topics of an interface; what cannot be used goes into quarantine with its reason."""
    usable = [message for message in messages if message.access is not None]
    refused = [(m, "its sender may not write here") for m in messages if m.access is None]
    try:
        with transaction.atomic():
            lines = interface.store([_arrival(message) for message in usable])
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # one message must not hold up all others for good
        logger.debug("group for %s cannot be stored at once: %s", slug, error)
        lines = [_store_one(interface, message) for message in usable]
    refused += [(message, line) for message, line in zip(usable, lines, strict=True) if line]
    if refused:
        rejects = [
            Reject(Reason.UNREADABLE, one.reason, one.where, one.raw)
            for one in (poison(line, message) for message, line in refused)
        ]
        quarantine(rejects, source=slug, received=messages[0].received)


def _arrival(message: Message) -> Arrival:
    return Arrival(message.topic, message.body, message.access, message.received)


def _store_one(interface: Messages, message: Message) -> str:
    try:
        with transaction.atomic():
            return interface.store([_arrival(message)])[0]
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # it goes into quarantine with its reason
        return f"it could not be stored ({type(error).__name__}: {str(error)[:200]})"


def note_unclaimed(messages: Sequence[Message]) -> None:
    """Count messages on topics that no source reads, and keep the newest of each topic for editors."""
    newest = {message.topic[:500]: message for message in messages}
    if not newest:
        return
    known = {one.topic: one for one in UnclaimedTopic.objects.filter(topic__in=newest)}
    room = MOST_UNCLAIMED - UnclaimedTopic.objects.count()
    for topic, message in newest.items():
        row = known.get(topic)
        if row is None and room <= 0:
            continue
        if row is None:
            row, room = UnclaimedTopic(topic=topic), room - 1
        row.messages += sum(one.topic[:500] == topic for one in messages)
        row.newest, row.seen = message.body[:NEWEST_KEPT], now()
        row.save()
