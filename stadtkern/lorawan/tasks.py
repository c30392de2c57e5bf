"""What the worker does for LoRaWAN devices."""

from huey import crontab

from stadtkern.lorawan.models import Redecoding
from stadtkern.lorawan.services import look_for_silence, redecode
from stadtkern.web.tasks import huey


@huey.periodic_task(crontab(minute="*/5"))
def silence() -> None:
    """Look for devices that should have sent long ago."""
    look_for_silence()


@huey.task(retries=3, retry_delay=60)
def decode_again(pk: int) -> None:
    """Do a run that somebody asked for; a repetition goes on where the last one ended."""
    work = Redecoding.objects.filter(pk=pk).exclude(state=Redecoding.State.DONE).first()
    if work is not None:
        redecode(work)
