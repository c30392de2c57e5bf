"""Mails that nobody waits for."""

import logging

from django.core.mail import EmailMessage

logger = logging.getLogger(__name__)


def send_quietly(mail: EmailMessage, what: str) -> bool:
    """Send a mail written by the program; should the server be away, say so in the log and go on."""
    mail.extra_headers["Auto-Submitted"] = "auto-generated"
    try:
        mail.send()
    except OSError as error:
        logger.warning("mail about %s not sent: %s", what, error)
        return False
    return True
