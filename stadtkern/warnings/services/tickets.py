"""Tasks that alerts lead to."""

from datetime import timedelta

from stadtkern.base import clock
from stadtkern.base.errors import NotPermitted
from stadtkern.people.models import User
from stadtkern.warnings.models import Channel, Delivery, Ticket
from stadtkern.warnings.senders.message import Message

DUE_IN = timedelta(days=1)


def open_ticket(channel: Channel, message: Message) -> None:
    """Make a task out of an alert, once; the end of the alert is noted in it."""
    known = Ticket.objects.filter(alert=message.alert).order_by("pk").first()
    if message.event == Delivery.Event.ENDED:
        if known is not None and known.done_at is None:
            known.note = "\n\n".join(part for part in (known.note, message.subject) if part)
            known.save(update_fields=["note"])
        return
    if known is None:
        now = clock.now()
        Ticket.objects.create(
            title=message.subject[:300],
            alert=message.alert,
            owner=channel.user,
            due=now + (channel.due_in or DUE_IN),
            created=now,
            note=message.body,
        )


def finish_ticket(ticket: Ticket, *, by: User, note: str = "") -> None:
    """Note that a task is done."""
    if not by.has_perm("warnings.change_ticket", ticket):
        raise NotPermitted("Only its person, editors and analysts may close a task.")
    ticket.done_at = clock.now()
    ticket.note = "\n\n".join(part for part in (ticket.note, note) if part)
    ticket.save(update_fields=["done_at", "note"])
