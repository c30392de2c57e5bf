"""The Things Stack v3 (The Things Network): uplinks of LoRaWAN devices, by MQTT or webhook.

Messages are JSON written from protocol buffers: a field whose value is zero or empty may be missing. A
missing signal-to-noise ratio beside a signal strength is therefore 0 dB; a missing decoded payload means that
the application has no payload formatter.
https://www.thethingsindustries.com/docs/integrations/data-formats/
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import finite
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import part, position, reject
from stadtkern.contracts.connector import (
    Connector,
    Context,
    DownlinkOrder,
    DownlinkReport,
    Item,
    Outgoing,
    RawUplink,
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

KINDS = ("uplink_message", "location_solved", "join_accept")
SILENT = ("downlinks", "service_data", "uplink_normalized")
REPORTS = {
    "downlink_queued": "queued",
    "downlink_sent": "sent",
    "downlink_ack": "acknowledged",
    "downlink_nack": "failed",
    "downlink_failed": "failed",
    "downlink_queue_invalidated": "failed",
}
OURS = "stadtkern:"
"""Before the ids by which we know our own messages again."""
MOST_GATEWAYS = 100


def _time(*candidates: object) -> datetime:
    for value in candidates:
        if isinstance(value, str) and value:
            return parse_time(value, "UTC")
    raise ValueError("the message has no time of receiving")


def _device(message: Mapping[str, Any]) -> tuple[str, str]:
    """Return the key (device EUI, else device id) and the name of the device."""
    ids = part(message, "end_device_ids")
    eui, name = ids.get("dev_eui"), ids.get("device_id")
    name = name if isinstance(name, str) else ""
    if isinstance(eui, str) and eui.strip():
        return eui.strip().upper(), name or eui.strip().upper()
    if name:
        return name, name
    raise SourceError("the message names no device: end_device_ids is missing")


def _place(where: Mapping[str, Any]) -> tuple[float | None, float | None]:
    return position(where.get("longitude", 0 if "latitude" in where else None), where.get("latitude"))


def _model(message: Mapping[str, Any]) -> str:
    version = part(message, "version_ids")
    return " ".join(
        str(version[name]) for name in ("brand_id", "model_id") if isinstance(version.get(name), str)
    )


def _uplink(message: Mapping[str, Any], envelope: Mapping[str, Any], rules: FieldRules) -> Iterator[Item]:
    thing, name = _device(envelope)
    longitude, latitude = _place(part(part(message, "locations"), "user"))
    ids = part(envelope, "end_device_ids")
    application = part(ids, "application_ids").get("application_id")
    properties = (
        {"device": name, "application": application} if isinstance(application, str) else {"device": name}
    )
    yield Station(thing=thing, name=name, longitude=longitude, latitude=latitude, properties=properties)
    try:
        time = _time(message.get("received_at"), envelope.get("received_at"))
    except ValueError as error:
        yield reject(error, thing, envelope.get("received_at", ""))
        return
    uplink = Uplink(thing=thing, time=time, sensor=_model(message))
    decoded = message.get("decoded_payload")
    if not isinstance(decoded, Mapping):
        reason = (
            "the uplink has no decoded payload: set a payload formatter for the device at the network "
            "server, or enrol the device here"
        )
        items: list[Item] = [reject(reason, thing, message.get("frm_payload", ""))]
    else:
        items = list(field_readings(decoded, uplink, rules))
        if not items:
            items.append(reject("the decoded payload holds no number", thing, decoded))
    yield _raw(message, envelope, uplink, name, items)
    yield from items
    yield from radio_readings(message.get("rx_metadata"), uplink)


def _raw(
    message: Mapping[str, Any], envelope: Mapping[str, Any], uplink: Uplink, name: str, items: list[Item]
) -> Item:
    try:
        payload = payload_of(message.get("frm_payload"))
    except ValueError as error:
        return reject(error, uplink.thing, message.get("frm_payload"))
    ids = part(envelope, "end_device_ids")
    application = part(ids, "application_ids").get("application_id")
    lora = part(part(part(message, "settings"), "data_rate"), "lora")
    decoded = message.get("decoded_payload")
    return RawUplink(
        thing=uplink.thing,
        time=uplink.time,
        payload=payload,
        port=whole(message.get("f_port"), 255),
        # a counter of zero is left out; a message without radio data is simulated and has none
        counter=whole(message.get("f_cnt", 0 if "rx_metadata" in message else None)),
        name=name,
        network_id=name,
        application=application if isinstance(application, str) else "",
        join_eui=str(ids.get("join_eui") or "").upper()[:16],
        data_rate=_data_rate(lora),
        frequency=_megahertz(part(message, "settings").get("frequency")),
        receptions=tuple(_receptions(message.get("rx_metadata"))),
        decoded=decoded if isinstance(decoded, Mapping) else None,
        items=tuple(items),
    )


def _data_rate(lora: Mapping[str, Any]) -> str:
    spreading, bandwidth = whole(lora.get("spreading_factor")), whole(lora.get("bandwidth"))
    return f"SF{spreading}BW{bandwidth // 1000}" if spreading and bandwidth else ""


def _megahertz(value: object) -> float | None:
    try:
        return finite(value) / 1e6
    except ValueError:
        return None


def _receptions(metadata: object) -> Iterator[Reception]:
    for entry in islice(metadata, MOST_GATEWAYS) if isinstance(metadata, list) else ():
        ids = part(entry, "gateway_ids")
        gateway = ids.get("eui") or ids.get("gateway_id")
        if not isinstance(gateway, str) or not gateway:
            continue
        longitude, latitude = _place(part(entry, "location"))
        yield Reception(
            gateway=gateway.upper() if ids.get("eui") else gateway,
            rssi=number(entry.get("rssi")),
            snr=number(entry.get("snr", 0.0 if "rssi" in entry else None)),
            longitude=longitude,
            latitude=latitude,
        )


def _report(kind: str, message: Mapping[str, Any]) -> Iterator[Item]:
    """Yield what became of a message to a device, if it was one of ours."""
    told = part(message, kind)
    downlink = part(told, "downlink") or told
    named = downlink.get("correlation_ids")
    ours = [one for one in named if isinstance(one, str)] if isinstance(named, list) else []
    reference = next((one.removeprefix(OURS) for one in ours if one.startswith(OURS)), "")
    if not reference:
        return
    error = part(told, "error")
    detail = error.get("message_format") or error.get("name") or ""
    if kind == "downlink_nack":
        detail = "the device did not confirm the message"
    yield DownlinkReport(
        reference=reference[:64],
        state=REPORTS[kind],  # type: ignore[arg-type]  # the values of the table are the states
        time=_time(message.get("received_at")),
        detail=str(detail)[:300],
    )


def _unwrapped(document: object) -> Mapping[str, Any]:
    """Return the message itself, also out of an event of the console or storage (`as.up.data.forward`)."""
    if not isinstance(document, Mapping):
        raise SourceError("the message is not an object of The Things Stack")
    for name in ("data", "result"):
        inner = document.get(name)
        if isinstance(inner, Mapping) and "end_device_ids" in inner:
            return inner
    return document


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield the device and the readings of one message."""
    message = _unwrapped(jsonbody.load(body))
    try:
        rules = FieldRules.of(context.options)
    except ValueError as error:
        raise SourceError(f"settings: fields, {error}") from error
    thing, name = _device(message)
    if isinstance(message.get("uplink_message"), Mapping):
        yield from _uplink(message["uplink_message"], message, rules)
    elif isinstance(message.get("location_solved"), Mapping):
        longitude, latitude = _place(part(message["location_solved"], "location"))
        if longitude is None:
            yield reject("the solved location has no coordinates", thing, message["location_solved"])
        else:
            yield Station(thing=thing, name=name, longitude=longitude, latitude=latitude)
    elif isinstance(message.get("join_accept"), Mapping):
        yield Station(thing=thing, name=name)
    elif kind := next((one for one in REPORTS if one in message), ""):
        try:
            yield from _report(kind, message)
        except ValueError as error:
            yield reject(error, thing, message.get("received_at", ""))
    else:
        found = next((one for one in SILENT if one in message), "")
        yield reject(
            f"a message of kind {found} holds no readings" if found else "unknown kind of message", thing
        )


def topics(options: Mapping[str, Any]) -> Sequence[str]:
    """Return the topics of uplinks and solved locations of an application."""
    application = str(options.get("application") or "").strip()
    if not application:
        return []
    tenant = str(options.get("tenant") or "").strip()
    user = f"{application}@{tenant}" if tenant else application
    down = ("queued", "sent", "ack", "nack", "failed")
    kinds = ("up", "location/solved", *(f"down/{kind}" for kind in down))
    return [f"v3/{user}/devices/+/{kind}" for kind in kinds]


def downlink(order: DownlinkOrder, options: Mapping[str, Any]) -> Outgoing:
    """Return the message that puts a downlink into the queue of the application server.

    https://www.thethingsindustries.com/docs/integrations/webhooks/scheduling-downlinks/
    """
    application = str(options.get("application") or order.application).strip()
    if not application or not order.network_id:
        raise SourceError("neither the settings nor the device name the application at the network server")
    message = {
        "f_port": order.port,
        "frm_payload": b64encode(order.payload).decode(),
        "priority": "NORMAL",
        "confirmed": order.is_confirmed,
        "correlation_ids": [f"{OURS}{order.reference}"],
    }
    body = json.dumps({"downlinks": [message]}).encode()
    server = str(options.get("server") or "").strip().rstrip("/")
    if not server:
        tenant = str(options.get("tenant") or "").strip()
        user = f"{application}@{tenant}" if tenant else application
        return Outgoing(body=body, topic=f"v3/{user}/devices/{order.network_id}/down/push")
    key, webhook = (str(options.get(name) or "").strip() for name in ("server_key", "webhook"))
    if not key or not webhook:
        raise SourceError("for messages to devices by HTTP the settings need the API key and the webhook id")
    path = "/".join(
        quote(one, safe="") for one in (application, "webhooks", webhook, "devices", order.network_id)
    )
    return Outgoing(
        body=body,
        url=f"{server}/api/v3/as/applications/{path}/down/push",
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    problems = check_meanings(options, "fields", required=False)
    for name in ("application", "tenant"):
        value = str(options.get(name) or "")
        if any(sign in value for sign in "/+#@ "):
            problems.append(f'{name}: "{value[:40]}" has a character that no name there has')
    return problems + server_problems(options)


connector = Connector(
    title=_("The Things Network (LoRaWAN)"),
    description=_("Decoded measurements of LoRaWAN devices on The Things Stack v3, by MQTT or webhook."),
    publisher="",
    homepage="https://www.thethingsnetwork.org/",
    licence="",
    attribution="",
    parse=parse,
    transport="mqtt",
    topics=topics,
    webhook=True,
    downlink=downlink,
    check_options=check_options,
    options=(
        Option(
            name="application",
            kind="text",
            label=_("Application"),
            help=_("Its id at the network server. Only needed for MQTT, not for a webhook."),
        ),
        Option(
            name="tenant",
            kind="text",
            label=_("Tenant"),
            help=_("At The Things Network: ttn."),
            default="ttn",
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
            name="webhook",
            kind="text",
            label=_("Webhook id"),
            help=_(
                "The name of the webhook at the network server. Only to send messages to devices by HTTP."
            ),
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
    sample_options={"application": "stadt-pegel", "fields": ["distance = water_level [mm]"]},
)
