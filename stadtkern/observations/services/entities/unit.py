"""Units of measurement: what clients write about them, and the UCUM code we compute with."""

import re
from collections.abc import Mapping
from typing import Any

from stadtkern.base import units

UCUM = "http://www.opengis.net/def/uom/UCUM/"
_LONGEST = 50
_SIGNS = {
    "°C": "Cel", "degC": "Cel", "℃": "Cel", "°F": "[degF]", "°": "deg", "Ω": "Ohm", "ohm": "Ohm",
    "µg/m³": "ug/m3", "μg/m³": "ug/m3", "ug/m³": "ug/m3", "µg/m3": "ug/m3", "μg/m3": "ug/m3",
    "mg/m³": "mg/m3", "m³": "m3", "m³/s": "m3/s", "m³/h": "m3/h", "m²": "m2", "W/m²": "W/m2",
    "km/h": "km/h", "mm/h": "mm/h", "ppm": "[ppm]", "ppb": "[ppb]", "pH": "[pH]", "dB(A)":
    "dB[SPL]", "dBA": "dB[SPL]", "dB": "dB", "kWh": "kW.h", "Wh": "W.h", "MWh": "MW.h", "l": "L",
    "l/s": "L/s", "l/min": "L/min", "mbar": "mbar", "sec": "s", "min": "min", "V": "V", "µS/cm":
    "uS/cm", "μS/cm": "uS/cm", "µm": "um", "kn": "[kn_i]", "‰": "[ppth]", "lux": "lx", "€": "{EUR}",
}  # fmt: skip
"""How people write units whose UCUM code differs."""
_DEFINITION = re.compile(
    r"(?:ucum:|https?://www\.opengis\.net/def/uom/UCUM/(?:0/)?|https?://(?:www\.)?unitsofmeasure\.org/(?:ucum(?:\.html)?#?/?)|urn:ucum:)(.+)",
    re.IGNORECASE,
)


def code_of(unit: Mapping[str, Any] | None) -> str:
    """Return the UCUM code of a unitOfMeasurement: by its definition or symbol, else an annotation of it.

    No unit at all, or one without a symbol, is `1`.
    """
    if not unit:
        return "1"
    definition, symbol, name = (_text(unit.get(key)) for key in ("definition", "symbol", "name"))
    told = _DEFINITION.fullmatch(definition)
    for code in (told[1] if told else "", _SIGNS.get(symbol, symbol), _SIGNS.get(name, "")):
        if code and len(code) <= _LONGEST and units.is_known(code):
            return code
    words = re.sub(r"[^!-z|~]", "", symbol or name)[: _LONGEST - 2]
    return f"{{{words}}}" if words else "1"


def document_of(code: str) -> dict[str, str]:
    """Return the unitOfMeasurement of a unit that no client described."""
    return {"name": code, "symbol": units.symbol(code) or code, "definition": UCUM + code}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
