"""What the worker does for rules."""

from stadtkern.warnings.services import Watcher, deliver_due
from stadtkern.web.tasks import every

_watcher = Watcher()


@every(1)
def watch_rules() -> None:
    """Look at what is new."""
    _watcher.tick()


@every(2)
def deliver_messages() -> None:
    """Send what is due."""
    deliver_due()
