"""Contract of a connector: how an outside data source becomes observations.

A connector is pure: it says which addresses to ask and how to read an answer. Fetching, retrying, storing
and reporting are the business of `base.http`, `ingest` and `observations`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from stadtkern.base.errors import SourceError
from stadtkern.contracts.option import Label, Option

__all__ = [
    "NOTHING",
    "Connector",
    "Context",
    "DeviceStatus",
    "DownlinkOrder",
    "DownlinkReport",
    "Follow",
    "Item",
    "Outgoing",
    "RawUplink",
    "Reading",
    "Reception",
    "Rejected",
    "Request",
    "SourceError",
    "Station",
    "Threshold",
    "Transport",
]

NOTHING: Mapping[str, Any] = MappingProxyType({})
Transport: TypeAlias = Literal["http", "mqtt", "webhook", "file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Where something is measured: describes a SensorThings Thing and its Location.

    `thing` is the key that readings use. Names are as the source writes them. `properties` holds whatever
    else is worth keeping (river, operator, capacity). A later Station of the same key updates the earlier.
    """

    thing: str
    name: str = ""
    description: str = ""
    longitude: float | None = None
    """Degrees east, WGS 84."""
    latitude: float | None = None
    """Degrees north, WGS 84."""
    properties: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measured or predicted value in the terms of OGC SensorThings 1.1."""

    thing: str
    """Stable key of the thing within its source, such as a gauge number."""
    observed_property: str
    """Slug out of `contracts.properties.OBSERVED_PROPERTIES`, or the source's own slug."""
    phenomenon_time: datetime
    """Aware; a naive time is refused by `record`."""
    result: float
    unit: str
    """UCUM code, such as `cm`, `Cel`, `m3/s`, `ug/m3`, `1`."""
    result_time: datetime | None = None
    """When a forecast was made or a result became known."""
    is_forecast: bool = False
    """Forecasts live in a datastream of their own, in which a newer value replaces the older one."""
    sensor: str = ""
    """Instrument or procedure, where the source tells it."""
    quality: Literal["", "good", "questionable", "bad"] = ""
    """What the source itself says about the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A named level of a datastream, such as an alarm level, valid for a time."""

    thing: str
    observed_property: str
    name: str
    """For example `A1`, `MHW`, `stan ostrzegawczy`."""
    value: float
    unit: str
    severity: int = 0
    """0 information, 1 to 4 rising danger (German alarm levels; Polish warning level 1, alarm level 3)."""
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A part of an answer that cannot become a reading, and why."""

    reason: str
    """One English line without personal data, such as `value is not a number: "n/a"`."""
    where: str = ""
    """Row, column, path or key in the answer."""
    raw: str = ""
    """The offending piece, at most some hundred characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An address to ask."""

    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    name: str = ""
    """Tells answers of different kinds apart in `parse` (`Context.name`)."""
    max_bytes: int = 64_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Another address that an answer led to; it is fetched in the same poll."""

    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """How one gateway heard a LoRaWAN device."""

    gateway: str
    """Gateway EUI or id, as the network server writes it."""
    rssi: float | None = None
    """Signal strength in dBm."""
    snr: float | None = None
    """Signal-to-noise ratio in dB."""
    longitude: float | None = None
    latitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawUplink:
    """What a LoRaWAN device sent, before anybody read a meaning into it."""

    thing: str
    """Device EUI in capital letters: also the key of the thing in readings."""
    time: datetime
    """When the network server received it; aware."""
    payload: bytes
    port: int | None = None
    counter: int | None = None
    """Frame counter of the uplink."""
    name: str = ""
    network_id: str = ""
    """Name of the device at the network server, where that is not the EUI."""
    application: str = ""
    join_eui: str = ""
    data_rate: str = ""
    """Such as `SF7BW125`."""
    frequency: float | None = None
    """In MHz."""
    receptions: Sequence[Reception] = ()
    decoded: Mapping[str, Any] | None = None
    """What the network server decoded."""
    items: Sequence["Item"] = ()
    """The items, also yielded by themselves, that stem from `decoded` or complain about its lack: they are
    dropped where a codec of ours decodes the device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """What a LoRaWAN device says about itself in a MAC command."""

    thing: str
    time: datetime
    battery: float | None = None
    """In percent; None: outside power or unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownlinkReport:
    """What the network server tells about a message to a device."""

    reference: str
    """The id that we gave the message."""
    state: Literal["queued", "sent", "acknowledged", "failed"]
    time: datetime
    detail: str = ""


Item: TypeAlias = (
    Reading | Station | Threshold | Rejected | Follow | RawUplink | DeviceStatus | DownlinkReport
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DownlinkOrder:
    """A message to a LoRaWAN device, for the network server to send when the device listens."""

    reference: str
    device_eui: str
    network_id: str
    application: str
    port: int
    payload: bytes
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to a network server: by HTTP POST if there is an address, else by MQTT."""

    body: bytes
    topic: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known about an answer besides its bytes."""

    options: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """The settings of the source, defaults filled in."""
    url: str = ""
    """Address the answer came from, or the name of the file."""
    name: str = ""
    """`Request.name` of the question."""
    topic: str = ""
    """MQTT topic of the message."""
    received: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """An outside data source: where it is, how often to ask, how to read the answer."""

    title: Label
    description: Label
    """One sentence for editors: what comes in."""
    publisher: str
    homepage: str
    licence: str
    """Code such as `dl-de/by-2-0`, `dl-de/zero-2-0`, `CC-BY-4.0`, `CC0-1.0`; empty: set per source."""
    attribution: str
    """The words the licence wants to see beside the data; empty: set per source."""
    parse: Callable[[bytes, Context], Iterable[Item]]
    """Pure. Raises `SourceError` if the whole answer is unusable; yields `Rejected` for single bad parts."""
    interval: timedelta = timedelta(minutes=15)
    transport: Transport = "http"
    requests: Callable[[Mapping[str, Any]], Sequence[Request]] | None = None
    """For transport http: the addresses to ask under the given settings."""
    topics: Callable[[Mapping[str, Any]], Sequence[str]] | None = None
    """For transport mqtt: the topic filters to subscribe to under the given settings."""
    webhook: bool = False
    """Also accepts messages by POST to `/hooks/<source>/`."""
    downlink: Callable[[DownlinkOrder, Mapping[str, Any]], Outgoing] | None = None
    """How a message to a device is handed to the network server under the given settings; raises
    `SourceError` if the settings do not allow it."""
    commands: Callable[[Mapping[str, Any]], Sequence[str]] | None = None
    """The topic filters under which the network server waits for messages to devices at our broker."""
    options: Sequence[Option] = ()
    check_options: Callable[[Mapping[str, Any]], Sequence[str]] | None = None
    """Finds what is wrong with the settings of a source beyond missing ones: one clear line for each, with
    the name of the setting and the line in it. Asked when an editor saves the source."""
    timezone: str = "UTC"
    """IANA name of the zone of times that the source writes without one."""
    sample_options: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """Settings under which `sample.*` in the folder gives readings."""
