"""Published equations as functions over columns; each takes and gives fixed units."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stadtkern.observations.air_index import LIMITS

Values = NDArray[np.float64]


def heat_index(temperature: Values, humidity: Values) -> Values:
    """Return the heat index in Cel of air temperature (Cel) and relative humidity (%).

    L. P. Rothfusz, NWS Technical Attachment SR 90-23 (1990), with the two adjustments and the simple formula
    for cooler air, https://www.wpc.ncep.noaa.gov/html/heatindex_equation.shtml
    """
    t = temperature * 9 / 5 + 32
    r = np.clip(humidity, 0, 100)
    simple = (0.5 * (t + 61.0 + (t - 68.0) * 1.2 + r * 0.094) + t) / 2
    full = (
        -42.379
        + 2.04901523 * t
        + 10.14333127 * r
        - 0.22475541 * t * r
        - 0.00683783 * t * t
        - 0.05481717 * r * r
        + 0.00122874 * t * t * r
        + 0.00085282 * t * r * r
        - 0.00000199 * t * t * r * r
    )
    dry = (r < 13) & (t >= 80) & (t <= 112)  # noqa: PLR2004  # the numbers of the published equation
    full = full - np.where(dry, (13 - r) / 4 * np.sqrt(np.maximum(17 - np.abs(t - 95), 0) / 17), 0)
    damp = (r > 85) & (t >= 80) & (t <= 87)  # noqa: PLR2004  # the numbers of the published equation
    full = full + np.where(damp, (r - 85) / 10 * (87 - t) / 5, 0)
    return (np.where(simple >= 80, full, simple) - 32) * 5 / 9  # noqa: PLR2004  # the numbers of the published equation


def wind_chill(temperature: Values, wind: Values) -> Values:
    """Return the wind chill in Cel of air temperature (Cel) and wind at 10 m (km/h).

    Environment Canada and NWS, 2001: https://www.weather.gov/media/epz/wxcalc/windChill.pdf. Valid up to
    10 Cel and from 4.8 km/h on; else it is the air temperature.
    """
    power = np.maximum(wind, 0) ** 0.16
    chill = 13.12 + 0.6215 * temperature - 11.37 * power + 0.3965 * temperature * power
    cold = (temperature <= 10) & (wind >= 4.8)  # noqa: PLR2004  # the numbers of the published equation
    missing = np.isnan(temperature) | np.isnan(wind)
    return np.where(missing, np.nan, np.where(cold, np.minimum(chill, temperature), temperature))


def vapour_pressure(temperature: Values, humidity: Values) -> Values:
    """Return the pressure of water vapour in hPa, over water.

    WMO-No. 8, Guide to Instruments and Methods of Observation, annex 4.B (Magnus formula).
    """
    saturated = 6.112 * np.exp(17.62 * temperature / (243.12 + temperature))
    found: Values = np.where(humidity > 0, humidity, np.nan) / 100 * saturated
    return found


def dew_point(temperature: Values, humidity: Values) -> Values:
    """Return the dew point in Cel of air temperature (Cel) and relative humidity (%); WMO-No. 8, 4.B."""
    ratio = np.log(vapour_pressure(temperature, humidity) / 6.112)
    found: Values = 243.12 * ratio / (17.62 - ratio)
    return found


def absolute_humidity(temperature: Values, humidity: Values) -> Values:
    """Return the water in the air in g/m3, by the law of ideal gases with 461.5 J/(kg K) for water vapour."""
    pascals = vapour_pressure(temperature, humidity) * 100
    found: Values = pascals / (461.5 * (temperature + 273.15)) * 1000
    return found


def _grade(slug: str) -> Callable[[Values], Values]:
    limits = np.array(LIMITS[slug], dtype=np.float64)

    def grade(value: Values) -> Values:
        found = np.searchsorted(limits, np.floor(value + 0.5), side="left") + 1.0
        return np.where(np.isnan(value), np.nan, found)

    return grade


@dataclass(frozen=True, slots=True)
class Fixed:
    """A function with fixed units."""

    units: tuple[str, ...]
    result: str
    run: Callable[..., Values]


FIXED: Mapping[str, Fixed] = {
    "heat_index": Fixed(("Cel", "%"), "Cel", heat_index),
    "wind_chill": Fixed(("Cel", "km/h"), "Cel", wind_chill),
    "dew_point": Fixed(("Cel", "%"), "Cel", dew_point),
    "vapour_pressure": Fixed(("Cel", "%"), "hPa", vapour_pressure),
    "absolute_humidity": Fixed(("Cel", "%"), "g/m3", absolute_humidity),
    **{f"lqi_{slug}": Fixed(("ug/m3",), "1", _grade(slug)) for slug in LIMITS},
}
