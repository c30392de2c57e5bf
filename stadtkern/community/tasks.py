"""What the worker does for people around data."""

from huey import crontab

from stadtkern.community.services.news import note_published
from stadtkern.community.services.reminding import remind
from stadtkern.community.services.telling import tell_due
from stadtkern.web.tasks import every, huey


@every(20)
def tell_subscribers() -> None:
    """Tell those whose time has come what is new."""
    note_published()
    tell_due()


@huey.periodic_task(crontab(minute="20", hour="7"))
def remind_producers() -> None:
    """Write to those who missed what they promised."""
    remind()
