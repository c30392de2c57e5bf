"""ChirpStack v4: events of LoRaWAN devices, by MQTT or webhook.

The kind of an event stands in the topic (`application/ID/device/EUI/event/up`) or in the address of the
webhook (`?event=up`). Fields whose value is zero may be missing in the JSON.
https://www.chirpstack.io/docs/chirpstack/integrations/events.html
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import finite
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import part, position, reject
from stadtkern.contracts.connector import (
    Connector,
    Context,
    DeviceStatus,
    DownlinkOrder,
    DownlinkReport,
    Item,
    Outgoing,
    RawUplink,
    Reading,
    Reception,
    SourceError,
    Station,
)
from stadtkern.contracts.decoded import (
    FieldRules,
    Uplink,
    field_readings,
    number,
    payload_of,
    radio_readings,
    whole,
)
from stadtkern.contracts.mapping import check_meanings
from stadtkern.contracts.option import Option
from stadtkern.contracts.servers import server_problems

MOST_GATEWAYS = 100
DOWNLINK_CODES = ("DOWNLINK_PAYLOAD_SIZE", "DOWNLINK_CODEC", "DOWNLINK_GATEWAY", "F_CNT_DOWN", "EXPIRED")
EVENTS = ("up", "status", "join", "ack", "txack", "log", "location", "integration")
_SHAPES = (
    ("integrationName", "integration"),
    ("location", "location"),
    ("level", "log"),
    ("gatewayId", "txack"),
    ("queueItemId", "ack"),
    ("rxInfo", "up"),
    ("object", "up"),
    ("data", "up"),
    ("dr", "up"),
    ("margin", "status"),
    ("batteryLevel", "status"),
    ("externalPowerSource", "status"),
    ("batteryLevelUnavailable", "status"),
    ("devAddr", "join"),
)


def event_kind(message: Mapping[str, Any], context: Context) -> str:
    """Return the kind of an event: by topic or address where they tell it, else by its fields."""
    last = context.topic.rpartition("/")[2]
    asked = parse_qs(urlsplit(context.url).query).get("event", [""])[0]
    for told in (last, asked, context.name):
        if told in EVENTS:
            return told
    return next((kind for field, kind in _SHAPES if field in message), "")


def _device(message: Mapping[str, Any]) -> Station:
    info = part(message, "deviceInfo")
    eui = info.get("devEui")
    if not isinstance(eui, str) or not eui.strip():
        raise SourceError("the event names no device: deviceInfo.devEui is missing")
    thing = eui.strip().upper()
    kept = {"application": "applicationName", "profile": "deviceProfileName", "tags": "tags"}
    properties = {name: info[field] for name, field in kept.items() if info.get(field)}
    return Station(thing=thing, name=str(info.get("deviceName") or thing), properties=properties)


def _up(message: Mapping[str, Any], uplink: Uplink, rules: FieldRules) -> Iterator[Item]:
    decoded = message.get("object")
    if not isinstance(decoded, Mapping):
        reason = (
            "the uplink has no decoded payload: set a codec in the device profile at the network server, "
            "or enrol the device here"
        )
        items: list[Item] = [reject(reason, uplink.thing, message.get("data", ""))]
    else:
        items = list(field_readings(decoded, uplink, rules))
        if not items:
            items.append(reject("the decoded payload holds no number", uplink.thing, decoded))
    yield _raw(message, uplink, items)
    yield from items
    yield from radio_readings(message.get("rxInfo"), uplink)


def _raw(message: Mapping[str, Any], uplink: Uplink, items: list[Item]) -> Item:
    try:
        payload = payload_of(message.get("data"))
    except ValueError as error:
        return reject(error, uplink.thing, message.get("data"))
    info = part(message, "deviceInfo")
    lora = part(part(part(message, "txInfo"), "modulation"), "lora")
    spreading, bandwidth = whole(lora.get("spreadingFactor")), whole(lora.get("bandwidth"))
    frequency = number(part(message, "txInfo").get("frequency"))
    decoded = message.get("object")
    application = info.get("applicationId")
    return RawUplink(
        thing=uplink.thing,
        time=uplink.time,
        payload=payload,
        port=whole(message.get("fPort"), 255),
        counter=whole(message.get("fCnt", 0)),
        name=str(info.get("deviceName") or ""),
        application=application if isinstance(application, str) else "",
        join_eui=str(message.get("joinEui") or "").upper()[:16],
        data_rate=f"SF{spreading}BW{bandwidth // 1000}" if spreading and bandwidth else "",
        frequency=frequency / 1e6 if frequency else None,
        receptions=tuple(_receptions(message.get("rxInfo"))),
        decoded=decoded if isinstance(decoded, Mapping) else None,
        items=tuple(items),
    )


def _receptions(metadata: object) -> Iterator[Reception]:
    for entry in islice(metadata, MOST_GATEWAYS) if isinstance(metadata, list) else ():
        gateway = entry.get("gatewayId") if isinstance(entry, Mapping) else None
        if not isinstance(gateway, str) or not gateway:
            continue
        place = part(entry, "location")
        longitude, latitude = position(place.get("longitude"), place.get("latitude"))
        yield Reception(
            gateway=gateway.upper(),
            rssi=number(entry.get("rssi")),
            snr=number(entry.get("snr", 0.0 if "rssi" in entry else None)),
            longitude=longitude,
            latitude=latitude,
        )


def _report(kind: str, message: Mapping[str, Any], thing: str) -> Iterator[Item]:
    """Yield what became of a message to a device: sent by a gateway, confirmed by the device, or neither."""
    if kind == "log":
        context = part(message, "context")
        reference = context.get("queue_item_id") or context.get("id")
        if not isinstance(reference, str) or message.get("code") not in DOWNLINK_CODES:
            yield _without_readings(kind, message, thing)
            return
        state, detail = "failed", str(message.get("description") or message.get("code"))
    else:
        reference = message.get("queueItemId")
        if not isinstance(reference, str) or not reference:
            return
        is_good = kind == "txack" or bool(message.get("acknowledged"))
        state = "sent" if kind == "txack" else "acknowledged" if is_good else "failed"
        detail = "" if is_good else "the device did not confirm the message"
    yield DownlinkReport(
        reference=reference[:64],
        state=state,  # type: ignore[arg-type]  # one of three words
        time=_time(message),
        detail=detail[:300],
    )


def _status(message: Mapping[str, Any], uplink: Uplink) -> Iterator[Item]:
    """Yield battery level and link margin; a level of zero is left out of the message by ChirpStack."""
    values = {"link_margin": (message.get("margin", 0), "dB")}
    if not message.get("externalPowerSource") and not message.get("batteryLevelUnavailable"):
        values["battery_level"] = (message.get("batteryLevel", 0), "%")
    battery = number(values["battery_level"][0]) if "battery_level" in values else None
    yield DeviceStatus(thing=uplink.thing, time=uplink.time, battery=battery)
    for observed_property, (value, unit) in values.items():
        try:
            result = finite(value)
        except ValueError as error:
            yield reject(error, f"{uplink.thing}, {observed_property}", value)
            continue
        yield Reading(
            thing=uplink.thing,
            observed_property=observed_property,
            phenomenon_time=uplink.time,
            result=result,
            unit=unit,
        )


def _without_readings(kind: str, message: Mapping[str, Any], thing: str) -> Item:
    if kind == "log":
        text = f"{message.get('level', '')} {message.get('code', '')}: {message.get('description', '')}"
        return reject(f"the network server reports {text}", thing)
    return reject(
        f"an event of kind {kind} holds no readings" if kind else "unknown kind of event", thing, message
    )


def _time(message: Mapping[str, Any]) -> datetime:
    written = message.get("time")
    if not isinstance(written, str):
        raise ValueError("the event has no time")  # noqa: TRY004  (one bad message, not a programming error)
    return parse_time(written, "UTC")


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield the device and the readings of one event."""
    message = jsonbody.load(body, dict)
    try:
        rules = FieldRules.of(context.options)
    except ValueError as error:
        raise SourceError(f"settings: fields, {error}") from error
    station = _device(message)
    kind = event_kind(message, context)
    if kind == "location":
        longitude, latitude = position(*(part(message, "location").get(n) for n in ("longitude", "latitude")))
        if longitude is None:
            yield reject("the location has no coordinates", station.thing, message.get("location"))
            return
        yield Station(
            thing=station.thing,
            name=station.name,
            longitude=longitude,
            latitude=latitude,
            properties=station.properties,
        )
    elif kind in {"up", "status"}:
        yield station
        try:
            uplink = Uplink(thing=station.thing, time=_time(message), sensor=_profile(message))
        except ValueError as error:
            yield reject(error, station.thing, message.get("time", ""))
            return
        yield from _up(message, uplink, rules) if kind == "up" else _status(message, uplink)
    elif kind in {"txack", "ack", "log"}:
        try:
            yield from _report(kind, message, station.thing)
        except ValueError as error:
            yield reject(error, station.thing, message.get("time", ""))
    elif kind == "join":
        yield station
    else:
        yield _without_readings(kind, message, station.thing)


def _profile(message: Mapping[str, Any]) -> str:
    name = part(message, "deviceInfo").get("deviceProfileName")
    return name if isinstance(name, str) else ""


def topics(options: Mapping[str, Any]) -> Sequence[str]:
    """Return the topics of the events that hold readings or places."""
    application = str(options.get("application") or "").strip() or "+"
    kinds = ("up", "status", "location", "txack", "ack", "log")
    return [f"application/{application}/device/+/event/{kind}" for kind in kinds]


def commands(options: Mapping[str, Any]) -> Sequence[str]:
    """Return the topics under which ChirpStack waits for messages to devices."""
    application = str(options.get("application") or "").strip() or "+"
    return [f"application/{application}/device/+/command/{kind}" for kind in ("down", "+")]


def downlink(order: DownlinkOrder, options: Mapping[str, Any]) -> Outgoing:
    """Return the message that puts a downlink into the queue of a device.

    https://www.chirpstack.io/docs/chirpstack/integrations/mqtt.html#scheduling-a-downlink
    """
    item = {
        "id": order.reference,
        "confirmed": order.is_confirmed,
        "fPort": order.port,
        "data": b64encode(order.payload).decode(),
    }
    eui = order.device_eui.lower()
    server = str(options.get("server") or "").strip().rstrip("/")
    if server:
        key = str(options.get("server_key") or "").strip()
        if not key:
            raise SourceError("for messages to devices by HTTP the settings need the API key")
        return Outgoing(
            body=json.dumps({"queueItem": item}).encode(),
            url=f"{server}/api/devices/{eui}/queue",
            headers={"Grpc-Metadata-Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
    application = str(options.get("application") or order.application).strip()
    if not application:
        raise SourceError("neither the settings nor the device name the application at the network server")
    return Outgoing(
        body=json.dumps({"devEui": eui, **item}).encode(),
        topic=f"application/{application}/device/{eui}/command/down",
    )


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    problems = check_meanings(options, "fields", required=False)
    application = str(options.get("application") or "").strip()
    if any(sign in application for sign in "/+# "):
        problems.append(f'application: "{application[:40]}" is no id of an application')
    return problems + server_problems(options)


connector = Connector(
    title=_("ChirpStack (LoRaWAN)"),
    description=_("Decoded measurements of LoRaWAN devices on a ChirpStack v4 server, by MQTT or webhook."),
    publisher="",
    homepage="https://www.chirpstack.io/",
    licence="",
    attribution="",
    parse=parse,
    transport="mqtt",
    topics=topics,
    webhook=True,
    downlink=downlink,
    commands=commands,
    check_options=check_options,
    options=(
        Option(
            name="application",
            kind="text",
            label=_("Application"),
            help=_("Its id at the network server. Empty: all applications."),
        ),
        Option(
            name="server",
            kind="url",
            label=_("Address of the network server"),
            help=_("Only to send messages to devices by HTTP. Empty: by MQTT."),
        ),
        Option(
            name="server_key",
            kind="secret",
            label=_("API key of the network server"),
            help=_("Only to send messages to devices by HTTP. It is stored encrypted and never shown again."),
        ),
        Option(
            name="fields",
            kind="list",
            label=_("What the fields mean"),
            help=_(
                "Fields such as temperature, humidity and battery are known. For others one line each: "
                "field = property [unit], such as “distance = water_level [mm]”; "
                "a field within a field with a point between."
            ),
        ),
        Option(
            name="only_listed",
            kind="boolean",
            label=_("Leave out all other fields"),
            default=False,
        ),
    ),
)
