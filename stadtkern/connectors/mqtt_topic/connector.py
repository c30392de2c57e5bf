"""Messages of any device at an MQTT broker: the topic says who and what, the payload says how much.

A topic pattern such as `town/{thing}/{property}` names parts of the topic. The payload is a plain number or
JSON. Messages are taken with quality of service 1.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import finite, slug
from stadtkern.base.paths import pick
from stadtkern.base.times import from_epoch, parse_time
from stadtkern.connectors.mqtt_topic.options import NAMED, OPTIONS, check_options, check_topic, is_json, text
from stadtkern.contracts.answers import kind, position, reject
from stadtkern.contracts.connector import Connector, Context, Item, Reading, SourceError, Station
from stadtkern.contracts.mapping import FieldMeaning, read_meanings

_TRUTH = {"on": 1.0, "true": 1.0, "open": 1.0, "off": 0.0, "false": 0.0, "closed": 0.0}
_MAX_PLAIN = 100


def topics(options: Mapping[str, Any]) -> Sequence[str]:
    """Return the MQTT topic filter of the pattern."""
    pattern = text(options, "topic")
    return [NAMED.sub("+", pattern)] if pattern and not check_topic(pattern) else []


def match_topic(pattern: str, topic: str) -> dict[str, str] | None:
    """Return the named parts of `topic`; None if it does not fit the pattern."""
    wanted, given = pattern.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted, given = wanted[:-1], given[: len(wanted) - 1]
    if len(wanted) != len(given):
        return None
    found = {}
    for want, have in zip(wanted, given, strict=True):
        named = NAMED.fullmatch(want)
        if named:
            found[named[1]] = have
        elif want not in ("+", have):
            return None
    return found if all(found.values()) else None


def _excerpt(body: bytes) -> str:
    return body[:200].decode("utf-8", errors="replace")


def _plain(body: bytes) -> object:
    written = body[: _MAX_PLAIN + 1].decode("utf-8", errors="replace").strip()
    return _TRUTH.get(written.lower(), written)


def _moment(document: object, options: Mapping[str, Any], received: datetime) -> datetime:
    path = text(options, "time")
    if not path or not is_json(options):
        return received
    value = pick(document, path)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return from_epoch(value)
    if not isinstance(value, str):
        raise ValueError(f"not a time: {kind(value)}")  # noqa: TRY004  (one bad message, not a programming error)
    return parse_time(value, text(options, "timezone", "UTC"))


def _values(
    document: object, names: Mapping[str, str], meanings: Sequence[FieldMeaning], options: Mapping[str, Any]
) -> Iterator[tuple[FieldMeaning, object]]:
    """Yield what is measured, and the raw value."""
    if "property" in names:
        wanted = names["property"]
        meaning = next((m for m in meanings if wanted in (m.field, slug(m.field))), None)
        if meaning is None:
            raise ValueError(f'no line says what "{wanted[:60]}" means')
        yield meaning, pick(document, text(options, "value", "value")) if is_json(options) else document
    elif is_json(options):
        for meaning in meanings:
            yield meaning, pick(document, meaning.field)
    else:
        yield meanings[0], document


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield the place and its readings out of one message."""
    options = context.options
    problems = check_options(options)
    if problems:
        raise SourceError(f"settings: {problems[0]}")
    pattern = text(options, "topic")
    names = match_topic(pattern, context.topic) if context.topic or "{" in pattern else {}
    if names is None:
        raise SourceError(f'topic "{context.topic[:100]}" does not fit "{pattern}"')
    document = jsonbody.load(body) if is_json(options) else _plain(body)
    try:
        moment = _moment(document, options, context.received)
        found = list(_values(document, names, read_meanings(options["values"]), options))
    except ValueError as error:
        yield reject(error, context.topic, _excerpt(body))
        return
    if all(raw is None for _meaning, raw in found):
        yield reject("the message has no value", context.topic, _excerpt(body))
        return
    thing = names.get("thing") or text(options, "thing")
    longitude, latitude = position(options.get("longitude"), options.get("latitude"))
    yield Station(thing=thing, name=text(options, "thing", thing), longitude=longitude, latitude=latitude)
    for meaning, raw in found:
        if raw is None:
            continue
        try:
            result = finite(raw)
        except ValueError as error:
            yield reject(error, f"{context.topic}, {meaning.field}", raw)
            continue
        yield Reading(
            thing=thing,
            observed_property=meaning.observed_property,
            phenomenon_time=moment,
            result=result,
            unit=meaning.unit,
        )


connector = Connector(
    title=_("MQTT topic"),
    description=_("Messages of any device at an MQTT broker; you say what topic and payload mean."),
    publisher="",
    homepage="https://mqtt.org/",
    licence="",
    attribution="",
    parse=parse,
    transport="mqtt",
    topics=topics,
    options=OPTIONS,
    check_options=check_options,
    sample_options={
        "topic": "town/bridge",
        "payload": "json",
        "thing": "Neißebrücke",
        "time": "t",
        "values": ["weather.temp = air_temperature [°C]", "people = visitors [1]"],
    },
)
