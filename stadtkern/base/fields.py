"""Reads fields that devices and web services name as they like: numbers, nested objects, well-known names."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

MAX_DEPTH = 8
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9.]+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "µ": "u", "μ": "u"})
_CHANNEL = re.compile(r"[_.]?\d+$")

KNOWN_FIELDS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("temperature", "temp", "air_temperature", "temperatur", "temp_c", "tempc_sht", "temperature_c"),
        ("air_temperature", "Cel"),
    ),
    **dict.fromkeys(
        (
            "humidity",
            "hum",
            "relative_humidity",
            "rel_humidity",
            "humidity_percent",
            "hum_sht",
            "luftfeuchte",
            "rel_luftfeuchte",
            "luftfeuchtigkeit",
            "rel_luftfeuchtigkeit",
            "relative_luftfeuchte",
            "relative_luftfeuchtigkeit",
        ),
        ("relative_humidity", "%"),
    ),
    **dict.fromkeys(
        ("battery", "battery_level", "bat", "battery_percent", "battery_percentage", "batterie"),
        ("battery_level", "%"),
    ),
    **dict.fromkeys(
        ("battery_voltage", "bat_v", "batv", "batt_v", "vbat", "bat_volt", "battery_v"),
        ("battery_voltage", "V"),
    ),
    **dict.fromkeys(
        ("pressure", "barometric_pressure", "barometer", "air_pressure", "luftdruck"),
        ("station_pressure", "hPa"),
    ),
    **dict.fromkeys(("co2", "co2_ppm", "carbon_dioxide"), ("carbon_dioxide", "[ppm]")),
    **dict.fromkeys(("pm10", "pm_10", "pm10_0", "pm100"), ("pm10", "ug/m3")),
    **dict.fromkeys(("pm2_5", "pm25", "pm_2_5", "pm2.5"), ("pm2_5", "ug/m3")),
    **dict.fromkeys(
        (
            "illuminance",
            "illumination",
            "light_level",
            "lux",
            "light",
            "luminosity",
            "beleuchtungsstaerke",
            "helligkeit",
        ),
        ("illuminance", "lx"),
    ),
    **dict.fromkeys(("wind_speed", "windspeed", "windgeschwindigkeit"), ("wind_speed", "m/s")),
    **dict.fromkeys(("wind_gust", "windgust"), ("wind_gust", "m/s")),
    **dict.fromkeys(("wind_direction", "winddirection", "windrichtung"), ("wind_direction", "deg")),
    **dict.fromkeys(("rain", "rainfall", "precipitation", "niederschlag"), ("precipitation", "mm")),
    **dict.fromkeys(
        ("soil_temperature", "temp_soil", "soil_temp", "bodentemperatur"), ("soil_temperature", "Cel")
    ),
    **dict.fromkeys(
        ("soil_moisture", "moisture", "water_soil", "bodenfeuchte", "bodenfeuchtigkeit"),
        ("soil_moisture", "%"),
    ),
    **dict.fromkeys(("water_temperature", "wassertemperatur"), ("water_temperature", "Cel")),
    **dict.fromkeys(("water_level", "wasserstand", "pegel"), ("water_level", "cm")),
    **dict.fromkeys(("uv_intensity", "uv_intensitaet"), ("uv_intensity", "uW/cm2")),
    **dict.fromkeys(
        ("noise", "sound_level", "laeq", "lautstaerke", "laerm", "schallpegel"), ("noise", "dB[SPL]")
    ),
    **dict.fromkeys(("no2", "nitrogen_dioxide"), ("nitrogen_dioxide", "ug/m3")),
    **dict.fromkeys(("o3", "ozone", "ozon"), ("ozone", "ug/m3")),
    **dict.fromkeys(("dew_point", "dewpoint", "taupunkt"), ("dew_point", "Cel")),
    **dict.fromkeys(("count", "counter", "total_count", "people_count", "anzahl"), ("count", "1")),
    **dict.fromkeys(("latitude", "longitude", "lat", "lon", "lng"), ("", "deg")),
}
"""Usual names in decoded payloads and their meaning; without a property only the unit is known."""

_LONGEST = 40
_UNIT_NAMES = {
    "°c": "Cel",
    "c": "Cel",
    "celsius": "Cel",
    "grad c": "Cel",
    "°f": "[degF]",
    "k": "K",
    "%": "%",
    "%rh": "%",
    "% rh": "%",
    "rh": "%",
    "µg/m³": "ug/m3",
    "μg/m³": "ug/m3",
    "µg/m3": "ug/m3",
    "μg/m3": "ug/m3",
    "ug/m³": "ug/m3",
    "mg/m³": "mg/m3",
    "°": "deg",
    "grad": "deg",
    "ppm": "[ppm]",
    "ppb": "[ppb]",
    "m³/s": "m3/s",
    "m³": "m3",
    "l/m²": "mm",
    "l/m2": "mm",
    "w/m²": "W/m2",
    "µw/cm²": "uW/cm2",
    "μw/cm²": "uW/cm2",
    "uw/cm²": "uW/cm2",
    "lux": "lx",
    "lx": "lx",
    "db": "dB",
    "dba": "dB[SPL]",
    "db(a)": "dB[SPL]",
    "db (a)": "dB[SPL]",
    "dbm": "dB",
    "eur/mwh": "{EUR}/(MW.h)",
    "eur / mwh": "{EUR}/(MW.h)",
    "€/mwh": "{EUR}/(MW.h)",
    "ct/kwh": "{ct}/(kW.h)",
    "kwh": "kW.h",
    "mwh": "MW.h",
    "wh": "W.h",
    "hpa": "hPa",
    "mbar": "mbar",
    "pa": "Pa",
    "stück": "1",
    "anzahl": "1",
    "km/h": "km/h",
    "m/s": "m/s",
    "volt": "V",
}


def ucum_code(text: str) -> str:
    """Return the UCUM code for a unit as people write it (`°C` is `Cel`); unknown ones stay as they are."""
    trimmed = text.strip()
    return _UNIT_NAMES.get(trimmed.lower(), trimmed)


def finite(value: object) -> float:
    """Return a JSON number, a truth value or a text with decimal point as float; `ValueError` for all else.

    >>> finite("12.5")
    12.5
    """
    if isinstance(value, str | int | float) and not (isinstance(value, str) and len(value) > _LONGEST):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number) and not (isinstance(value, str) and "_" in value):
            return number
    shown = repr(value)[:80] if not isinstance(value, str) else f'"{value[:60]}"'
    raise ValueError(f"not a number: {shown}")


def slug(name: str) -> str:
    """Return a stable short name in small letters: `PM2.5 [µg]` becomes `pm2.5_ug`."""
    parted = _CAMEL.sub("_", name.strip()).lower().translate(_UMLAUTS)
    return _OTHER.sub("_", parted).strip("_.")[:80].rstrip("_.")


def flatten(fields: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    """Yield dotted names and plain values of nested objects; lists are left out."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            if depth < MAX_DEPTH:
                yield from flatten(value, f"{prefix}{name}.", depth + 1)
        elif not isinstance(value, list | tuple):
            yield f"{prefix}{name}", value


def known_field(name: str) -> tuple[str, str] | None:
    """Return observed property and unit of a well-known field name.

    A field with a channel number (`temperature_41`) keeps its own name, since a device may have several of
    them; only its unit is taken from the name without the number.
    """
    key = slug(name)
    found = KNOWN_FIELDS.get(key)
    if found:
        return found[0] or key, found[1]
    last = key.rpartition(".")[2]
    for candidate in (last, _CHANNEL.sub("", last)):
        if candidate in KNOWN_FIELDS:
            return key, KNOWN_FIELDS[candidate][1]
    return None
