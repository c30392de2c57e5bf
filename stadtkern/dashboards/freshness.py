"""Which datastreams changed when, followed once per process."""

from collections.abc import Iterable
from threading import Lock

from stadtkern.observations.services import changed_since

NEVER = 2**62


class Versions:
    """The data version at which each datastream last changed, as far as this process has seen."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything, as after a restart."""
        self._floor = self._current = -1
        self._changed: dict[str, int] = {}

    def update(self) -> int:
        """Ask for changes (one cheap query if there are none) and return the current version."""
        with self._lock:
            if self._current < 0:
                self._floor = self._current = changed_since(NEVER)[0]
                return self._current
            current, keys = changed_since(self._current)
            if current < self._current:  # another database took the place of the one we knew
                self._floor, self._changed = current, {}
            self._current = current
            self._changed.update(dict.fromkeys(keys, current))
            return current

    def since(self, version: int) -> tuple[int, set[str]]:
        """Return the current version and what changed after `version`, or after the start of this process."""
        current = self.update()
        with self._lock:
            return current, {key for key, changed in self._changed.items() if changed > version}

    def of(self, keys: Iterable[str]) -> int:
        """Return the newest version of the datastreams with these keys."""
        return max((self._changed.get(key, self._floor) for key in keys), default=0)


versions = Versions()
