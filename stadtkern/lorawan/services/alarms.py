"""Alarms of devices: raised once, ended by themselves."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_noop

from stadtkern.base.alarms import Alarm, tell
from stadtkern.base.clock import now
from stadtkern.lorawan.models import Device, DeviceAlarm, DeviceState

logger = logging.getLogger(__name__)
LOW_BATTERY, GOOD_BATTERY = 15.0, 25.0
"""Percent; two limits, so that an alarm does not come and go."""
MANY_ERRORS = 5
Kind = DeviceAlarm.Kind

TITLES = {
    Kind.SILENT: gettext_noop("A device is silent"),
    Kind.BATTERY: gettext_noop("The battery of a device is low"),
    Kind.CODEC: gettext_noop("A device cannot be decoded"),
}
TEXTS = {
    Kind.SILENT: gettext_noop("%(name)s (%(eui)s) has not sent for longer than expected."),
    Kind.BATTERY: gettext_noop("The battery of %(name)s (%(eui)s) is low: %(detail)s."),
    Kind.CODEC: gettext_noop("What %(name)s (%(eui)s) sends cannot be decoded: %(detail)s"),
}


def interval_of(device: Device) -> timedelta | None:
    """Return how often a device should send, None where nobody said."""
    return device.interval or (device.profile.interval if device.profile else None)


def silence_limit(device: Device) -> timedelta | None:
    """Return after how long a device counts as silent."""
    interval = interval_of(device)
    return interval * device.patience if interval else None


def judge(states: Sequence[DeviceState]) -> None:
    """Look at devices that just sent something: end and raise alarms."""
    enrolled = [state for state in states if state.device.enrolled]
    open_ = open_alarms([state.device_id for state in enrolled])
    for state in enrolled:
        limit = silence_limit(state.device)
        is_back = state.last_seen is not None and (limit is None or now() - state.last_seen < limit)
        _settle(open_, state.device, Kind.SILENT, is_good=is_back, is_bad=False)
        level = state.battery
        _settle(
            open_,
            state.device,
            Kind.BATTERY,
            is_bad=level is not None and level < LOW_BATTERY,
            is_good=level is None or level > GOOD_BATTERY,
            detail="" if level is None else f"{level:.0f} %",
        )
        is_broken = state.errors_in_row >= MANY_ERRORS
        _settle(
            open_, state.device, Kind.CODEC, is_bad=is_broken, is_good=not state.error, detail=state.error
        )


def look_for_silence(moment: datetime | None = None) -> int:
    """Raise an alarm for every device that should have sent long ago; return how many are silent."""
    at = moment or now()
    count = 0
    for device in _expected():
        limit = silence_limit(device)
        seen = getattr(getattr(device, "state", None), "last_seen", None) or device.enrolled
        if limit is None or seen is None or at - seen <= limit:
            continue
        count += 1
        _settle(open_alarms([device.pk]), device, Kind.SILENT, is_bad=True, is_good=False, since=seen)
    return count


def _expected() -> QuerySet[Device]:
    """Return the devices that may have to be looked at: heard nothing of within the last minutes."""
    quiet_since = now() - timedelta(minutes=1)
    found = Device.objects.enrolled().select_related("profile", "state")
    return found.exclude(state__last_seen__gt=quiet_since).order_by("pk")


def open_alarms(devices: Sequence[int]) -> dict[tuple[int, str], DeviceAlarm]:
    """Return the alarms of devices that have not ended, by device and kind."""
    if not devices:
        return {}
    found = DeviceAlarm.objects.filter(device__in=devices, ended=None)
    return {(alarm.device_id, alarm.kind): alarm for alarm in found}


def _settle(  # noqa: PLR0913  # every one by name
    open_: dict[tuple[int, str], DeviceAlarm],
    device: Device,
    kind: DeviceAlarm.Kind,
    *,
    is_bad: bool,
    is_good: bool,
    detail: str = "",
    since: datetime | None = None,
) -> None:
    alarm = open_.get((device.pk, kind))
    if alarm is None and is_bad:
        alarm = DeviceAlarm.objects.create(
            device=device, kind=kind, since=since or now(), detail=detail[:300]
        )
        logger.warning("device %s: %s", device.eui, kind.value)
    elif alarm is not None and is_good:
        alarm.ended = now()
        alarm.save(update_fields=["ended"])
        logger.info("device %s: %s is over", device.eui, kind.value)
    else:
        return
    _tell(device, alarm)


def _tell(device: Device, alarm: DeviceAlarm) -> None:
    """Let the rest of the program know; rules may turn it into notices."""
    kind = Kind(alarm.kind)
    tell(
        Alarm(
            kind=f"lorawan-{kind.value}",
            subject=device.eui,
            is_over=alarm.ended is not None,
            title=TITLES[kind],
            text=TEXTS[kind],
            params={"name": str(device), "eui": device.eui, "detail": alarm.detail},
            url=reverse("lorawan-device", args=[device.pk]),
            severity=2 if kind == Kind.SILENT else 1,
        )
    )
