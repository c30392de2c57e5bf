"""How devices and gateways are doing, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stadtkern.base.clock import now
from stadtkern.base.fields import flatten, known_field, slug
from stadtkern.contracts.answers import reject
from stadtkern.contracts.connector import Item, RawUplink, Reading, Rejected
from stadtkern.contracts.option import Label
from stadtkern.lorawan.engine.pool import Decoded
from stadtkern.lorawan.meaning import NORMALIZED
from stadtkern.lorawan.models import (
    Coverage,
    Device,
    DeviceAlarm,
    DeviceProfile,
    DeviceQuerySet,
    DeviceState,
    Gateway,
    Uplink,
)
from stadtkern.lorawan.services.decoding import call, items_of, run
from stadtkern.web.numbers import number_text

CONDITIONS: dict[str, tuple[Label, str]] = {
    "silent": (gettext_lazy("Silent"), "error"),
    "codec": (gettext_lazy("Cannot be decoded"), "error"),
    "battery": (gettext_lazy("Battery low"), "warning"),
    "waiting": (gettext_lazy("Not heard yet"), "time"),
    "unknown": (gettext_lazy("Unknown, enrol?"), "help"),
    "good": (gettext_lazy("Working"), "circle-check"),
}
"""Word and icon of each condition; colour is never the only sign."""
SIGNALS = ((-100.0, gettext_lazy("good")), (-115.0, gettext_lazy("fair")), (-1e9, gettext_lazy("weak")))
"""Signal strength in dBm and what it is called; a gateway hears LoRa down to about -130 dBm."""
PREVIEW_UPLINKS = 5


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device as a line of the list."""

    device: Device
    state: DeviceState
    condition: str
    since: datetime | None = None

    @property
    def word(self) -> Label:
        """The condition as a word."""
        return CONDITIONS[self.condition][0]

    @property
    def icon(self) -> str:
        """The name of the icon of the condition."""
        return CONDITIONS[self.condition][1]

    @property
    def signal(self) -> str:
        """How well it is heard."""
        return signal_word(self.state.rssi)

    @property
    def battery(self) -> str:
        """Level or voltage of the battery."""
        if self.state.battery is not None:
            return number_text(self.state.battery, "%")
        return "" if self.state.battery_voltage is None else number_text(self.state.battery_voltage, "V", 2)


def signal_word(rssi: float | None) -> str:
    """Return a signal strength in words, empty where it is unknown."""
    if rssi is None:
        return ""
    return str(next(word for limit, word in SIGNALS if rssi >= limit))


def device_lines(devices: "QuerySet[Device] | Iterable[Device]") -> list[DeviceLine]:
    """Return devices as lines, with their alarms by one query."""
    found = list(devices)
    alarms: dict[int, list[DeviceAlarm]] = {}
    for alarm in DeviceAlarm.objects.filter(device__in=[device.pk for device in found], ended=None):
        alarms.setdefault(alarm.device_id, []).append(alarm)
    return [_line(device, alarms.get(device.pk, [])) for device in found]


def _line(device: Device, alarms: Sequence[DeviceAlarm]) -> DeviceLine:
    state = getattr(device, "state", None) or DeviceState(device=device)
    if device.enrolled is None:
        return DeviceLine(device, state, "unknown")
    order = list(CONDITIONS)
    for alarm in sorted(alarms, key=lambda one: order.index(one.kind)):
        return DeviceLine(device, state, alarm.kind, alarm.since)
    return DeviceLine(device, state, "good" if state.last_seen else "waiting")


def troubled() -> DeviceQuerySet:
    """Return the devices with an alarm."""
    return Device.objects.enrolled().filter(alarms__ended=None, alarms__isnull=False).distinct()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A decoded field with what it could mean."""

    field: str
    sample: str
    observed_property: str
    unit: str
    is_number: bool
    is_known: bool


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One uplink as it would be read."""

    uplink: Uplink
    decoded: Decoded
    items: Sequence[Item]

    @property
    def readings(self) -> list[Reading]:
        """What would be stored."""
        return [item for item in self.items if isinstance(item, Reading)]

    @property
    def rejects(self) -> list[Rejected]:
        """What could not be stored."""
        return [item for item in self.items if isinstance(item, Rejected)]


def preview(device: Device, profile: DeviceProfile | None, most: int = PREVIEW_UPLINKS) -> list[PreviewLine]:
    """Decode the last uplinks of a device as it stands in memory, with a profile; nothing is stored."""
    uplinks = list(device.uplinks.exclude(port=0)[:most]) if device.pk else []
    uplinks = [uplink for uplink in uplinks if uplink.payload]
    if profile is None or profile.codec is None or not uplinks:
        return []
    trial = Device(eui=device.eui, profile=profile, fields=device.fields, variables=device.variables)
    calls = [call(bytes(u.payload), u.port, u.time.timestamp() * 1000, device.variables) for u in uplinks]
    found = []
    for uplink, decoded in zip(uplinks, run(profile.codec, calls), strict=True):
        raw = RawUplink(thing=device.eui, time=uplink.time, payload=bytes(uplink.payload), port=uplink.port)
        found.append(PreviewLine(uplink, decoded, _items(decoded, raw, trial)))
    return found


def _items(decoded: Decoded, raw: RawUplink, device: Device) -> list[Item]:
    try:
        return items_of(decoded, device.eui, raw, device)
    except (ValueError, KeyError) as error:  # a half-typed meaning of a field
        return [reject(error)]


def suggestions(lines: Sequence[PreviewLine], profile: DeviceProfile | None) -> list[Suggestion]:
    """Return the fields that the last uplinks hold, with what they probably mean."""
    from stadtkern.contracts.mapping import read_meanings  # noqa: PLC0415  # only the wizard needs it

    samples: dict[str, object] = {}
    for line in lines:
        if isinstance(line.decoded.data, dict):
            for name, value in flatten(line.decoded.data):
                samples.setdefault(name, value)
    said = {one.field: one for one in read_meanings(profile.fields if profile else [])}
    found = []
    for name, value in samples.items():
        is_number = isinstance(value, int | float)
        usual = known_field(name)
        if name in said:
            meaning = (said[name].observed_property, said[name].unit)
        else:
            meaning = usual or (slug(name), "1")
        is_known = name in said or (not said and usual is not None and bool(usual[0]))
        found.append(Suggestion(name, str(value)[:40], *meaning, is_number, is_known))
    return found


def normal_readings(lines: Sequence[PreviewLine]) -> bool:
    """Return whether the codec normalises, so that nobody has to say what its fields mean."""
    return any(
        path in NORMALIZED for line in lines for one in line.decoded.normalized for path, _v in flatten(one)
    )


@dataclass(frozen=True, slots=True)
class GatewayLine:
    """One gateway as a line of the list."""

    gateway: Gateway
    devices: int

    @property
    def is_silent(self) -> bool:
        """Whether it has heard nothing for a day."""
        seen = self.gateway.last_seen
        return seen is None or now() - seen > timedelta(days=1)


def gateway_lines(gateways: "QuerySet[Gateway]") -> list[GatewayLine]:
    """Return gateways with the number of devices that each hears."""
    return [GatewayLine(gateway, gateway.heard) for gateway in gateways.annotate(heard=Count("coverage"))]


def coverage_features() -> dict[str, Any]:
    """Return gateways and the devices they hear as GeoJSON points, in the active language."""
    features = [
        _feature(
            f"gateway-{line.gateway.pk}",
            line.gateway.location.tuple,
            name=str(line.gateway),
            text=ngettext("Gateway, hears %(n)d device", "Gateway, hears %(n)d devices", line.devices)
            % {"n": line.devices},
            time=line.gateway.last_seen,
            kind="energy",
            state="warning" if line.is_silent else "success",
        )
        for line in gateway_lines(Gateway.objects.exclude(location=None))
        if line.gateway.location
    ]
    best: dict[int, Coverage] = {}
    rows = Coverage.objects.exclude(device__thing__location=None).select_related("device__thing", "gateway")
    for row in rows.order_by("device_id", "-rssi"):
        if row.device_id not in best or (row.rssi or -999) > (best[row.device_id].rssi or -999):
            best[row.device_id] = row
    for row in best.values():
        thing = row.device.thing
        if thing is None or thing.location is None:
            continue
        word = signal_word(row.rssi)
        text = _("Device, signal %(word)s (%(rssi)d dBm) at %(gateway)s") % {
            "word": word or "–",
            "rssi": row.rssi or 0,
            "gateway": row.gateway,
        }
        state = (
            ""
            if row.rssi is None or row.rssi >= SIGNALS[0][0]
            else "info"
            if row.rssi >= SIGNALS[1][0]
            else "warning"
        )
        features.append(
            _feature(
                f"device-{row.device_id}",
                thing.location.tuple,
                name=str(row.device),
                text=text,
                time=row.last_seen,
                kind="other",
                state=state,
                url=reverse("lorawan-device", args=[row.device_id]),
            )
        )
    return {"type": "FeatureCollection", "features": features}


def _feature(key: str, place: tuple[float, ...], *, time: datetime | None, **facts: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": key,
        "geometry": {"type": "Point", "coordinates": list(place)},
        "properties": {**facts, "time": time.isoformat() if time else ""},
    }
