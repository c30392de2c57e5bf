"""Mail, by the mail server of the town."""

from email.utils import parseaddr
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage

from stadtkern.warnings.models import Channel
from stadtkern.warnings.senders.message import CannotSend, Message


def send(channel: Channel, message: Message) -> None:
    """Send a mail; sent again it has the same Message-ID."""
    user = channel.user
    address = user.email if user is not None and user.is_active else channel.email
    if not address:
        raise CannotSend("nobody with a mail address is named")
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {"Message-ID": f"<{message.uid}@{domain}>", "Auto-Submitted": "auto-generated"}
    subject = " ".join(message.subject.split())
    mail = EmailMessage(subject, message.body, to=[address], headers=headers)
    try:
        mail.send()
    except SMTPRecipientsRefused as error:
        raise CannotSend("the mail server refuses the address") from error
