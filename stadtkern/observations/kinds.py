"""Which subject an observed property belongs to: the shape of its marker on maps, and what is named first."""

from collections.abc import Mapping, Sequence

KINDS: Mapping[str, Sequence[str]] = {
    "water": ("water_level", "discharge", "water_temperature"),
    "weather": ("air_temperature", "relative_humidity", "precipitation", "wind_speed", "air_pressure"),
    "air": ("pm10", "pm2_5", "nitrogen_dioxide", "ozone", "sulphur_dioxide", "noise"),
    "traffic": ("parking_free", "vehicles_available", "docks_available", "count"),
    "energy": ("charging_points", "charging_power", "electricity_price", "electricity_power"),
    "nature": ("soil_moisture", "soil_temperature"),
}
KIND_OF = {slug: kind for kind, slugs in KINDS.items() for slug in slugs}
ORDER = {slug: number for number, slug in enumerate(KIND_OF)}


def rank(slug: str) -> int:
    """Return how soon a property is named among those of a place."""
    return ORDER.get(slug, len(ORDER))


def kind(slug: str) -> str:
    """Return the shape of the marker of a property."""
    return KIND_OF.get(slug, "other")
