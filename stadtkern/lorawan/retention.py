"""The tables here that grow, and when their rows end."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from stadtkern.lorawan.models import Device, DeviceAlarm, Downlink, Gateway, Redecoding, Uplink

UNKNOWN_UPLINKS_KEPT = timedelta(days=30)
UNKNOWN_KEPT = timedelta(days=90)
GATEWAYS_KEPT = timedelta(days=400)
TOGETHER = 5000


def delete_uplinks(moment: datetime) -> int:
    """End raw uplinks: of devices that nobody set up sooner than of the others."""
    limit = moment - timedelta(days=settings.UPLINK_DAYS)
    count = _delete(Uplink.objects.filter(time__lt=limit))
    unknown = Uplink.objects.filter(device__enrolled=None, time__lt=moment - UNKNOWN_UPLINKS_KEPT)
    return count + _delete(unknown)


def _delete(rows: QuerySet[Uplink]) -> int:
    """Delete in parts, so that no transaction holds up those who write."""
    count = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:TOGETHER]):
        count += Uplink.objects.filter(pk__in=keys).delete()[0]
    return count


def delete_unknown_devices(moment: datetime) -> int:
    """Forget devices that nobody set up and nobody hears any more."""
    limit = moment - UNKNOWN_KEPT
    silent = Q(state__last_seen__lt=limit) | Q(state=None, first_seen__lt=limit)
    return Device.objects.filter(silent, enrolled=None).delete()[0]


def delete_downlinks(moment: datetime) -> int:
    """End what was sent to devices; the audit trail has it for as long as it is kept."""
    return Downlink.objects.filter(ordered__lt=moment - timedelta(days=settings.UPLINK_DAYS)).delete()[0]


def delete_redecodings(moment: datetime) -> int:
    """End runs with the old values in them when the audit trail of that time ends."""
    return Redecoding.objects.filter(started__lt=moment - timedelta(days=settings.AUDIT_DAYS)).delete()[0]


def delete_alarms(moment: datetime) -> int:
    """End alarms that were over long ago."""
    return DeviceAlarm.objects.filter(ended__lt=moment - timedelta(days=settings.UPLINK_DAYS)).delete()[0]


def delete_gateways(moment: datetime) -> int:
    """Forget gateways that nobody placed and that hear nothing any more."""
    old = Gateway.objects.filter(last_seen__lt=moment - GATEWAYS_KEPT, is_placed_by_hand=False)
    return old.delete()[0]
