"""Which messages an alert leads to, and when they may go out."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from stadtkern.base import clock
from stadtkern.warnings.models import Alert, Channel, Delivery


def queue(alert: Alert, event: str, channels: Sequence[Channel]) -> None:
    """Write down the messages to send, in the transaction that changes the alert; each only once."""
    now = clock.now()
    wanted = [one for one in channels if alert.severity >= one.least_severity]
    if event == Delivery.Event.ENDED:
        told = alert.deliveries.filter(event=Delivery.Event.RAISED).values_list("channel", flat=True)
        wanted = [one for one in wanted if one.tells_end and one.pk in set(told)]
    Delivery.objects.bulk_create(
        [
            Delivery(alert=alert, channel=one, event=event, created=now, next_try=loud_at(one, alert, now))
            for one in wanted
        ],
        ignore_conflicts=True,
    )


def loud_at(channel: Channel, alert: Alert, now: datetime) -> datetime:
    """Return when a message may go out: now, or when the quiet hours are over."""
    if channel.quiet_from is None or channel.quiet_to is None or alert.severity >= channel.loud_severity:
        return now
    return quiet_until(channel.quiet_from, channel.quiet_to, now)


def quiet_until(begin: time, end: time, now: datetime) -> datetime:
    """Return the end of the quiet hours that `now` lies in, by the clock of the town; else `now`.

    Quiet hours may pass midnight. On the night of a change of time the clock counts, not the length.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    local = now.astimezone(zone)
    at = local.time()
    is_quiet = begin <= at < end if begin <= end else at >= begin or at < end
    if not is_quiet:
        return now
    day = local.date() + timedelta(days=1 if at >= end else 0)
    return datetime.combine(day, end, zone).astimezone(now.tzinfo)
