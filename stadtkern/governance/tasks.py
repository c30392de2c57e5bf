"""What the worker does for governance."""

from huey import crontab

from stadtkern.governance.retention import run_retention
from stadtkern.web.tasks import huey


@huey.periodic_task(crontab(hour="2", minute="40"))
def retention() -> None:
    """Delete every night what is too old."""
    run_retention()
