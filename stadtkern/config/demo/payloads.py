"""The bytes that the devices of the demo town send, in the open formats of `lorawan/profiles`."""

import struct
from collections.abc import Callable, Mapping

Values = Mapping[str, float]
VOLT = 50
"""Steps of the battery voltage in one volt."""


def _battery(values: Values) -> int:
    return round(values["battery_voltage"] * VOLT)


def _soil(v: Values) -> bytes:
    moisture = [round(2 * (v["soil_moisture"] + deeper)) for deeper in (0, 3, 5)]
    return struct.pack(">BBBBBh", 1, _battery(v), *moisture, round(10 * v["soil_temperature"]))


def _level(v: Values) -> bytes:
    return struct.pack(">BBHh", 2, _battery(v), round(HEIGHT_MM - 10 * v["water_level"]), 32767)


def _room(v: Values) -> bytes:
    temperature, humidity = round(10 * v["temperature"]), round(2 * v["humidity"])
    return struct.pack(">BBhBHH", 5, _battery(v), temperature, humidity, round(v["co2"]), 320)


def _count(v: Values) -> bytes:
    people, bicycles = divmod(round(v["count"]), 3)
    return struct.pack(">BBHHHHB", 4, _battery(v), people, people, people, bicycles, 60)


def _noise(v: Values) -> bytes:
    levels = (v["laeq"], v["laeq"] + 14, v["laeq"] - 9)
    return struct.pack(">BBHHH", 6, 0, *(round(10 * level) for level in levels))


def _bin(v: Values) -> bytes:
    return struct.pack(">BBBbB", 7, _battery(v), round(v["fill_level"]), round(v["temperature"]), 0)


def _lamp(v: Values) -> bytes:
    dimming = round(v["dimming"])
    return struct.pack(">BBBHIHB", 9, 0, dimming, round(3.6 * dimming), round(v["energy"]), 4021, 0)


HEIGHT_MM = 2250
"""Of the water level device above the bed of the stream."""
FORMATS: Mapping[str, tuple[str, Callable[[Values], bytes]]] = {
    "soil": ("stadtkern/soil-moisture", _soil),
    "level": ("stadtkern/water-level", _level),
    "room": ("stadtkern/indoor-climate", _room),
    "count": ("stadtkern/people-counter", _count),
    "noise": ("stadtkern/noise", _noise),
    "bin": ("stadtkern/waste-bin", _bin),
    "lamp": ("stadtkern/street-light", _lamp),
}
"""Profile and encoder of each kind of device; a kind without one comes decoded by the network server."""


def payload(kind: str, values: Values) -> bytes | None:
    """Return the bytes of a device, None where the network server decodes it."""
    return FORMATS[kind][1](values) if kind in FORMATS else None
