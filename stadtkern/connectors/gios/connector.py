"""GIOS: air quality stations of Poland; the present API with Polish keys and the one before it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.numbers import measured
from stadtkern.base.times import LocalTimes, parse_time
from stadtkern.contracts.answers import chosen, part, position, reject, unusable
from stadtkern.contracts.connector import (
    Connector,
    Context,
    Follow,
    Item,
    Reading,
    Request,
    SourceError,
    Station,
)
from stadtkern.contracts.option import Option

API = "https://api.gios.gov.pl/pjp-api/v1/rest"
ZONE = "Europe/Warsaw"

POLLUTANTS: Mapping[str, str] = {
    "PM10": "pm10",
    "PM2.5": "pm2_5",
    "NO2": "nitrogen_dioxide",
    "O3": "ozone",
    "SO2": "sulphur_dioxide",
    "CO": "carbon_monoxide",
    "C6H6": "benzene",
}
"""Codes of pollutants; all are measured in ug/m3, carbon monoxide as well."""

STATIONS, SENSORS, DATA = (
    "Lista stacji pomiarowych",
    "Lista stanowisk pomiarowych dla podanej stacji",
    "Lista danych pomiarowych",
)
INDEX_TIME = "Data danych źródłowych, z których policzono wartość indeksu dla wskaźnika st"
INDEX_CALCULATED = "Data wykonania obliczeń indeksu"

_SENSOR_CODE = re.compile(r"(?P<station>[A-Za-z0-9]+)-(?P<code>[A-Za-z0-9.]+)-[A-Za-z0-9]+")


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the list of stations, and for each chosen one its sensors (data follow) and its index."""
    asked = [Request(url=f"{API}/station/findAll?size=500", name="stations")]
    for key in chosen(options):
        if key.isdecimal():
            asked.append(Request(url=f"{API}/station/sensors/{key}?size=100", name=f"sensors:{key}"))
            asked.append(Request(url=f"{API}/aqindex/getIndex/{key}", name=f"index:{key}"))
    return asked


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    return unusable(options, "stations", r"\d{1,10}", "the number of a station")


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Read stations, sensors, data or an index, told apart by their keys."""
    answer = jsonbody.load(body)
    if isinstance(answer, dict):
        answer = answer.get(STATIONS) or answer.get(SENSORS) or answer.get("AqIndex") or answer
    if isinstance(answer, dict) and (rows := answer.get(DATA, answer.get("values"))) is not None:
        yield from _data(rows, answer, context)
        return
    known = 0
    for number, row in enumerate(answer if isinstance(answer, list) else [answer]):
        items = _item(row, context) if isinstance(row, Mapping) else None
        if items is None:
            if isinstance(answer, list) and known:
                yield reject("neither a station nor a sensor", f"[{number}]", row)
            continue
        known += 1
        yield from items
    if not known and answer:
        raise SourceError("no stations, sensors, data or index in the answer")


def _item(row: Mapping[str, Any], context: Context) -> Iterator[Item] | None:
    """Return what a row gives; None if it is nothing that is known."""
    if "Identyfikator stanowiska" in row or "param" in row:
        return _sensor(row)
    if "Identyfikator stacji pomiarowej" in row or "stIndexLevel" in row:
        return _index(row, context)
    if "Nazwa stacji" in row or "stationName" in row:
        return _station(row, set(chosen(context.options)))
    return None


def _number(value: object) -> str:
    """Return the number of a station or sensor as its key; empty if it is none."""
    text = str(value).strip()
    return text if text.isascii() and text.isdecimal() and len(text) < 20 else ""  # noqa: PLR2004


def _station(row: Mapping[str, Any], wanted: set[str]) -> Iterator[Item]:
    key = _number(row.get("Identyfikator stacji", row.get("id")))
    if not key:
        yield reject("the station has no number", "station", row)
        return
    if wanted and key not in wanted:
        return
    longitude, latitude = position(
        row.get("WGS84 λ E", row.get("gegrLon")), row.get("WGS84 φ N", row.get("gegrLat"))
    )
    city = part(row, "city")
    properties = {
        "code": row.get("Kod stacji"),
        "city": row.get("Nazwa miasta", city.get("name")),
        "street": row.get("Ulica", row.get("addressStreet")),
        "region": row.get("Województwo", part(city, "commune").get("provinceName")),
    }
    yield Station(
        thing=key,
        name=str(row.get("Nazwa stacji") or row.get("stationName") or key)[:200],
        longitude=longitude,
        latitude=latitude,
        properties={name: v[:200] for name, v in properties.items() if isinstance(v, str) and v},
    )


def _sensor(row: Mapping[str, Any]) -> Iterator[Item]:
    """Follow a sensor to its data; station and pollutant travel in the name of the question."""
    sensor = _number(row.get("Identyfikator stanowiska", row.get("id")))
    station = _number(row.get("Identyfikator stacji", row.get("stationId")))
    code = str(row.get("Wskaźnik - kod") or part(row, "param").get("paramCode") or "")[:20]
    if not sensor or not station:
        yield reject("the sensor has no number", "sensor", row)
    elif code in POLLUTANTS:
        yield Follow(
            request=Request(url=f"{API}/data/getData/{sensor}?size=100", name=f"data:{station}:{code}")
        )


def _data(rows: object, answer: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """Read the hourly values of a sensor, newest or oldest first."""
    if not isinstance(rows, list):
        raise SourceError("the data of the sensor are not a list")
    _kind, station, code = (
        [*context.name.split(":"), "", ""][:3] if context.name.startswith("data:") else ("", "", "")
    )
    code = code or str(answer.get("key") or "")
    times = LocalTimes(ZONE, descending=_is_descending(rows), not_after=context.received)
    for number, row in enumerate(rows):
        where = f"data[{number}]"
        if not isinstance(row, Mapping):
            yield reject("the row is not an object", where, row)
            continue
        match = _SENSOR_CODE.fullmatch(str(row.get("Kod stanowiska", ""))[:100])
        key, pollutant = (station or match["station"], code or match["code"]) if match else (station, code)
        value = row.get("Wartość", row.get("value"))
        if value is not None:
            yield _reading(key, pollutant, value, (row.get("Data", row.get("date")), times), where)


def _is_descending(rows: list[Any]) -> bool:
    dates = [str(row.get("Data", row.get("date"))) for row in rows if isinstance(row, Mapping)]
    return bool(dates) and dates[0] > dates[-1]


def _reading(key: str, code: str, value: object, when: tuple[object, LocalTimes], where: str) -> Item:
    written, times = when
    if not key or code not in POLLUTANTS:
        return reject("the data do not say their station or pollutant", where, {"station": key, "code": code})
    try:
        return Reading(
            thing=key,
            observed_property=POLLUTANTS[code],
            phenomenon_time=times.parse(str(written)),
            result=measured(value),
            unit="ug/m3",
        )
    except ValueError as error:
        return reject(error, where, {"date": written, "value": value})


def _index(row: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """Read the index of a station and of its pollutants: 0 very good to 5 very bad."""
    key = _number(row.get("Identyfikator stacji pomiarowej", row.get("id")))
    if not key:
        yield reject("the index names no station", "index", row)
        return
    written = (
        row.get(INDEX_TIME)
        or row.get("stSourceDataDate")
        or row.get(INDEX_CALCULATED)
        or row.get("stCalcDate")
    )
    values = {"": row.get("Wartość indeksu", part(row, "stIndexLevel").get("id"))}
    for code, name in POLLUTANTS.items():
        old = part(row, f"{code.lower().replace('.', '')}IndexLevel").get("id")
        values[f"_{name}"] = row.get(f"Wartość indeksu dla wskaźnika {code}", old)
    for suffix, value in values.items():
        if value is None or value == -1:
            continue
        try:
            yield Reading(
                thing=key,
                observed_property=f"air_quality_index{suffix}",
                phenomenon_time=parse_time(str(written), ZONE, not_after=context.received),
                result=measured(value),
                unit="1",
            )
        except ValueError as error:
            yield reject(error, f"index{suffix}", {"date": written, "value": value})


connector = Connector(
    title=_("Air quality in Poland"),
    description=_("Hourly pollutants and the air quality index of the Polish network."),
    publisher="Główny Inspektorat Ochrony Środowiska",
    homepage="https://powietrze.gios.gov.pl/",
    licence="CC0-1.0",
    attribution="Główny Inspektorat Ochrony Środowiska (GIOŚ)",
    parse=parse,
    requests=requests,
    check_options=check_options,
    interval=timedelta(minutes=30),
    timezone=ZONE,
    options=(
        Option(
            name="stations",
            kind="list",
            label=_("Stations"),
            help=_("Numbers of stations, one in each line. Without any, only the list of stations is read."),
        ),
    ),
)
