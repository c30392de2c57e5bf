"""From raw uplinks to readings, before anything is stored: codecs may take a while, transactions may not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from stadtkern.contracts.answers import reject
from stadtkern.contracts.connector import Item, RawUplink, Reading
from stadtkern.contracts.decoded import Uplink as Moment
from stadtkern.lorawan.engine.pool import Decoded, Pool, Script, pool
from stadtkern.lorawan.meaning import Meanings, readings
from stadtkern.lorawan.models import Codec, Device

PORT_UNKNOWN = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A raw uplink with what our codec made of it."""

    raw: RawUplink
    decoded: Decoded | None = None
    """None: no codec of ours is responsible."""
    items: tuple[Item, ...] = ()
    digest: str = ""

    @property
    def results(self) -> list[list[object]]:
        """The readings that became of it, ours or those of the network server, as the uplink keeps them."""
        return results_of(self.raw.items if self.decoded is None else self.items)

    @property
    def error(self) -> str:
        """Why it could not be decoded."""
        return self.decoded.errors[0] if self.decoded and self.decoded.errors else ""


def results_of(items: Iterable[Item]) -> list[list[object]]:
    """Return readings as `Uplink.results` keeps them."""
    return [
        [item.observed_property, item.phenomenon_time.isoformat(), item.result, item.unit]
        for item in items
        if isinstance(item, Reading)
    ]


def codec_pool() -> Pool:
    """Return the processes in which codecs run."""
    return pool(settings.CODEC_WORKERS)


def call_of(raw: RawUplink, device: Device) -> dict[str, object]:
    """Return an uplink as codecs are given it."""
    return call(raw.payload, raw.port, raw.time.timestamp() * 1000, device.variables)


def call(
    payload: bytes, port: int | None, milliseconds: float, variables: Mapping[str, Any]
) -> dict[str, object]:
    """Return the input of a codec."""
    return {
        "bytes": list(payload),
        "fPort": PORT_UNKNOWN if port is None else port,
        "time": int(milliseconds),
        "variables": variables,
    }


def prepare(groups: Sequence[Sequence[Item]]) -> list[list[Any]]:
    """Decode the raw uplinks in the items of some messages, with as few questions as possible.

    Each `RawUplink` becomes a `Heard`. Where a codec of ours is responsible its readings take the place of
    those that the network server's decoding gave.
    """
    raws = [item for group in groups for item in group if isinstance(item, RawUplink)]
    if not raws:
        return [list(group) for group in groups]
    heard = decode(raws)
    found: list[list[Any]] = []
    for group in groups:
        replaced = {
            id(item)
            for raw in group
            if isinstance(raw, RawUplink) and heard[id(raw)].decoded is not None
            for item in raw.items
        }
        own: list[Any] = []
        for item in group:
            if isinstance(item, RawUplink):
                own += [heard[id(item)], *heard[id(item)].items]
            elif id(item) not in replaced:
                own.append(item)
        found.append(own)
    return found


def decode(raws: Sequence[RawUplink]) -> dict[int, Heard]:
    """Return what our codecs make of raw uplinks, by `id()` of the uplink."""
    euis = {raw.thing for raw in raws}
    devices = {
        device.eui: device
        for device in Device.objects.enrolled().filter(eui__in=euis).select_related("profile__codec")
    }
    found = {id(raw): Heard(raw) for raw in raws}
    by_codec: defaultdict[int, list[tuple[RawUplink, Device]]] = defaultdict(list)
    codecs: dict[int, Codec] = {}
    for raw in raws:
        device = devices.get(raw.thing)
        codec = device.profile.codec if device and device.profile else None
        if device and codec and raw.payload and raw.port != 0:
            codecs[codec.pk] = codec
            by_codec[codec.pk].append((raw, device))
    for pk, pairs in by_codec.items():
        decoded = run(codecs[pk], [call_of(raw, device) for raw, device in pairs])
        for (raw, device), one in zip(pairs, decoded, strict=True):
            items = items_of(one, raw.thing, raw, device)
            found[id(raw)] = Heard(raw, one, tuple(items), codecs[pk].digest)
    return found


def run(codec: Codec, calls: Sequence[Mapping[str, Any]]) -> list[Decoded]:
    """Run a stored codec."""
    return codec_pool().run(Script(codec.script, codec.digest), "uplink", calls)


def items_of(decoded: Decoded, thing: str, raw: RawUplink, device: Device) -> list[Item]:
    """Return the readings in what a codec returned, or why there are none."""
    if decoded.errors:
        return [reject(f"the codec says: {decoded.errors[0]}", thing, raw.payload.hex())]
    moment = Moment(thing=thing, time=raw.time, sensor=str(device.profile or ""))
    return readings(decoded.data, decoded.normalized, moment, Meanings.of(device))
