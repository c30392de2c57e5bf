"""What may be asked of sensor data; frozen dataclasses come out."""

from stadtkern.observations.queries.aggregate import Bucket, aggregate
from stadtkern.observations.queries.climate import Trend, UsualRange, trend, usual_range
from stadtkern.observations.queries.latest import Latest, Level, get_public, latest_values, thresholds_at
from stadtkern.observations.queries.series import Series, series

__all__ = [
    "Bucket",
    "Latest",
    "Level",
    "Series",
    "Trend",
    "UsualRange",
    "aggregate",
    "get_public",
    "latest_values",
    "series",
    "thresholds_at",
    "trend",
    "usual_range",
]
