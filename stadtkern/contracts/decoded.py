"""Decoded payloads of LoRaWAN devices become readings, whichever network server they came through."""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stadtkern.base.fields import finite, flatten, known_field, slug
from stadtkern.base.times import from_epoch
from stadtkern.contracts.answers import reject
from stadtkern.contracts.connector import Item, Reading
from stadtkern.contracts.mapping import FieldMeaning, read_meanings

MAX_FIELDS = 200
LARGEST_PAYLOAD = 512
"""Bytes; LoRaWAN itself carries at most 242 (regional parameters RP002)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """What a message of a device says beside its fields."""

    thing: str
    time: datetime
    result_time: datetime | None = None
    sensor: str = ""


def payload_of(text: object) -> bytes:
    """Return the bytes of a payload in base64; none where it is missing. `ValueError` says what is wrong."""
    if text is None or text == "":
        return b""
    if not isinstance(text, str) or len(text) > LARGEST_PAYLOAD * 2:
        raise ValueError(f"the payload is no base64 text of at most {LARGEST_PAYLOAD} bytes")
    try:
        payload = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the payload is not base64") from None
    if len(payload) > LARGEST_PAYLOAD:
        raise ValueError(f"the payload has more than {LARGEST_PAYLOAD} bytes")
    return payload


def whole(value: object, largest: int = 2**32 - 1) -> int | None:
    """Return a whole number from 0 to `largest`, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= largest:
        return None
    return int(value) if value == int(value) else None


def number(value: object) -> float | None:
    """Return a finite number, None for anything else."""
    try:
        return finite(value)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class FieldRules:
    """What an editor said about the fields of the devices."""

    meanings: Mapping[str, FieldMeaning]
    is_only_listed: bool

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "FieldRules":
        """Read the options `fields` and `only_listed`; `ValueError` names the wrong line."""
        meanings = {meaning.field: meaning for meaning in read_meanings(options.get("fields"))}
        return cls(meanings, bool(options.get("only_listed")))

    def meaning(self, name: str) -> FieldMeaning | None:
        """Return what a field means, None if it is to be left out."""
        if name in self.meanings:
            return self.meanings[name]
        if self.is_only_listed or not slug(name):
            return None
        observed_property, unit = known_field(name) or (slug(name), "1")
        return FieldMeaning(name, observed_property, unit)


def field_readings(fields: Mapping[str, Any], uplink: Uplink, rules: FieldRules) -> Iterator[Item]:
    """Yield a reading for each field with a number or truth value, nested ones under dotted names.

    Texts count only where they are numbers in a field whose meaning is known (some codecs write `"21.5"`).
    Lists are left out, except lists of measurements that say their `type` and `measurementValue`.
    """
    used: set[str] = set()
    for number, (name, value) in enumerate(flatten(fields)):
        if number >= MAX_FIELDS:
            yield reject(f"more than {MAX_FIELDS} fields; the others are left out", uplink.thing)
            break
        meaning = rules.meaning(name)
        if meaning is None or value is None or _is_idle_text(name, value, rules):
            continue
        if meaning.observed_property in used:
            yield reject(f'two fields mean "{meaning.observed_property}"', f"{uplink.thing}, {name}", value)
            continue
        used.add(meaning.observed_property)
        yield _reading(value, name, uplink.time, uplink, meaning)
    yield from _listed(fields, uplink, rules)


def _is_idle_text(name: str, value: object, rules: FieldRules) -> bool:
    return isinstance(value, str) and name not in rules.meanings and known_field(name) is None


def _reading(value: object, name: str, time: datetime, uplink: Uplink, meaning: FieldMeaning) -> Item:
    try:
        result = finite(value)
    except ValueError as error:
        return reject(error, f"{uplink.thing}, {name}", value)
    return Reading(
        thing=uplink.thing,
        observed_property=meaning.observed_property,
        phenomenon_time=time,
        result=result,
        unit=meaning.unit,
        result_time=uplink.result_time,
        sensor=uplink.sensor,
    )


def _measurements(value: object, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield objects with `type` and `measurementValue` within nested lists (SenseCAP)."""
    if isinstance(value, Sequence) and not isinstance(value, str) and depth < 4:  # noqa: PLR2004
        for entry in value[:MAX_FIELDS]:
            yield from _measurements(entry, depth + 1)
    elif isinstance(value, Mapping) and isinstance(value.get("type"), str) and "measurementValue" in value:
        yield value


def _listed(fields: Mapping[str, Any], uplink: Uplink, rules: FieldRules) -> Iterator[Item]:
    for measurement in (
        m for value in fields.values() if isinstance(value, list) for m in _measurements(value)
    ):
        name, value = measurement["type"], measurement["measurementValue"]
        meaning = rules.meaning(name)
        if meaning is None or not isinstance(value, int | float | bool):
            continue
        time = uplink.time
        try:
            if isinstance(measurement.get("timestamp"), int | float):
                time = from_epoch(measurement["timestamp"])
        except ValueError as error:
            yield reject(error, f"{uplink.thing}, {name}", measurement)
            continue
        yield _reading(value, name, time, uplink, meaning)


def best_reception(metadata: object) -> tuple[object, object, int]:
    """Return signal strength and signal-to-noise ratio at the gateway that heard best, and how many heard it.

    A missing ratio beside a strength is 0 dB: network servers leave out what is zero.
    """
    heard = [entry for entry in metadata if isinstance(entry, Mapping)] if isinstance(metadata, list) else []

    def strength(entry: Mapping[str, Any]) -> float:
        try:
            return finite(entry.get("rssi"))
        except ValueError:
            return -1e9

    if not heard:
        return None, None, 0
    best = max(heard, key=strength)
    rssi = best.get("rssi")
    return rssi, best.get("snr", 0.0 if rssi is not None else None), len(heard)


def radio_readings(metadata: object, uplink: Uplink) -> Iterator[Item]:
    """Yield signal strength, signal-to-noise ratio and number of gateways of the best reception."""
    rssi, snr, gateways = best_reception(metadata)
    found = (
        ("signal_strength", "dB", rssi),
        ("signal_to_noise", "dB", snr),
        ("gateways", "1", gateways or None),
    )
    for observed_property, unit, value in found:
        if value is not None:
            yield _reading(
                value, observed_property, uplink.time, uplink, FieldMeaning("", observed_property, unit)
            )
