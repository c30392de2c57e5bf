"""Telling open pages which datastreams changed: one look at the database for all listeners of a process."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, InterfaceError, connection

from stadtkern.dashboards.freshness import versions
from stadtkern.observations.models import Datastream

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
HEARTBEAT_SECONDS = 15.0
RETRY_MILLISECONDS = 5000
MOST_LISTENERS = 400
MOST_KEYS = 300
"""A longer list is not worth sending: the page asks for all its tiles."""


def changes_since(version: int) -> tuple[int, dict[str, object]]:
    """Return the current version and what a page may know about the changes after `version`."""
    current, keys = versions.since(version)
    if len(keys) > MOST_KEYS:
        return current, {"version": current, "all": True, "streams": []}
    public = Datastream.objects.public().filter(key__in=keys) if keys else Datastream.objects.none()
    return current, {
        "version": current,
        "all": False,
        "streams": sorted(public.values_list("key", flat=True)),
    }


def message(version: int, data: dict[str, object]) -> str:
    """Return a server-sent event (WHATWG HTML, section 9.2)."""
    return f"id: {version}\nevent: change\ndata: {json.dumps(data)}\n\n"


class Hub:
    """The listeners of this process and the one task that looks for changes while there are any."""

    def __init__(self) -> None:
        self.listeners: set[asyncio.Queue[str]] = set()
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="events")
        self._version = 0
        self._is_failing = False

    @property
    def is_full(self) -> bool:
        """Return whether a further listener would be too many."""
        return len(self.listeners) >= MOST_LISTENERS

    async def stream(self, last_id: int | None = None) -> AsyncGenerator[str, None]:
        """Yield what a listener reads, from the changes after `last_id` on."""
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=50)
        self.listeners.add(queue)
        try:
            yield f"retry: {RETRY_MILLISECONDS}\n\n"
            version, data = await self._look(last_id)
            yield message(version, data)
            self._start(version)
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self.listeners.discard(queue)

    def _start(self, version: int) -> None:
        """Begin to look for changes unless a task of this event loop does so already."""
        if self._task and not self._task.done() and self._task.get_loop() is asyncio.get_running_loop():
            return
        self._version = version
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while self.listeners:
            await asyncio.sleep(POLL_SECONDS)
            version, data = await self._look(self._version)
            if version != self._version:
                self._version = version
                if data["all"] or data["streams"]:
                    self._tell(message(version, data))

    def _tell(self, text: str) -> None:
        for queue in self.listeners:
            if queue.full():  # a listener that does not read gets the newest message only
                queue.get_nowait()
            queue.put_nowait(text)

    async def _look(self, version: int | None) -> tuple[int, dict[str, object]]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, version)

    def _ask(self, version: int | None) -> tuple[int, dict[str, object]]:
        """Ask the database; while it is away, nothing changed. Logs failure and recovery once."""
        try:
            since = versions.update() if version is None else version
            answer = changes_since(since)
        except (DatabaseError, InterfaceError):
            connection.close()
            if not self._is_failing:
                logger.exception("live update: the database does not answer")
            self._is_failing = True
            return version or 0, {"version": version or 0, "all": False, "streams": []}
        if self._is_failing:
            logger.info("live update: the database answers again")
        self._is_failing = False
        return answer


hub = Hub()
