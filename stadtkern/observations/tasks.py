"""What the worker does for sensor data."""

from huey import crontab

from stadtkern.base import clock
from stadtkern.observations.derived.work import work
from stadtkern.observations.services import archive_due, check_quality, ensure_partitions
from stadtkern.web.tasks import every, huey


@huey.periodic_task(crontab(minute="20"))
def quality() -> None:
    """Judge every hour what came in."""
    check_quality()


@huey.periodic_task(crontab(hour="1", minute="10"))
def partitions() -> None:
    """Keep the months to come ready."""
    ensure_partitions(clock.now())


@huey.periodic_task(crontab(hour="1", minute="30"))
def archive() -> None:
    """Move old months into files, as data profiles say; the night's retention comes after it."""
    archive_due(clock.now())


@every(1)
def compute_derived() -> None:
    """Keep the virtual series right."""
    work()
