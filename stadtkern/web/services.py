"""Reports of barriers: take in, tell the office, delete when their time is over."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from stadtkern.web.models import BarrierReport
from stadtkern.web.tiles_proxy import cache_folder, prune
from stadtkern.web.town import current_town

logger = logging.getLogger(__name__)


def report_barrier(
    *, description: str, path: str = "", email: str = "", language: str = "de"
) -> BarrierReport:
    """Keep a report and tell the office; a mail that fails loses no report."""
    report = BarrierReport.objects.create(description=description, path=path, email=email, language=language)
    tell_office(report)
    return report


def tell_office(report: BarrierReport) -> None:
    """Send a mail to the office of the town, if it has an address."""
    town = current_town()
    if not town.contact.email:
        return
    with translation.override(town.languages[0]):
        place = " ".join(report.path.split()) or town.title  # a header is one line
        subject = _("Barrier reported: %(path)s") % {"path": place}
        text = _("Please answer by %(date)s.") % {"date": report.due_at.date().isoformat()}
    link = f"{settings.PUBLIC_URL}/admin/snippets/web/barrierreport/edit/{report.pk}/"
    try:
        send_mail(subject, f"{report.description}\n\n{text}\n{link}\n", None, [town.contact.email])
    except (SMTPException, OSError):
        logger.exception("mail about reported barrier %s could not be sent", report.pk)


def delete_old_reports(now: datetime) -> int:
    """Delete reports a year after the answer, others after two; return how many (a retention rule)."""
    answered = Q(answered_at__lt=now - timedelta(days=settings.BARRIER_KEEP_DAYS))
    forgotten = Q(answered_at=None, created_at__lt=now - timedelta(days=settings.BARRIER_OPEN_DAYS))
    deleted, _by_model = BarrierReport.objects.filter(answered | forgotten).delete()
    return deleted


def delete_old_tiles(_now: datetime) -> int:
    """Delete the oldest map tiles beyond the room for them, and return how many (a retention rule)."""
    return prune(cache_folder(), settings.TILES_MOST_BYTES)
