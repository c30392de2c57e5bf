"""What decoded fields mean: as somebody said, as the codec normalises, or by well-known names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stadtkern.base.fields import finite, flatten, known_field
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import reject
from stadtkern.contracts.connector import Item, Reading
from stadtkern.contracts.decoded import FieldRules, Uplink, field_readings
from stadtkern.contracts.mapping import FieldMeaning, read_meaning
from stadtkern.lorawan.models import Device

NORMALIZED: Mapping[str, tuple[str, str]] = {
    "air.temperature": ("air_temperature", "Cel"),
    "air.relativeHumidity": ("relative_humidity", "%"),
    "air.pressure": ("station_pressure", "hPa"),
    "air.co2": ("carbon_dioxide", "[ppm]"),
    "air.lightIntensity": ("illuminance", "lx"),
    "soil.moisture": ("soil_moisture", "%"),
    "soil.temperature": ("soil_temperature", "Cel"),
    "soil.ec": ("soil_conductivity", "dS/m"),
    "soil.pH": ("soil_ph", "[pH]"),
    "soil.n": ("soil_nitrogen", "[ppm]"),
    "soil.p": ("soil_phosphorus", "[ppm]"),
    "soil.k": ("soil_potassium", "[ppm]"),
    "wind.speed": ("wind_speed", "m/s"),
    "wind.direction": ("wind_direction", "deg"),
    "rain.intensity": ("rain_intensity", "mm/h"),
    "rain.cumulative": ("rain_total", "mm"),
    "water.leak": ("water_leak", "1"),
    "water.temperature.current": ("water_temperature", "Cel"),
    "metering.water.total": ("water_volume", "L"),
    "action.motion.detected": ("motion", "1"),
    "action.motion.count": ("motion_count", "1"),
    "battery": ("battery_voltage", "V"),
}
"""Paths of normalised payloads of The Things Stack (its lib/payload.json) and their meaning."""
DEPTH = "soil.depth"
OLDEST, AHEAD = timedelta(days=366), timedelta(minutes=15)
"""A measurement may carry a time of its own within these limits."""
MOST_MEASUREMENTS = 100


@dataclass(frozen=True, slots=True)
class NamedField:
    """A decoded field that becomes a datastream."""

    field: str
    observed_property: str
    unit: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Meanings:
    """What the fields of a device mean."""

    fields: tuple[NamedField, ...] = ()

    @classmethod
    def of(cls, device: Device) -> "Meanings":
        """Return what was said of the device, else of its profile."""
        if device.fields:
            return cls(tuple(_named(entry) for entry in device.fields))
        lines = device.profile.fields if device.profile else []
        return cls(tuple(_from_line(line) for line in lines))

    @property
    def rules(self) -> FieldRules:
        """The same for the reader of decoded payloads."""
        meanings = {
            one.field: FieldMeaning(one.field, one.observed_property, one.unit) for one in self.fields
        }
        return FieldRules(meanings, is_only_listed=bool(self.fields))


def _named(entry: Mapping[str, Any]) -> NamedField:
    return NamedField(entry["field"], entry["property"], entry["unit"], entry.get("name", ""))


def _from_line(line: str) -> NamedField:
    meaning = read_meaning(line)
    return NamedField(meaning.field, meaning.observed_property, meaning.unit)


def readings(
    data: object, normalized: Sequence[Mapping[str, Any]], uplink: Uplink, meanings: Meanings
) -> list[Item]:
    """Return what an uplink says, as readings and rejected parts.

    Fields that somebody named come first; without such a list the normalised measurements of the codec count,
    and without those the fields with well-known names.
    """
    fields = data if isinstance(data, Mapping) else {}
    if meanings.fields or not normalized:
        return list(field_readings(fields, uplink, meanings.rules))
    found = list(_normal_readings(normalized, uplink))
    named = {item.observed_property for item in found if isinstance(item, Reading)}
    return found + [one for one in _battery_readings(fields, uplink) if one.observed_property not in named]


def _normal_readings(measurements: Sequence[Mapping[str, Any]], uplink: Uplink) -> Iterator[Item]:
    used: set[tuple[str, datetime]] = set()
    for measurement in measurements[:MOST_MEASUREMENTS]:
        values = dict(flatten(measurement))
        try:
            time = _own_time(values.pop("time", None), uplink.time)
        except ValueError as error:
            yield reject(error, uplink.thing, measurement)
            continue
        depth = values.pop(DEPTH, None)
        for path, value in values.items():
            if path not in NORMALIZED or value is None:
                continue
            observed_property, unit = NORMALIZED[path]
            if (observed_property, time) in used and depth is not None:
                observed_property = (
                    f"{observed_property}_{depth:g}cm" if isinstance(depth, int | float) else ""
                )
            if not observed_property or (observed_property, time) in used:
                yield reject("two measurements mean the same", f"{uplink.thing}, {path}", value)
                continue
            used.add((observed_property, time))
            yield _reading(observed_property, unit, value, time, uplink, path)


def _own_time(value: object, default: datetime) -> datetime:
    if value is None:
        return default
    if not isinstance(value, str):
        raise ValueError("the time of the measurement is not a text")  # noqa: TRY004  # bad data, not a bug
    time = parse_time(value, "UTC")
    if not default - OLDEST <= time <= default + AHEAD:
        raise ValueError(f"the time of the measurement is far from that of the uplink: {value[:40]}")
    return time


def _reading(  # noqa: PLR0913, PLR0917  # what a reading needs
    observed_property: str, unit: str, value: object, time: datetime, uplink: Uplink, path: str
) -> Item:
    try:
        result = finite(value)
    except ValueError as error:
        return reject(error, f"{uplink.thing}, {path}", value)
    return Reading(
        thing=uplink.thing,
        observed_property=observed_property,
        phenomenon_time=time,
        result=result,
        unit=unit,
        sensor=uplink.sensor,
    )


def _battery_readings(fields: Mapping[str, Any], uplink: Uplink) -> Iterator[Reading]:
    for name, value in flatten(fields):
        found = known_field(name)
        if found and found[0].startswith("battery_"):
            item = _reading(*found, value, uplink.time, uplink, name)
            if isinstance(item, Reading):
                yield item


def batteries(data: object) -> tuple[float | None, float | None]:
    """Return level in percent and voltage of the battery, where fields with usual names tell them."""
    level = voltage = None
    for name, value in flatten(data) if isinstance(data, Mapping) else ():
        found = known_field(name)
        try:
            if found and found[0] == "battery_level":
                level = finite(value)
            elif found and found[0] == "battery_voltage":
                voltage = finite(value)
        except ValueError:
            continue
    return level, voltage
