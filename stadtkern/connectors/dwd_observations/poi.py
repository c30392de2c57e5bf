"""Present reports: one CSV for each station with the units in its second line; times in UTC."""

import csv
import io
from collections.abc import Iterator, Mapping

from stadtkern.base.numbers import parse_decimal
from stadtkern.base.times import parse_time
from stadtkern.base.units import is_known
from stadtkern.contracts.answers import reject
from stadtkern.contracts.connector import Item, Reading, SourceError, Station

BEGIN = b"surface observations;"
MISSING = {"", "---", "--", "-999", "-999,0"}
HEAD = 3
"""Lines before the values: names, station and units, German names."""

COLUMNS: Mapping[str, str] = {
    "cloud_cover_total": "cloud_cover",
    "dew_point_temperature_at_2_meter_above_ground": "dew_point",
    "dry_bulb_temperature_at_2_meter_above_ground": "air_temperature",
    "global_radiation_last_hour": "global_radiation",
    "horizontal_visibility": "visibility",
    "maximum_wind_speed_last_hour": "wind_gust",
    "mean_wind_direction_during_last_10 min_at_10_meters_above_ground": "wind_direction",
    "mean_wind_speed_during last_10_min_at_10_meters_above_ground": "wind_speed",
    "precipitation_amount_last_hour": "precipitation",
    "present_weather": "present_weather",
    "pressure_reduced_to_mean_sea_level": "air_pressure",
    "relative_humidity": "relative_humidity",
    "sea/water_temperature": "water_temperature",
    "temperature_at_5_cm_above_ground": "ground_temperature",
    "total_snow_depth": "snow_depth",
    "total_time_of_sunshine_during_last_hour": "sunshine",
}
UNITS: Mapping[str, str] = {"Grad C": "Cel", "Grad": "deg", "CODE_TABLE": "1"}


def parse(body: bytes) -> Iterator[Item]:
    """Read the hours of one station."""
    rows = list(csv.reader(io.StringIO(body.decode("iso-8859-1").replace("\0", "")), delimiter=";"))
    if len(rows) < HEAD or len(rows[1]) < HEAD:
        raise SourceError("the report is cut off before its first value")
    names, units, station = rows[0][2:], rows[1][2:], rows[1][0].strip(" _")
    if not station.isalnum():
        raise SourceError("the report does not name its station")
    yield Station(thing=station, properties={"wmo_number": station})
    columns = []
    for at, (name, written) in enumerate(zip(names, units, strict=False)):
        unit = UNITS.get(written.strip(), written.strip())
        if name not in COLUMNS:
            continue
        if is_known(unit):
            columns.append((at + 2, COLUMNS[name], unit))
        else:
            yield reject(f'unknown unit "{written[:40]}"', name)
    for number, row in enumerate(rows[HEAD:], HEAD + 1):
        if row:
            yield from _hour(station, row, columns, f"row {number}")


def _hour(station: str, row: list[str], columns: list[tuple[int, str, str]], where: str) -> Iterator[Item]:
    try:
        time = parse_time(" ".join(row[:2]), "UTC", ("%d.%m.%y %H:%M", "%d.%m.%Y %H:%M"))
    except ValueError as error:
        yield reject(error, where, ";".join(row))
        return
    for at, kind, unit in columns:
        written = row[at].strip() if at < len(row) else ""
        if written in MISSING:
            continue
        try:
            value = parse_decimal(written, ",")
        except ValueError as error:
            yield reject(error, f"{where}, {kind}", written)
            continue
        yield Reading(thing=station, observed_property=kind, phenomenon_time=time, result=value, unit=unit)
