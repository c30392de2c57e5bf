"""What the demo town measures at any time: plausible, repeatable, without a network.

All values are pure functions of the time, so that history, present and two runs of the demo agree.
"""

import csv
import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

DAY = 86400.0
YEAR = 365.2425 * DAY
EPOCH_OF_LAMPS = 1_735_689_600
"""When the street lights of the demo town were put up: the first of January 2025."""
FLOOD_ANCHOR_HOURS = -4.0
"""Where in the flood table (hours after 30 September 2010, 7:00) the demo starts: the river still rises."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """A river gauge of the demo town."""

    source: str
    key: str
    name: str
    water: str
    longitude: float
    latitude: float
    normal_cm: float
    swing_cm: float
    discharge: float | None
    lag_hours: float
    factor: float


@dataclass(frozen=True, slots=True)
class Device:
    """A LoRaWAN device of the demo town."""

    eui: str
    name: str
    profile: str
    longitude: float
    latitude: float
    kind: str


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(65536)
def noise(name: str, step: int) -> float:
    """Return a repeatable number between -1 and 1."""
    digest = hashlib.blake2b(f"{name}:{step}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**31 - 1


def wander(name: str, time: datetime, period: timedelta) -> float:
    """Return a smooth repeatable curve between -1 and 1 that changes over about `period`."""
    place = time.timestamp() / period.total_seconds()
    step = math.floor(place)
    weight = (1 - math.cos((place - step) * math.pi)) / 2
    return noise(name, step) * (1 - weight) + noise(name, step + 1) * weight


def season(time: datetime) -> float:
    """Return -1 in the middle of January to 1 in the middle of July."""
    return -math.cos((time.timestamp() % YEAR - 15 * DAY) / YEAR * math.tau)


def daytime(time: datetime, peak_hour: float = 14.0) -> float:
    """Return 1 at the peak hour (UTC+1) and -1 twelve hours away."""
    return math.cos(((time.timestamp() / 3600 + 1) % 24 - peak_hour) / 24 * math.tau)


class Scenario:
    """The values of one town, on a normal day or in the flood."""

    def __init__(self, folder: Path, *, started: datetime, flood: bool = False) -> None:
        self.folder = folder
        self.started = started
        self.flood = flood
        self.gauges = [self._gauge(row) for row in rows(folder / "gauges.csv")]
        self.devices = [
            Device(r["eui"], r["name"], r["profile"], float(r["longitude"]), float(r["latitude"]), r["kind"])
            for r in rows(folder / "devices.csv")
        ]
        self.thresholds = rows(folder / "thresholds.csv")
        self.hydrograph = [(float(r["hours"]), float(r["level_cm"])) for r in rows(folder / "flood_2010.csv")]

    @staticmethod
    def _gauge(row: dict[str, str]) -> Gauge:
        discharge = float(row["discharge"]) if row["discharge"] else None
        return Gauge(
            source=row["source"],
            key=row["key"],
            name=row["name"],
            water=row["water"],
            longitude=float(row["longitude"]),
            latitude=float(row["latitude"]),
            normal_cm=float(row["normal_cm"]),
            swing_cm=float(row["swing_cm"]),
            discharge=discharge,
            lag_hours=float(row["lag_hours"]),
            factor=float(row["factor"]),
        )

    def flood_rise(self, time: datetime, lag_hours: float) -> float:
        """Return by how much the flood lifts the level at Guben, in cm, `lag_hours` later than there."""
        hours = (time - self.started).total_seconds() / 3600 + FLOOD_ANCHOR_HOURS - lag_hours
        table = self.hydrograph
        base = table[0][1]
        if not table[0][0] <= hours <= table[-1][0]:
            return 0.0
        for (h0, v0), (h1, v1) in pairwise(table):
            if hours <= h1:
                return v0 + (v1 - v0) * (hours - h0) / (h1 - h0) - base
        return 0.0

    def level(self, gauge: Gauge, time: datetime) -> float:
        """Return the water level in cm."""
        slow = wander(gauge.water, time, timedelta(days=9)) * gauge.swing_cm
        quick = wander(gauge.key, time, timedelta(hours=7)) * 1.6
        yearly = -season(time) * gauge.swing_cm * 0.7
        rise = self.flood_rise(time, gauge.lag_hours) * gauge.factor if self.flood else 0.0
        return gauge.normal_cm + slow + quick + yearly + rise

    def discharge(self, gauge: Gauge, time: datetime) -> float | None:
        """Return the discharge in m3/s by a simple rating curve, None where the gauge has none."""
        if gauge.discharge is None:
            return None
        share: float = max(0.05, self.level(gauge, time) / gauge.normal_cm)
        return gauge.discharge * math.pow(share, 2.6)

    def temperature(self, time: datetime) -> float:
        """Return the air temperature in degrees Celsius."""
        return 9.6 + 9.8 * season(time) + (3.2 + 1.8 * season(time)) * daytime(time) + 3.5 * wander(
            "air", time, timedelta(days=3)
        )  # fmt: skip

    def humidity(self, time: datetime) -> float:
        """Return the relative humidity in percent."""
        return min(
            100.0,
            max(
                25.0, 78 - 12 * season(time) - 11 * daytime(time) + 9 * wander("rh", time, timedelta(days=2))
            ),
        )

    def rain(self, time: datetime) -> float:
        """Return the rain of the hour before, in mm."""
        wet = wander("rain", time, timedelta(hours=9)) + (0.35 if self.flood else 0.0)
        return round(max(0.0, wet - 0.55) * 6, 1)

    def cloud(self, time: datetime) -> float:
        """Return the cloud cover in percent."""
        return min(100.0, max(0.0, 62 + 45 * wander("cloud", time, timedelta(hours=15))))

    def wind(self, time: datetime) -> float:
        """Return the wind speed in km/h."""
        return max(1.0, 13 + 9 * wander("wind", time, timedelta(hours=11)) + 3 * daytime(time))

    def pressure(self, time: datetime) -> float:
        """Return the air pressure at sea level in hPa."""
        return 1014 + 13 * wander("pressure", time, timedelta(days=4))

    def pollutant(self, name: str, time: datetime) -> float:
        """Return a concentration in ug/m3 of `NO2`, `O3`, `PM10` or `PM2.5`."""
        traffic = max(0.0, daytime(time, 8)) + max(0.0, daytime(time, 18))
        mean, day, swing = {
            "NO2": (9.0, 5.0, 4.0), "O3": (48.0 + 22 * season(time), -8.0, 14.0),
            "PM10": (15.0 - 3 * season(time), 3.0, 7.0), "PM2.5": (9.0 - 3 * season(time), 2.0, 5.0),
        }[name]  # fmt: skip
        return max(0.5, mean + day * traffic + swing * wander(name, time, timedelta(hours=20)))

    def price(self, time: datetime) -> float:
        """Return the day-ahead price of electricity in EUR/MWh, constant within the quarter of an hour."""
        quarter = datetime.fromtimestamp(time.timestamp() // 900 * 900, UTC)
        sun = max(0.0, daytime(quarter, 13)) * (45 + 35 * season(quarter))
        evening = max(0.0, daytime(quarter, 19) - 0.6) * 110
        return round(92 - sun + evening + 18 * wander("price", quarter, timedelta(hours=30)), 2)

    def device(self, device: Device, time: datetime) -> dict[str, float]:
        """Return the decoded payload of a device."""
        battery = round(3.55 + 0.04 * wander(device.eui, time, timedelta(days=5)), 2)
        drift = wander(device.eui, time, timedelta(hours=6))
        share = min(1.0, max(0.0, 0.45 + 0.4 * daytime(time, 11) + 0.15 * drift))
        values: dict[str, dict[str, float]] = {
            "soil": {
                "soil_moisture": round(24 + 5 * noise(device.eui, 0) - 4 * season(time) + 2 * drift, 1),
                "soil_temperature": round(self.temperature(time) * 0.6 + 4, 1),
            },
            "level": {
                "water_level": round(41 + 4 * drift + (self.flood_rise(time, 1) * 0.3 if self.flood else 0))
            },
            "room": {
                "temperature": round(20.6 + 0.8 * daytime(time), 1),
                "humidity": round(44 + 4 * drift),
                "co2": round(520 + 420 * max(0.0, daytime(time, 13)) + 40 * drift),
            },
            "parking": {"parking_free": round(48 * (1 - share)), "parking_capacity": 48},
            "count": {"count": round(max(0.0, 34 + 40 * daytime(time, 15) + 12 * drift))},
            "noise": {"laeq": round(54 + 6 * daytime(time, 15) + 3 * drift, 1)},
            "bin": {
                "fill_level": round(time.timestamp() / 7200 % 96),
                "temperature": round(self.temperature(time)),
            },
            "lamp": {
                "dimming": 60 if daytime(time, 0) > -0.2 else 0,  # noqa: PLR2004  # from dusk till dawn
                "energy": round((time.timestamp() - EPOCH_OF_LAMPS) / 3600 * 12),
            },
            "visitor": {"temperature": round(self.temperature(time), 1)},
        }
        return {**values[device.kind], "battery_voltage": battery}
