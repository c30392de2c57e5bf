"""Several processes as one: start them, restart what dies, stop them together."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_AFTER = 20.0
GRACE = 15.0


@dataclass
class Child:
    """A process that has to run."""

    name: str
    words: Sequence[str]
    """Words after `stadtkern`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    once: bool = False
    """Runs to its end and is not started again."""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0

    def start(self) -> None:
        """Start the process."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stadtkern", *self.words], env={**os.environ, **self.environment}
        )

    def look_after(self, now: float) -> None:
        """Start it again if it ended, sooner or later depending on how long it ran."""
        if self.process is None:
            if now >= self.due:
                self.start()
            return
        if self.once:
            return
        if self.process.poll() is None:
            if now - self.started > STEADY_AFTER:
                self.pause = FIRST_PAUSE
            return
        logger.warning(
            "%s ended (%s); starting it again in %.1f s", self.name, self.process.returncode, self.pause
        )
        self.process, self.due = None, now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """Ask the process to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()


class Supervisor:
    """Keeps children running until it is told to stop."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = list(children)
        self.is_stopping = False

    def stop(self, *_: object) -> None:
        """End the loop; also a signal handler."""
        self.is_stopping = True

    def start(self) -> None:
        """Start all children that do not run yet and take over the signals."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        for child in self.children:
            if child.process is None:
                child.start()

    def run(self) -> int:
        """Look after the children until told to stop; then end them, the last one first."""
        while not self.is_stopping:
            for child in self.children:
                child.look_after(time.monotonic())
            time.sleep(0.2)
        self.end()
        return 0

    def end(self) -> None:
        """End all children; those that do not listen within the grace time are killed."""
        for child in reversed(self.children):
            child.stop()
        limit = time.monotonic() + GRACE
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.warning("%s did not end in time", child.name)
                child.process.kill()


def services() -> list[Child]:
    """Return the three services of a town."""
    return [Child(name, [name]) for name in ("web", "ingest", "worker")]
