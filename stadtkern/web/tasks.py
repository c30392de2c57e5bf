"""Work that need not happen while somebody waits; tasks and schedule by huey.

A task is a function with `@huey.task()` or `@huey.periodic_task(crontab(...))` in `<app>/tasks.py`; the
worker imports these files by itself. What cannot wait for a minute of the schedule is a function with
`@every(seconds)`: the worker runs each of these in a thread of its own.
"""

from collections.abc import Callable

from django.conf import settings
from huey import SqliteHuey
from huey.api import Huey


def make_huey() -> Huey:
    """Return the task queue beside the database of the town."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("stadtkern", filename=str(settings.DATA_DIR / "tasks.sqlite3"), utc=True)


huey = make_huey()

Loop = Callable[[], object]
loops: dict[Loop, float] = {}
"""What is done again and again, and the pause between in seconds."""


def every(seconds: float) -> Callable[[Loop], Loop]:
    """Let the worker call the decorated function again and again, `seconds` after it has ended."""

    def note(function: Loop) -> Loop:
        loops[function] = seconds
        return function

    return note
