"""How a source is doing: every change of its state goes through here, and is logged once."""

import logging
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from stadtkern.base.clock import now
from stadtkern.contracts.connector import Connector, Item, Reading
from stadtkern.ingest.models import Source, SourceState

logger = logging.getLogger(__name__)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
JITTER = 0.1
CALM_AFTER = timedelta(minutes=5)
"""A source that sends by itself counts as recovered after this time without a bad message."""
CLOCK_SLACK = timedelta(minutes=15)
LONGEST_LINE = 300


@dataclass(slots=True)
class Tally:
    """What a piece of work brought in."""

    messages: int = 0
    stored: int = 0
    repeated: int = 0
    rejected: int = 0
    newest: datetime | None = None
    trouble: str = ""
    """One line about the last bad answer or message; empty: all was well."""

    def note(self, items: Iterable[Item]) -> None:
        """Remember the newest measurement among `items`; forecasts and times in the future do not count."""
        limit = now() + CLOCK_SLACK
        times = [
            item.phenomenon_time
            for item in items
            if isinstance(item, Reading)
            and not item.is_forecast
            and item.phenomenon_time.tzinfo is not None
            and item.phenomenon_time <= limit
        ]
        if times:
            self.newest = max([*times, self.newest] if self.newest else times)

    def add(self, other: "Tally") -> None:
        """Add what another piece of work brought in."""
        self.messages += other.messages
        self.stored += other.stored
        self.repeated += other.repeated
        self.rejected += other.rejected
        if other.newest and (self.newest is None or other.newest > self.newest):
            self.newest = other.newest


def one_line(text: object) -> str:
    """Return a text as one line that fits the page of the source."""
    line = " ".join(str(text).split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def interval_of(source: Source, connector: Connector) -> timedelta:
    """Return how often a source is asked."""
    return source.interval or connector.interval


def pause_after(failures: int, interval: timedelta) -> timedelta:
    """Return how long to wait after so many failures in a row: twice as long each time, within limits."""
    first = min(FIRST_PAUSE, interval)
    longest = max(LONGEST_PAUSE, interval)
    doublings = min(max(failures, 1) - 1, 20)
    return min(first * (1 << doublings), longest)


def jittered(pause: timedelta) -> timedelta:
    """Return a pause that is up to a tenth longer, so that sources do not all ask at the same second."""
    return pause * (1 + random.random() * JITTER)  # noqa: S311  # no secret


def count(source: Source, tally: Tally) -> None:
    """Add what came in to the counters of a source."""
    state_of(source)
    state = SourceState.objects.filter(pk=source.pk)
    state.update(
        messages_in=F("messages_in") + tally.messages,
        readings_in=F("readings_in") + tally.stored,
        readings_repeated=F("readings_repeated") + tally.repeated,
        readings_rejected=F("readings_rejected") + tally.rejected,
    )
    if tally.newest:
        state.filter(newest_reading__isnull=True).update(newest_reading=tally.newest)
        state.filter(newest_reading__lt=tally.newest).update(newest_reading=tally.newest)


def begin(source: Source) -> None:
    """Note that a poll begins; the wish of an editor for it is fulfilled."""
    state_of(source)
    SourceState.objects.filter(pk=source.pk).update(last_attempt=now(), try_requested=False)


def succeeded(source: Source, connector: Connector, *, trouble: str = "") -> None:
    """Note that a poll brought an answer; `trouble` tells about the part of it that did not work."""
    state, when = state_of(source), now()
    if state.failures:
        logger.info("%s recovered after %s", source.slug, when - (state.error_since or when))
    if trouble and not state.last_error:
        logger.warning("%s: %s", source.slug, trouble)
    state.last_success = when
    state.failures = 0
    state.error_since = (state.error_since or when) if trouble else None
    state.last_error = one_line(trouble)
    state.next_try = when + jittered(interval_of(source, connector))
    state.save(update_fields=["last_success", "failures", "error_since", "last_error", "next_try"])


def failed(
    source: Source, interval: timedelta, *, reason: object, retry_after: timedelta | None = None
) -> None:
    """Note that a poll brought nothing; `retry_after` is how long the source asked us to wait."""
    state, when = state_of(source), now()
    if not state.failures:
        logger.warning("%s: %s", source.slug, one_line(reason))
    state.failures += 1
    state.error_since = state.error_since or when
    state.last_error = one_line(reason)
    state.next_try = when + max(jittered(pause_after(state.failures, interval)), retry_after or timedelta())
    state.save(update_fields=["failures", "error_since", "last_error", "next_try"])


def received(source: Source, *, trouble: str) -> None:
    """Note that a message came in by itself, over MQTT or by a webhook."""
    when = now()
    changes: dict[str, object] = {"last_attempt": when}
    if trouble:
        changes |= {"last_error": one_line(trouble), "error_since": when}
    else:
        changes["last_success"] = when
    states = SourceState.objects.filter(pk=source.pk)
    if trouble and states.filter(last_error="").exists():
        logger.warning("%s: %s", source.slug, one_line(trouble))
    states.update(**changes)
    calm = states.exclude(last_error="").filter(error_since__lt=when - CALM_AFTER)
    if not trouble and calm.update(last_error="", error_since=None):
        logger.info("%s recovered", source.slug)


def state_of(source: Source) -> SourceState:
    """Return the state of a source; it is made with the first look at it."""
    return SourceState.objects.get_or_create(source=source)[0]
