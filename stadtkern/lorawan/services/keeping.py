"""Raw uplinks into the database, and what they tell about devices and gateways.

Everything here happens in the transaction in which the readings are stored.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point

from stadtkern.base.clock import now
from stadtkern.contracts.connector import DeviceStatus, DownlinkReport, RawUplink
from stadtkern.lorawan.meaning import batteries
from stadtkern.lorawan.models import Coverage, Device, DeviceState, Gateway, Uplink, best_signal
from stadtkern.lorawan.services import alarms, downlinks
from stadtkern.lorawan.services.decoding import Heard
from stadtkern.lorawan.services.names import link_things
from stadtkern.observations.services.text import clean_json

MOST_UNKNOWN = 1000
"""Devices that nobody has set up; a stranger who sends under a new EUI each time fills no disk."""
LARGEST_GAP = 1000
"""A counter that jumps further was reset, nothing was lost."""
LONGEST_JSON = 20_000


def keep(items: Iterable[Any], *, source: str, received: datetime | None = None) -> int:
    """Store the uplinks among the items of a batch; return how many were new.

    An uplink that came before (same device, counter and time) is counted and otherwise left out.
    """
    batch = _Batch.of(items)
    if batch.reports:
        downlinks.note_reports(batch.reports)
    if not batch.heard and not batch.statuses:
        return 0
    devices = _devices(batch, source)
    new, repeated = _new_uplinks(batch.heard, devices, received or now())
    Uplink.objects.bulk_create([row for _one, row in new], ignore_conflicts=True, batch_size=500)
    states = _update_states(new, repeated, batch.statuses, devices)
    _update_gateways([one for one, _row in new], devices)
    alarms.judge(states)
    link_things(devices.values(), source)
    return len(new)


@dataclass(slots=True)
class _Batch:
    heard: list[Heard] = field(default_factory=list)
    statuses: list[DeviceStatus] = field(default_factory=list)
    reports: list[DownlinkReport] = field(default_factory=list)

    @classmethod
    def of(cls, items: Iterable[Any]) -> "_Batch":
        batch = cls()
        for item in items:
            if isinstance(item, Heard):
                batch.heard.append(item)
            elif isinstance(item, RawUplink):
                batch.heard.append(Heard(item))
            elif isinstance(item, DeviceStatus):
                batch.statuses.append(item)
            elif isinstance(item, DownlinkReport):
                batch.reports.append(item)
        return batch


def is_eui(text: str) -> bool:
    """Return whether a text is an EUI: 16 hexadecimal digits, capital letters."""
    return len(text) == 16 and all(sign in "0123456789ABCDEF" for sign in text)  # noqa: PLR2004  # EUI-64


def _devices(batch: _Batch, source: str) -> dict[str, Device]:
    """Return the devices by EUI, made where they are new; what is no EUI or too much has none."""
    raws = {one.raw.thing: one.raw for one in batch.heard if is_eui(one.raw.thing)}
    euis = {*raws, *(status.thing for status in batch.statuses)}
    found = {d.eui: d for d in Device.objects.filter(eui__in=euis).select_related("profile", "state")}
    fresh = [eui for eui in raws if eui not in found]
    if fresh:
        room = max(0, MOST_UNKNOWN - Device.objects.unknown().count())
        made = [_new_device(raws[eui], source) for eui in fresh[:room]]
        Device.objects.bulk_create(made, ignore_conflicts=True)
        added = Device.objects.filter(eui__in=fresh).select_related("profile", "state")
        found |= {device.eui: device for device in added}
    _update_devices([(found[eui], raw) for eui, raw in raws.items() if eui in found], source)
    return found


def _new_device(raw: RawUplink, source: str) -> Device:
    return Device(
        eui=raw.thing,
        name=raw.name[:200],
        source=source,
        join_eui=raw.join_eui if is_eui(raw.join_eui) else "",
        network_id=raw.network_id[:200],
        application=raw.application[:200],
        first_seen=raw.time,
    )


def _update_devices(pairs: Sequence[tuple[Device, RawUplink]], source: str) -> None:
    """Remember where a device is reached: at which source, application and under which name there."""
    changed = []
    for device, raw in pairs:
        before = (device.source, device.network_id, device.application)
        device.source = source
        device.network_id = raw.network_id[:200] or device.network_id
        device.application = raw.application[:200] or device.application
        if before != (device.source, device.network_id, device.application):
            changed.append(device)
    if changed:
        Device.objects.bulk_update(changed, ["source", "network_id", "application"], batch_size=200)


Row = tuple[Heard, Uplink]


def _new_uplinks(
    heard: Sequence[Heard], devices: Mapping[str, Device], received: datetime
) -> tuple[list[Row], dict[int, int]]:
    """Return the uplinks to store, and how many of each device came a second time."""
    known = [(one, devices[one.raw.thing]) for one in heard if one.raw.thing in devices]
    ids = {device.pk for _one, device in known}
    times = {one.raw.time for one, _device in known}
    there = set(
        Uplink.objects.filter(device__in=ids, time__in=times).values_list("device_id", "time", "counter")
    )
    new: list[Row] = []
    repeated: defaultdict[int, int] = defaultdict(int)
    for one, device in known:
        counter = -1 if one.raw.counter is None else one.raw.counter
        key = (device.pk, one.raw.time, counter)
        if key in there:
            repeated[device.pk] += 1
            continue
        there.add(key)
        new.append((one, _uplink(one, device, counter, received)))
    return new, repeated


def _uplink(one: Heard, device: Device, counter: int, received: datetime) -> Uplink:
    raw, decoded = one.raw, one.decoded
    return Uplink(
        device=device,
        time=raw.time,
        counter=counter,
        port=raw.port,
        payload=raw.payload,
        received=received,
        data_rate=raw.data_rate[:20],
        frequency=raw.frequency,
        receptions=[[one.gateway[:200], one.rssi, one.snr] for one in raw.receptions],
        server_decoded=storable(raw.decoded),
        decoded=storable(decoded.data) if decoded else None,
        normalized=storable(list(decoded.normalized)) if decoded and decoded.normalized else None,
        results=one.results,
        warnings=list(decoded.warnings) if decoded else [],
        error=one.error[:300],
        digest=one.digest,
    )


def storable(value: object) -> Any:  # noqa: ANN401  # any JSON
    """Return JSON that both databases take, nothing where it is far too long."""
    if value is None:
        return None
    cleaned = clean_json(value)
    return cleaned if len(repr(cleaned)) <= LONGEST_JSON else {"_": "too long to be kept"}


def _update_states(
    new: Sequence[Row],
    repeated: Mapping[int, int],
    statuses: Sequence[DeviceStatus],
    devices: Mapping[str, Device],
) -> list[DeviceState]:
    states: dict[int, DeviceState] = {}

    def state_of(device: Device) -> DeviceState:
        if device.pk not in states:
            states[device.pk] = getattr(device, "state", None) or DeviceState(device=device)
            states[device.pk].device = device
        return states[device.pk]

    for one, row in sorted(new, key=lambda pair: pair[1].time):
        _note_uplink(state_of(row.device), one, row)
    by_pk = {device.pk: device for device in devices.values()}
    for pk, count in repeated.items():
        state_of(by_pk[pk]).repeated += count
    for status in statuses:
        if status.thing in devices:
            state_of(devices[status.thing]).battery = status.battery
    fields = [one.name for one in DeviceState._meta.concrete_fields if not one.primary_key]  # noqa: SLF001
    DeviceState.objects.bulk_create(
        states.values(), update_conflicts=True, unique_fields=["device"], update_fields=fields, batch_size=200
    )
    return list(states.values())


def _note_uplink(state: DeviceState, one: Heard, row: Uplink) -> None:
    state.uplinks += 1
    if state.last_seen is not None and row.time < state.last_seen:
        return  # late: it says nothing about now
    gap = row.counter - state.counter - 1 if state.counter is not None and row.counter > state.counter else 0
    state.lost += gap if 0 < gap < LARGEST_GAP else 0
    state.counter = row.counter if row.counter >= 0 else state.counter
    state.last_seen = row.time
    state.rssi, state.snr = best_signal(row.receptions)
    state.gateways = len(row.receptions)
    level, voltage = batteries(one.decoded.data if one.decoded else one.raw.decoded)
    state.battery = level if level is not None else state.battery
    state.battery_voltage = voltage if voltage is not None else state.battery_voltage
    state.error = row.error
    state.errors_in_row = state.errors_in_row + 1 if row.error else 0


def _update_gateways(heard: Sequence[Heard], devices: Mapping[str, Device]) -> None:
    """Count what each gateway heard, and how well it hears each device."""
    names = {reception.gateway[:200] for one in heard for reception in one.raw.receptions}
    if not names:
        return
    known = {one.gateway_id: one for one in Gateway.objects.filter(gateway_id__in=names)}
    for name in names - known.keys():
        known[name] = Gateway(gateway_id=name)
    pairs = {(devices[one.raw.thing].pk, r.gateway[:200]) for one in heard for r in one.raw.receptions}
    rows = Coverage.objects.filter(device__in={pk for pk, _name in pairs}, gateway__gateway_id__in=names)
    coverage = {(row.device_id, row.gateway.gateway_id): row for row in rows.select_related("gateway")}
    for one in sorted(heard, key=lambda entry: entry.raw.time):
        for reception in one.raw.receptions:
            gateway = known[reception.gateway[:200]]
            gateway.uplinks += 1
            gateway.last_seen = max(filter(None, (gateway.last_seen, one.raw.time)))
            if reception.longitude is not None and reception.latitude is not None:
                _place(gateway, reception.longitude, reception.latitude)
            key = (devices[one.raw.thing].pk, reception.gateway[:200])
            row = coverage.setdefault(key, Coverage(device_id=key[0], last_seen=one.raw.time))
            row.uplinks += 1
            row.last_seen = max(row.last_seen, one.raw.time)
            row.rssi, row.snr = reception.rssi, reception.snr
            strengths = [value for value in (row.best_rssi, reception.rssi) if value is not None]
            row.best_rssi = max(strengths, default=None)
    _save_gateways(known, coverage)


def _save_gateways(known: Mapping[str, Gateway], coverage: Mapping[tuple[int, str], Coverage]) -> None:
    Gateway.objects.bulk_create([one for one in known.values() if one.pk is None], ignore_conflicts=True)
    ids = dict(Gateway.objects.filter(gateway_id__in=known).values_list("gateway_id", "pk"))
    old = [one for one in known.values() if one.pk is not None and one.gateway_id in ids]
    Gateway.objects.bulk_update(old, ["uplinks", "last_seen", "location"], batch_size=200)
    for (_device, name), row in coverage.items():
        row.gateway_id = ids[name]
    Coverage.objects.bulk_create(
        coverage.values(),
        update_conflicts=True,
        unique_fields=["gateway", "device"],
        update_fields=["uplinks", "last_seen", "rssi", "snr", "best_rssi"],
        batch_size=500,
    )


def _place(gateway: Gateway, longitude: float, latitude: float) -> None:
    """Take over where the network server says the gateway stands, unless somebody here knows better."""
    if not gateway.is_placed_by_hand:
        gateway.location = Point(longitude, latitude, srid=4326)
