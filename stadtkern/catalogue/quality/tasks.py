"""What the worker does for the quality of descriptions."""

from huey import crontab

from stadtkern.base.clock import now
from stadtkern.catalogue.quality.links import check_due
from stadtkern.web.tasks import huey


@huey.periodic_task(crontab(minute="35"))
def check_links() -> None:
    """Ask every hour some of the addresses that distributions name."""
    check_due(now())
