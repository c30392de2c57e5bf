"""ChirpStack v4: events of LoRaWAN devices, by MQTT or webhook.

The kind of an event stands in the topic (`application/ID/device/EUI/event/up`) or in the address of the
webhook (`?event=up`). Fields whose value is zero may be missing in the JSON.
https://www.chirpstack.io/docs/chirpstack/integrations/events.html
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import finite
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import part, position, reject
from stadtkern.contracts.connector import Connector, Context, Item, Reading, SourceError, Station
from stadtkern.contracts.decoded import FieldRules, Uplink, field_readings, radio_readings
from stadtkern.contracts.mapping import check_meanings
from stadtkern.contracts.option import Option

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
        reason = "the uplink has no decoded payload: set a codec in the device profile at the network server"
        yield reject(reason, uplink.thing, message.get("data", ""))
    else:
        is_empty = True
        for item in field_readings(decoded, uplink, rules):
            is_empty = False
            yield item
        if is_empty:
            yield reject("the decoded payload holds no number", uplink.thing, decoded)
    yield from radio_readings(message.get("rxInfo"), uplink)


def _status(message: Mapping[str, Any], uplink: Uplink) -> Iterator[Item]:
    """Yield battery level and link margin; a level of zero is left out of the message by ChirpStack."""
    values = {"link_margin": (message.get("margin", 0), "dB")}
    if not message.get("externalPowerSource") and not message.get("batteryLevelUnavailable"):
        values["battery_level"] = (message.get("batteryLevel", 0), "%")
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
    return [f"application/{application}/device/+/event/{kind}" for kind in ("up", "status", "location")]


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    problems = check_meanings(options, "fields", required=False)
    application = str(options.get("application") or "").strip()
    if any(sign in application for sign in "/+# "):
        problems.append(f'application: "{application[:40]}" is no id of an application')
    return problems


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
    check_options=check_options,
    options=(
        Option(
            name="application",
            kind="text",
            label=_("Application"),
            help=_("Its id at the network server. Empty: all applications."),
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
