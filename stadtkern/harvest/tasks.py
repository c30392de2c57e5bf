"""What the worker does for sources of datasets."""

from stadtkern.harvest.services import work_on_due
from stadtkern.web.tasks import every


@every(5)
def harvest() -> None:
    """Go on with each run that is due, a while at a time."""
    work_on_due()
