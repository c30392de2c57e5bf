"""The Things Stack v3 (The Things Network): uplinks of LoRaWAN devices, by MQTT or webhook.

Messages are JSON written from protocol buffers: a field whose value is zero or empty may be missing. A
missing signal-to-noise ratio beside a signal strength is therefore 0 dB; a missing decoded payload means that
the application has no payload formatter.
https://www.thethingsindustries.com/docs/integrations/data-formats/
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import part, position, reject
from stadtkern.contracts.connector import Connector, Context, Item, SourceError, Station
from stadtkern.contracts.decoded import FieldRules, Uplink, field_readings, radio_readings
from stadtkern.contracts.mapping import check_meanings
from stadtkern.contracts.option import Option

KINDS = ("uplink_message", "location_solved", "join_accept")
SILENT = (
    "downlink_ack",
    "downlink_nack",
    "downlink_sent",
    "downlink_failed",
    "downlink_queued",
    "downlink_queue_invalidated",
    "downlinks",
    "service_data",
    "uplink_normalized",
)


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
            "the uplink has no decoded payload: set a payload formatter for the device at the network server"
        )
        yield reject(reason, thing, message.get("frm_payload", ""))
    else:
        is_empty = True
        for item in field_readings(decoded, uplink, rules):
            is_empty = False
            yield item
        if is_empty:
            yield reject("the decoded payload holds no number", thing, decoded)
    yield from radio_readings(message.get("rx_metadata"), uplink)


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
    return [f"v3/{user}/devices/+/up", f"v3/{user}/devices/+/location/solved"]


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    problems = check_meanings(options, "fields", required=False)
    for name in ("application", "tenant"):
        value = str(options.get(name) or "")
        if any(sign in value for sign in "/+#@ "):
            problems.append(f'{name}: "{value[:40]}" has a character that no name there has')
    return problems


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
