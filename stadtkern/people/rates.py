"""How many requests a minute a key may make: one bucket for each key in each process."""

import math
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """Fills up evenly; a minute's worth may come at once."""

    left: float
    filled: float


@dataclass(slots=True)
class Rates:
    """The buckets of this process."""

    buckets: dict[int, Bucket] = field(default_factory=dict)

    def wait(self, key: int, per_minute: int, *, count: int = 1, at: float | None = None) -> int:
        """Take `count` from the bucket of a key; return the seconds to wait if it holds less, else 0."""
        moment = time.monotonic() if at is None else at
        bucket = self.buckets.setdefault(key, Bucket(per_minute, moment))
        rate = per_minute / 60
        bucket.left = min(per_minute, bucket.left + max(moment - bucket.filled, 0) * rate)
        bucket.filled = moment
        if bucket.left < min(count, per_minute):
            return max(1, math.ceil((min(count, per_minute) - bucket.left) / rate))
        bucket.left -= count
        return 0


rates = Rates()
