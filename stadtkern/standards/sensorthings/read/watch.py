"""Stops queries that take too long, so that one question cannot hold up all others."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

PAUSE = 0.25
"""Seconds between two looks at what is running."""
logger = logging.getLogger(__name__)


class _Watch:
    """What runs now; one thread looks at all of it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: dict[int, tuple[float, Callable[[], object]]] = {}
        self.number = 0
        self.thread: threading.Thread | None = None

    def begin(self, seconds: float, stop: Callable[[], object]) -> int:
        """Remember that something has to end within `seconds`; return its number."""
        with self.lock:
            self.number += 1
            self.running[self.number] = time.monotonic() + seconds, stop
            if self.thread is None:
                self.thread = threading.Thread(target=self.look, name="query-watch", daemon=True)
                self.thread.start()
            return self.number

    def end(self, number: int) -> None:
        """Forget it."""
        with self.lock:
            self.running.pop(number, None)

    @staticmethod
    def stop(stop: Callable[[], object]) -> None:
        """Stop one query."""
        try:
            stop()
        except Exception as error:  # noqa: BLE001  # its connection is gone; the others are still looked after
            logger.warning("a query cannot be stopped: %s", error)

    def look(self) -> None:
        """Stop what is late, as long as the process lives."""
        while True:
            time.sleep(PAUSE)
            now = time.monotonic()
            with self.lock:
                for number, (until, stop) in list(self.running.items()):
                    if now >= until:
                        del self.running[number]
                        self.stop(stop)


_watch = _Watch()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Interrupt the query inside if it is not done in time; the database then raises `OperationalError`."""
    connection.ensure_connection()
    handle = connection.connection
    stop = handle.cancel if connection.vendor == "postgresql" else handle.interrupt
    number = _watch.begin(seconds, stop)
    try:
        yield
    finally:
        _watch.end(number)
