"""What the worker does for the search."""

from huey import crontab

from stadtkern.search import changes
from stadtkern.web.tasks import every, huey


@every(2)
def follow() -> None:
    """Write what has changed."""
    changes.work()


@huey.periodic_task(crontab(hour="3", minute="40"))
def repair() -> None:
    """Find every night what nobody noted."""
    changes.repair()
