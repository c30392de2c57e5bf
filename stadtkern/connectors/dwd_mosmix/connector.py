"""DWD MOSMIX: hourly point forecasts as KMZ or KML, read by dwdparse; values keep the file's units."""

import io
import logging
import xml.etree.ElementTree as ET  # entities are refused before anything is parsed
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from dwdparse.parsers import MOSMIXParser

from stadtkern.base.archives import unpack
from stadtkern.base.jsonbody import looks_like_html
from stadtkern.base.numbers import measured
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import chosen, position, reject, unusable
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.option import Option

ROOT = "https://opendata.dwd.de/weather/local_forecasts/mos/MOSMIX_L/single_stations"

VALUES: Mapping[str, tuple[str, str]] = {
    "temperature": ("air_temperature", "K"),
    "dew_point": ("dew_point", "K"),
    "pressure_msl": ("air_pressure", "Pa"),
    "wind_speed": ("wind_speed", "m/s"),
    "wind_gust_speed": ("wind_gust", "m/s"),
    "wind_direction": ("wind_direction", "deg"),
    "cloud_cover": ("cloud_cover", "%"),
    "precipitation": ("precipitation", "mm"),
    "precipitation_probability": ("precipitation_probability", "%"),
    "solar": ("global_radiation", "kJ/(m2.h)"),
    "sunshine": ("sunshine", "s"),
    "visibility": ("visibility", "m"),
    "condition": ("weather_code", "1"),
}
"""Names of dwdparse: observed property and the unit of the file (1 kg/m2 of water is 1 mm)."""

logging.getLogger("dwdparse").setLevel(logging.CRITICAL)  # what is wrong is told as a rejected item


class _Texts(MOSMIXParser):
    """Gives every value as it is written, so that one wrong number spoils no other."""

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("parse_") and name.removeprefix("parse_") in VALUES:
            return str
        return super().__getattribute__(name)

    def sanitize_records(self, records: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Leave the plausibility of values to `record`."""
        yield from records


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return one file for each chosen place."""
    return [
        Request(url=f"{ROOT}/{key}/kml/MOSMIX_L_LATEST_{key}.kmz", name=key)
        for key in chosen(options)
        if key.isalnum() and key.isascii()
    ]


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    return unusable(options, "stations", r"[A-Z0-9]{4,6}", "the number of a MOSMIX place")


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Read all places of a file, or the chosen ones."""
    wanted = set(chosen(context.options))
    seen = ""
    for record in _records(body):
        if isinstance(record, SourceError):
            if not seen:
                raise record
            yield reject(record)
            return
        key = str(record.get("wmo_station_id") or "").strip()
        if wanted and key not in wanted:
            seen = seen or "other"
            continue
        if not key:
            yield reject("the place has no number")
            continue
        if key != seen:
            seen = key
            longitude, latitude = position(record.get("lon"), record.get("lat"))
            name = str(record.get("station_name") or key)[:200]
            yield Station(thing=key, name=name, longitude=longitude, latitude=latitude)
        yield from _hour(key, record)


def _records(body: bytes) -> Iterator[dict[str, Any] | SourceError]:
    """Yield the hours of all places; an error where the file cannot be read any further."""
    files = unpack(body, name="forecast.kml")
    if len(files) != 1:
        raise SourceError(f"the archive has {len(files)} files where one is expected")
    (kml,) = files.values()
    if not kml.strip():
        raise SourceError("the answer is empty where KML is expected")
    if looks_like_html(kml):
        raise SourceError("answers HTML where KML is expected")
    if b"<!DOCTYPE" in kml or b"<!ENTITY" in kml:
        raise SourceError("the KML declares entities; it is not read")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("forecast.kml", kml)
    count = 0
    try:
        for record in _Texts().parse(packed):
            count += 1
            yield record
    except ET.ParseError as error:
        yield SourceError(f"the KML is broken or cut off in line {error.position[0]}")
        return
    except (ValueError, KeyError, AttributeError, TypeError, LookupError) as error:
        yield SourceError(f"the KML has an unexpected form: {str(error)[:120]}".replace("\n", " "))
        return
    if not count:
        yield SourceError("the KML has no forecasts")


def _hour(key: str, record: Mapping[str, Any]) -> Iterator[Item]:
    time: datetime = record["timestamp"]
    if time.tzinfo is None:
        time = parse_time(time.isoformat(), "UTC")
    made = _issued(str(record.get("source") or ""))
    for name, (kind, unit) in VALUES.items():
        written = record.get(name)
        if written is None:
            continue
        try:
            value = measured(written)
        except ValueError as error:
            yield reject(error, f"{key}.{name} {time:%Y-%m-%dT%H:%M}", written)
            continue
        yield Reading(
            thing=key,
            observed_property=kind,
            phenomenon_time=time,
            result=value,
            unit=unit,
            result_time=made,
            is_forecast=True,
        )


def _issued(source: str) -> datetime | None:
    """Return the time in `MOSMIX:2023-04-12T09:00:00.000Z`."""
    try:
        return parse_time(source.partition(":")[2], "UTC")
    except ValueError:
        return None


connector = Connector(
    title=_("DWD forecast (MOSMIX)"),
    description=_("Hourly weather forecasts for the next ten days at places in Germany and its neighbours."),
    publisher="Deutscher Wetterdienst",
    homepage="https://www.dwd.de/opendata",
    licence="CC-BY-4.0",
    attribution="Deutscher Wetterdienst (DWD), MOSMIX",
    parse=parse,
    requests=requests,
    check_options=check_options,
    interval=timedelta(hours=1),
    options=(
        Option(
            name="stations",
            kind="list",
            label=_("Places"),
            help=_("Numbers of the MOSMIX list such as 10496 (Cottbus), one in each line."),
            required=True,
        ),
    ),
    sample_options={"stations": ["X999"]},
)
