"""Brings what was stored to those who subscribed, whichever process stored it.

Every subscriber stands at a position of the feed and moves on only as fast as it takes messages, so a slow
or absent one costs no memory and loses nothing. Those at the same position are served together.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, Protocol

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from stadtkern.contracts.messages import Messages, News
from stadtkern.ingest.models import NewsItem
from stadtkern.ingest.telling import news_of, size_of

logger = logging.getLogger(__name__)
POLL_SECONDS = 0.25
"""Time after which a change made by another process is seen at the latest."""
MOST_ITEMS = 50
MOST_IDENTIFIERS = 1000
FAILED_SECONDS = 2.0
Published = list[tuple[str, bytes]]


class Subscriber(Protocol):
    """Somebody who follows the feed."""

    @property
    def position(self) -> int:
        """Number of the last item it got; below 0: it does not follow yet."""

    @property
    def has_room(self) -> bool:
        """Whether it can take more now."""

    def wishes(self) -> Iterable[tuple[str, Any, frozenset[str] | None]]:
        """Return interface, rights and topics (None: all that are published at an outside broker)."""

    def deliver(self, publications: Iterable[tuple[str, bytes]], position: int) -> None:
        """Take what there is up to a position."""


Wish = tuple[str, Any, frozenset[str] | None]


class Reader:
    """Reads items in the order of their numbers and never skips one that is still being written.

    On PostgreSQL an item may appear after one with a higher number. Such a gap is passed only when all
    transactions that ran when it was first seen have ended: then its number was given up.
    """

    def __init__(self) -> None:
        self.gaps: dict[int, int] = {}

    def read(self, position: int) -> list[NewsItem]:
        """Return the next items after a position."""
        items = list(NewsItem.objects.filter(pk__gt=position)[:MOST_ITEMS])
        size, found = 0, []
        for item in items:
            size += size_of(item)
            found.append(item)
            if size >= MOST_IDENTIFIERS:
                break
        return self._without_gaps(position, found) if connection.vendor == "postgresql" else found

    def _without_gaps(self, position: int, items: Sequence[NewsItem]) -> list[NewsItem]:
        found: list[NewsItem] = []
        for item in items:
            if item.pk != position + 1 and not self._is_given_up(item.pk):
                break
            found.append(item)
            position = item.pk
        return found

    def _is_given_up(self, after: int) -> bool:
        """Return whether the numbers before `after` will not appear any more."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint "
                "FROM pg_current_snapshot() AS s"
            )
            oldest, next_one = cursor.fetchone()
        if len(self.gaps) > MOST_IDENTIFIERS:
            self.gaps.clear()
        is_over = bool(oldest >= self.gaps.setdefault(after, int(next_one)))
        if is_over:
            del self.gaps[after]
        return is_over


class Feed:
    """Reads the news and hands them to the subscribers."""

    def __init__(
        self,
        interfaces: Mapping[str, Messages],
        executor: Executor,
        subscribers: Callable[[], Iterable[Subscriber]],
    ) -> None:
        self.interfaces = interfaces
        self.executor = executor
        self.subscribers = subscribers
        self.reader = Reader()
        self.news = asyncio.Event()
        self.is_failing = False

    def wake(self) -> None:
        """Look for news now."""
        self.news.set()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                has_more = await self.round()
            except Exception as error:  # noqa: BLE001  # the database is away; nobody's position moved
                if not self.is_failing:
                    logger.error("subscribers cannot be served: %s", error)  # noqa: TRY400  # one line
                self.is_failing = True
                await asyncio.sleep(FAILED_SECONDS)
                continue
            if self.is_failing:
                logger.info("subscribers are served again")
            self.is_failing = False
            if not has_more:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self.news.wait(), POLL_SECONDS)
                self.news.clear()

    async def round(self) -> bool:
        """Serve those who are furthest behind; return whether there may be more to do at once."""
        ready = [one for one in self.subscribers() if one.position >= 0 and one.has_room]
        if not ready:
            return False
        lowest = min(one.position for one in ready)
        group = [one for one in ready if one.position == lowest]
        wishes = {one: list(one.wishes()) for one in group}
        wanted = {wish for own in wishes.values() for wish in own}
        position, found = await asyncio.get_running_loop().run_in_executor(
            self.executor, self.look, lowest, wanted
        )
        if position == lowest:
            return False
        for one in group:
            if one.position == lowest:  # it has not begun anew meanwhile
                one.deliver((pair for wish in wishes[one] for pair in found[wish]), position)
        return True

    def look(self, position: int, wanted: Iterable[Wish]) -> tuple[int, dict[Wish, Published]]:
        """Return how far the feed goes, and what there is for each wish."""
        close_old_connections()
        items = self.reader.read(position)
        if not items:
            return position, {}
        news = [news_of(item) for item in items]
        return items[-1].pk, {wish: self._publications(wish, news) for wish in wanted}

    def _publications(self, wish: Wish, news: Sequence[News]) -> Published:
        slug, access, topics = wish
        interface = self.interfaces[slug]
        try:
            return [pair for one in news for pair in interface.publications(one, topics, access)]
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # what one subscriber asks for must not hold up all others for good
            logger.exception("a subscriber of %s gets nothing of some news", slug)
            return []
