"""Station files of the climate data centre: hourly and ten-minute values, times in UTC, -999 is missing."""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from stadtkern.base.numbers import parse_decimal
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import position, reject
from stadtkern.contracts.connector import Item, Reading, SourceError, Station

BEGIN = b"STATIONS_ID;"
PLACES = b"Stations_id;Stationshoehe;"
MISSING_VALUE = -999
END_OF_ROW = "eor"


class Column(NamedTuple):
    """What a column holds; the value is multiplied by `scale` to be in `unit`."""

    kind: str
    unit: str
    scale: float = 1


COLUMNS: Mapping[str, Column] = {
    "PP_10": Column("station_pressure", "hPa"),
    "TT_10": Column("air_temperature", "Cel"),
    "TM5_10": Column("ground_temperature", "Cel"),
    "RF_10": Column("relative_humidity", "%"),
    "TD_10": Column("dew_point", "Cel"),
    "FF_10": Column("wind_speed", "m/s"),
    "DD_10": Column("wind_direction", "deg"),
    "FX_10": Column("wind_gust", "m/s"),
    "RWS_10": Column("precipitation_10min", "mm"),
    "DS_10": Column("diffuse_radiation", "J/(cm2.min)", 0.1),
    "GS_10": Column("global_radiation", "J/(cm2.min)", 0.1),
    "SD_10": Column("sunshine_10min", "h"),
    "TT_TU": Column("air_temperature", "Cel"),
    "RF_TU": Column("relative_humidity", "%"),
    "TT": Column("air_temperature", "Cel"),
    "TD": Column("dew_point", "Cel"),
    "F": Column("wind_speed", "m/s"),
    "D": Column("wind_direction", "deg"),
    "R1": Column("precipitation", "mm"),
    "P": Column("air_pressure", "hPa"),
    "P0": Column("station_pressure", "hPa"),
    "V_N": Column("cloud_cover", "/8"),
    "V_VV": Column("visibility", "m"),
    "SD_SO": Column("sunshine", "min"),
}
"""Radiation is the energy of ten minutes; a tenth of it is the mean power per minute."""

UNDETERMINED = {"V_N": -1.0}
"""Cloud cover -1: the sky could not be seen."""


def key_of(dwd_number: str) -> str | None:
    """Return the key of a station; its national number could also be an international one of another."""
    bare = dwd_number.strip()
    if not bare.isdecimal() or not bare.isascii() or len(bare) > 5:  # noqa: PLR2004
        return None
    return f"dwd-{bare.zfill(5)}"


def parse(body: bytes) -> Iterator[Item]:
    """Read the rows of one station file."""
    reader = csv.reader(io.StringIO(body.decode("iso-8859-1").replace("\0", "")), delimiter=";")
    head = [name.strip() for name in next(reader)]
    columns = [(at, name, COLUMNS[name]) for at, name in enumerate(head) if name in COLUMNS]
    if "MESS_DATUM" not in head or not columns:
        raise SourceError(f"the station file has no known column: {';'.join(head)[:100]}")
    at_time = head.index("MESS_DATUM")
    for number, row in enumerate(reader, 2):
        where = f"row {number}"
        key = key_of(row[0]) if row else ""
        if key == "":
            continue
        if key is None or len(row) != len(head):
            yield reject("the row is cut off or has no station number", where, ";".join(row))
            continue
        try:
            time = parse_time(
                row[at_time],
                "UTC",
                "%Y%m%d%H" if len(row[at_time].strip()) == len("2026112310") else "%Y%m%d%H%M",
            )
        except ValueError as error:
            yield reject(error, where, row[at_time])
            continue
        for at, name, column in columns:
            item = _value(key, name, column, row[at], time)
            if item is not None:
                yield item


def _value(key: str, name: str, column: Column, written: str, time: datetime) -> Item | None:
    try:
        value = parse_decimal(written, ".")
    except ValueError as error:
        return reject(error, f"{key}.{name} {time:%Y-%m-%dT%H:%M}", written)
    if math.isclose(value, MISSING_VALUE) or value == UNDETERMINED.get(name):
        return None
    return Reading(
        thing=key,
        observed_property=column.kind,
        phenomenon_time=time,
        result=value if column.scale == 1 else float(f"{value * column.scale:.12g}"),
        unit=column.unit,
    )


def parse_places(body: bytes) -> Iterator[Item]:
    """Read where the station stood; the last line is the present place."""
    rows = list(csv.reader(io.StringIO(body.decode("iso-8859-1").replace("\0", "")), delimiter=";"))
    last = next((row for row in reversed(rows[1:]) if len(row) >= 7), None)  # noqa: PLR2004  (seven columns)
    key = key_of(last[0]) if last else None
    if last is None or key is None:
        yield reject("the list of places is cut off", "Metadaten_Geographie")
        return
    longitude, latitude = position(last[3].strip(), last[2].strip())
    yield Station(
        thing=key,
        name=last[6].strip()[:200],
        longitude=longitude,
        latitude=latitude,
        properties={"dwd_number": last[0].strip().zfill(5), "height": last[1].strip()[:20]},
    )
