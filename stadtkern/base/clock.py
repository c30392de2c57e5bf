"""The one place where time comes from, so that tests and the demo can set it."""

import os
from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """Return the current time, aware, in UTC; shifted by `STADTKERN_CLOCK_SHIFT` seconds if that is set."""
    return datetime.now(UTC) + timedelta(seconds=float(os.environ.get("STADTKERN_CLOCK_SHIFT", "0")))
