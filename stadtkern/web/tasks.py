"""Work that need not happen while somebody waits; tasks and schedule by huey.

A task is a function with `@huey.task()` or `@huey.periodic_task(crontab(...))` in `<app>/tasks.py`; the
worker imports these files by itself.
"""

from django.conf import settings
from huey import SqliteHuey
from huey.api import Huey


def make_huey() -> Huey:
    """Return the task queue beside the database of the town."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("stadtkern", filename=str(settings.DATA_DIR / "tasks.sqlite3"), utc=True)


huey = make_huey()
