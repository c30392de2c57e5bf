"""The end of alerts, messages and tasks."""

from datetime import datetime, timedelta

from django.conf import settings

from stadtkern.warnings.models import Alert, Delivery, Ticket

DELIVERIES_KEPT = timedelta(days=90)


def delete_alerts(now: datetime) -> int:
    """Delete alerts that ended longer ago than `STADTKERN_ALERT_DAYS`."""
    old = Alert.objects.filter(ended__lt=now - timedelta(days=settings.ALERT_DAYS))
    return old.delete()[1].get("warnings.Alert", 0)


def delete_deliveries(now: datetime) -> int:
    """Delete the record of messages after 90 days."""
    old = Delivery.objects.filter(finished__lt=now - DELIVERIES_KEPT)
    return old.delete()[0]


def delete_tickets(now: datetime) -> int:
    """Delete tasks that were done longer ago than alerts are kept."""
    old = Ticket.objects.filter(done_at__lt=now - timedelta(days=settings.ALERT_DAYS))
    return old.delete()[0]
