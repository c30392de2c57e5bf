"""How many calls a sender may make."""

import threading
import time
from dataclasses import dataclass, field

MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class RateLimit:
    """A token bucket for each name, in the memory of this process."""

    per_minute: int
    burst: int
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, name: str) -> float:
        """Take one; return 0, or the seconds after which the next one is free."""
        with self._lock:
            if len(self._buckets) > MOST_REMEMBERED:
                self._buckets.clear()
            moment = time.monotonic()
            tokens, last = self._buckets.get(name, (float(self.burst), moment))
            tokens = min(float(self.burst), tokens + (moment - last) * self.per_minute / 60)
            if tokens < 1:
                self._buckets[name] = (tokens, moment)
                return (1 - tokens) * 60 / self.per_minute
            self._buckets[name] = (tokens - 1, moment)
            return 0.0

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._buckets.clear()
