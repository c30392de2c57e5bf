"""DWD observations: present reports (CSV), station files of the climate centre (zip), SYNOP (JSON)."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from dwdparse.parsers import SkipRecord, SYNOPParser

from stadtkern.base import jsonbody
from stadtkern.base.archives import unpack
from stadtkern.base.numbers import measured
from stadtkern.connectors.dwd_observations import poi, products
from stadtkern.contracts.answers import chosen, position, reject, unusable
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.option import Option

POI = "https://opendata.dwd.de/weather/weather_reports/poi"
CLIMATE = "https://opendata.dwd.de/climate_environment/CDC/observations_germany/climate"

SYNOP: Mapping[str, tuple[str, str]] = {
    "temperature": ("air_temperature", "K"),
    "dew_point": ("dew_point", "K"),
    "relative_humidity": ("relative_humidity", "%"),
    "pressure_msl": ("air_pressure", "Pa"),
    "wind_speed_10": ("wind_speed", "m/s"),
    "wind_direction_10": ("wind_direction", "deg"),
    "wind_gust_speed_60": ("wind_gust", "m/s"),
    "cloud_cover": ("cloud_cover", "%"),
    "precipitation_60": ("precipitation", "mm"),
    "sunshine_60": ("sunshine", "s"),
    "solar_60": ("global_radiation", "J/(m2.h)"),
    "visibility": ("visibility", "m"),
}
"""Names of dwdparse for SYNOP messages: observed property and the unit it gives."""

_SAFE_PATH = re.compile(r"[A-Za-z0-9_]+(?:/[A-Za-z0-9_.-]+)+\.zip")

logging.getLogger("dwdparse").setLevel(logging.CRITICAL)  # what is wrong is told as a rejected item


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the present report of each station, and the chosen files of the climate data centre."""
    stations = [key for key in chosen(options) if key.isalnum() and key.isascii()]
    files = [path.strip("/") for path in chosen(options, "files")]
    return [Request(url=f"{POI}/{key:_<5}-BEOB.csv", name="poi") for key in stations] + [
        Request(url=f"{CLIMATE}/{path}", name="climate")
        for path in files
        if _SAFE_PATH.fullmatch(path) and ".." not in path
    ]


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    problems = [
        *unusable(options, "stations", r"[A-Z0-9]{4,5}", "the number of a station"),
        *unusable(options, "files", r"/?" + _SAFE_PATH.pattern, "the path of a zip file"),
    ]
    if not chosen(options) and not chosen(options, "files"):
        problems.append("stations: name at least one station or file")
    return problems


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Read a file of any of the three kinds, packed or not."""
    if not body.strip():
        raise SourceError("the answer is empty where observations are expected")
    if jsonbody.looks_like_html(body):
        raise SourceError("answers HTML where observations are expected")
    files = unpack(body, name=context.url.rpartition("/")[2])
    known = 0
    for name, content in sorted(files.items()):
        text = content.lstrip(b"\xef\xbb\xbf")
        if text.startswith(poi.BEGIN):
            known += 1
            yield from poi.parse(text)
        elif text.startswith(products.BEGIN):
            known += 1
            yield from products.parse(text)
        elif text.startswith(products.PLACES):
            known += 1
            yield from products.parse_places(text)
        elif text.startswith(b"{"):
            known += 1
            yield from _synop(text, name)
    if not known:
        raise SourceError("the file is neither a report, nor a station file, nor SYNOP messages")


def _synop(body: bytes, name: str) -> Iterator[Item]:
    """Read SYNOP messages that were turned from BUFR into JSON."""
    blocks = jsonbody.load(body, dict).get("messages")
    if not isinstance(blocks, list):
        raise SourceError("the JSON has no SYNOP messages")
    for number, block in enumerate(blocks):
        messages = block[-1] if isinstance(block, list) and block else None
        for message in messages if isinstance(messages, list) else []:
            yield from _message(message, f"{name}[{number}]")


def _message(message: object, where: str) -> Iterator[Item]:
    try:
        record = SYNOPParser().parse_message(message)
    except SkipRecord:
        yield reject("the message lacks its station, place or time", where, message)
        return
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        yield reject(f"the message has an unexpected form: {type(error).__name__}", where, message)
        return
    key = str(record["wmo_station_id"]).strip()[:60] or "unknown"
    longitude, latitude = position(record["lon"], record["lat"])
    yield Station(thing=key, name=str(record["station_name"])[:200], longitude=longitude, latitude=latitude)
    for field, (kind, unit) in SYNOP.items():
        if record.get(field) is None:
            continue
        try:
            value = measured(record[field])
        except ValueError as error:
            yield reject(error, f"{where}.{field}", record[field])
            continue
        yield Reading(
            thing=key,
            observed_property=kind,
            phenomenon_time=record["timestamp"],
            result=value,
            unit=unit,
        )


connector = Connector(
    title=_("DWD weather stations"),
    description=_("Weather measured at stations of the German weather service."),
    publisher="Deutscher Wetterdienst",
    homepage="https://www.dwd.de/opendata",
    licence="CC-BY-4.0",
    attribution="Deutscher Wetterdienst (DWD)",
    parse=parse,
    requests=requests,
    check_options=check_options,
    interval=timedelta(minutes=30),
    options=(
        Option(
            name="stations",
            kind="list",
            label=_("Stations"),
            help=_("International numbers such as 10496 (Cottbus), one in each line: hourly reports."),
        ),
        Option(
            name="files",
            kind="list",
            label=_("Files of the climate data centre"),
            help=_("Paths such as 10_minutes/wind/now/10minutenwerte_wind_00880_now.zip, one in each line."),
        ),
    ),
    sample_options={"stations": ["99999"]},
)
