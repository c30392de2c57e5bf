"""What the worker does for datasets; each of these may be killed, as what is to be done stands in tables."""

from huey import crontab

from stadtkern.catalogue import current, streams
from stadtkern.catalogue.services import pulls, work
from stadtkern.web.tasks import every, huey

every(1)(work.look_at_new)
every(1)(work.read_small)
every(2)(work.read_large)
every(2)(current.run_pending)
every(20)(pulls.pull_due)
every(5)(streams.follow)


@huey.periodic_task(crontab(minute="11"))
def announce_missing() -> None:
    """Have done for the current tables what was registered after they came."""
    current.announce_missing()


@huey.periodic_task(crontab(minute="7"))
def describe_streams() -> None:
    """Say every hour up to when there are measured values, and which old months are in files."""
    streams.sync()
