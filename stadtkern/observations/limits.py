"""How fast and how long the observed properties may reasonably change or stand still.

Figures for the German-Polish lowland, wide on purpose: a flag asks for a second look, it deletes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one property, in its unit; None: not tested."""

    spike: float | None = None
    """How far one value may lie outside the span of its two neighbours."""
    step: float | None = None
    """Change in an hour, on top of `spike`."""
    stuck: timedelta | None = None
    """How long one and the same value is believable."""
    stuck_at_zero: bool = True
    """Whether a standing zero is as suspicious as any other value."""
    neighbour: float | None = None
    """How far a value may lie from the middle of the stations around."""


NONE = Limits()
DAY = timedelta(days=1)
LIMITS: dict[str, Limits] = {
    "water_level": Limits(spike=30, step=100, stuck=14 * DAY),
    "water_temperature": Limits(spike=2, step=3, stuck=5 * DAY),
    "air_temperature": Limits(spike=6, step=15, stuck=DAY, neighbour=8),
    "dew_point": Limits(spike=6, step=15, stuck=DAY, neighbour=8),
    "relative_humidity": Limits(spike=30, step=60, stuck=5 * DAY, neighbour=45),
    "air_pressure": Limits(spike=4, step=8, stuck=DAY, neighbour=8),
    "station_pressure": Limits(spike=4, step=8, stuck=DAY),
    "wind_speed": Limits(spike=80, step=120, stuck=2 * DAY, stuck_at_zero=False),
    "wind_gust": Limits(spike=120, step=160, stuck=2 * DAY, stuck_at_zero=False),
    "soil_temperature": Limits(spike=4, step=8, stuck=3 * DAY),
    "pm10": Limits(spike=300, step=500, stuck=DAY),
    "pm2_5": Limits(spike=250, step=400, stuck=DAY),
    "nitrogen_dioxide": Limits(spike=120, step=150, stuck=DAY),
    "ozone": Limits(spike=80, step=100, stuck=DAY),
    "sulphur_dioxide": Limits(spike=300, step=400, stuck=2 * DAY),
    "carbon_monoxide": Limits(spike=10, step=15, stuck=2 * DAY),
    "carbon_dioxide": Limits(spike=3000, step=5000, stuck=DAY),
    "noise": Limits(spike=60, step=90, stuck=DAY),
    "global_radiation": Limits(stuck=DAY, stuck_at_zero=False),
}


def limits_of(property_slug: str) -> Limits:
    """Return the limits of a property; nothing is tested where none are listed."""
    return LIMITS.get(property_slug, NONE)
