"""Answers in the formats of the real sources, filled by a scenario.

Each function takes the scenario, the query of the request and the present time and returns the body.
"""

import csv
import io
import json
import math
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pyproj import Transformer

from stadtkern.config.demo.payloads import payload
from stadtkern.config.demo.scenario import Device, Gauge, Scenario, wander

BERLIN, WARSAW = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Warsaw")
Query = Mapping[str, str]
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def steps(start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    """Yield the round times from `start` to `end`."""
    seconds = step.total_seconds()
    time = -(-start.timestamp() // seconds) * seconds
    while time <= end.timestamp():
        yield datetime.fromtimestamp(time, UTC)
        time += seconds


def span(query: Query, now: datetime, step: timedelta) -> list[datetime]:
    """Return the times asked for: `history=<days>` of the demo's own filling, else the newest one."""
    days = float(query.get("history", "0"))
    every = timedelta(minutes=float(query["every"])) if "every" in query else step
    return list(steps(now - timedelta(days=days), now, every))[-1 if not days else 0 :] or list(
        steps(now - step, now, step)
    )


def brandenburg(scenario: Scenario, query: Query, now: datetime) -> bytes:
    """Return the page of the flood portal of Brandenburg (JavaScript in HTML, ISO-8859-15, UTM 33)."""
    to_utm = Transformer.from_crs(4326, 25833, always_xy=True)
    parts: list[str] = []
    for gauge in (g for g in scenario.gauges if g.source == "brandenburg-flood"):
        xy = to_utm.transform(gauge.longitude, gauge.latitude)
        parts.extend(brandenburg_feature(scenario, gauge, time, xy) for time in span(query, now, QUARTER))
    page = "<html><head><title>Pegelportal</title></head><body><script>\nvar features = [\n"
    return (page + "".join(parts) + "];\n</script></body></html>\n").encode("iso-8859-15", "replace")


def brandenburg_feature(scenario: Scenario, gauge: Gauge, time: datetime, xy: tuple[float, float]) -> str:
    """Return one gauge at one time as the portal writes it."""
    levels = {t["name"]: t["value_cm"] for t in scenario.thresholds if t["key"] == gauge.key}
    reached = sum(scenario.level(gauge, time) >= float(value) for value in levels.values())
    local = time.astimezone(BERLIN)
    discharge = scenario.discharge(gauge, time)
    fields = {
        "pegel": "bbalarm" if levels else "bb",
        "pkz": gauge.key,
        "name": gauge.name,
        "gewaesser": gauge.water,
        "pegelinbb": "1",
        "alarmklasse": str(reached),
        "wstendenz": "2",
        "datum": f"{local:%d.%m.%Y}",
        "zeit": f"{local:%H:%M}",
        "wert": f"{scenario.level(gauge, time):.0f}",
        "qwert": "" if discharge is None else f"{discharge:.1f}".replace(".", ","),
        **{f"alarm{name.removeprefix('A')}": value for name, value in levels.items()},
    }
    lines = ",\n".join(f"{name}: '{escape(value)}'" for name, value in fields.items())
    return f"new ol.Feature({{\ngeometry: new ol.geom.Point([{xy[0]:.1f},{xy[1]:.1f}]),\n{lines}\n}}),\n"


def escape(text: str) -> str:
    """Write letters outside ASCII as the portal does."""
    return "".join(c if ord(c) < 128 and c != "'" else f"\\u{ord(c):04x}" for c in text)  # noqa: PLR2004


def imgw_hydro(scenario: Scenario, query: Query, now: datetime) -> bytes:
    """Return the gauges of the Polish hydrological service (all values are strings, local time)."""
    found = []
    for gauge in (g for g in scenario.gauges if g.source == "imgw-hydro"):
        for time in span(query, now, timedelta(minutes=10)):
            local = f"{time.astimezone(WARSAW):%Y-%m-%d %H:%M:%S}"
            discharge = scenario.discharge(gauge, time)
            found.append({
                "id_stacji": gauge.key, "stacja": gauge.name, "rzeka": gauge.water, "wojewodztwo": "lubuskie",
                "lon": str(gauge.longitude), "lat": str(gauge.latitude),
                "stan_wody": f"{scenario.level(gauge, time):.0f}", "stan_wody_data_pomiaru": local,
                "temperatura_wody": f"{max(0.2, scenario.temperature(time) * 0.7 + 2):.1f}",
                "temperatura_wody_data_pomiaru": local,
                "przeplyw": None if discharge is None else f"{discharge:.2f}", "przeplyw_data": local,
                "zjawisko_lodowe": "0", "zjawisko_lodowe_data_pomiaru": local,
                "zjawisko_zarastania": "0", "zjawisko_zarastania_data_pomiaru": local,
            })  # fmt: skip
    return dump(found)


def brightsky(scenario: Scenario, query: Query, now: datetime) -> bytes:
    """Return hours of weather: measured up to now, predicted after it."""
    start = parse_day(query.get("date"), now)
    end = parse_day(query.get("last_date"), start + timedelta(days=1))
    weather = [brightsky_hour(scenario, time, is_forecast=time > now) for time in steps(start, end, HOUR)]
    place = {"lat": 51.95, "lon": 14.71, "height": 45.0, "first_record": iso(start), "last_record": iso(end)}
    station = {
        "dwd_station_id": "01869",
        "station_name": "Guben (Demo)",
        "wmo_station_id": "Q000",
        "distance": 2100.0,
    }
    kinds = {1: "synop", 2: "forecast"}
    sources = [{"id": n, "observation_type": kind, **station, **place} for n, kind in kinds.items()]
    return dump({"weather": weather, "sources": sources})


def brightsky_hour(scenario: Scenario, time: datetime, *, is_forecast: bool) -> dict[str, Any]:
    """Return one hour as Bright Sky writes it."""
    rain, cloud, temperature = scenario.rain(time), scenario.cloud(time), scenario.temperature(time)
    return {
        "timestamp": iso(time), "source_id": 2 if is_forecast else 1, "precipitation": rain,
        "pressure_msl": round(scenario.pressure(time), 1), "sunshine": round(max(0.0, 60 - cloud * 0.6)),
        "temperature": round(temperature, 1), "wind_direction": 240,
        "wind_speed": round(scenario.wind(time), 1),
        "cloud_cover": round(cloud), "dew_point": round(temperature - (100 - scenario.humidity(time)) / 5, 1),
        "relative_humidity": round(scenario.humidity(time)), "visibility": 22000, "wind_gust_direction": 250,
        "wind_gust_speed": round(scenario.wind(time) * 1.7, 1), "condition": "rain" if rain else "dry",
        "precipitation_probability": round(min(95, rain * 40)) if is_forecast else None,
        "precipitation_probability_6h": None, "solar": None, "fallback_source_ids": {},
        "icon": "rain" if rain else "cloudy" if cloud > 60 else "partly-cloudy-day",  # noqa: PLR2004
    }  # fmt: skip


UBA_STATIONS = {
    "64": ("DEBB064", "Cottbus", 14.33447, 51.746848),
    "32": ("DEBB032", "Eisenhüttenstadt", 14.638166, 52.146264),
}
UBA_COMPONENTS = {"1": "PM10", "3": "O3", "5": "NO2", "9": "PM2.5"}
UBA_NAMES = (
    "station id", "station code", "station name", "station city", "station synonym", "station active from",
    "station active to", "station longitude", "station latitude", "network id", "station setting id",
    "station type id", "network code", "network name", "station setting name", "station setting short name",
    "station type name", "station street", "station street nr", "station zip code",
)  # fmt: skip


def uba_stations(scenario: Scenario, query: Query, now: datetime) -> bytes:
    """Return the air stations of the Federal Environment Agency (rows as arrays, named in `indices`)."""
    data = {
        key: [key, code, name, name, "", "2002-01-01", None, str(lon), str(lat), "4", "1", "1", "BB",
              "Brandenburg", "urban area", "urban", "background", "", "", ""]
        for key, (code, name, lon, lat) in UBA_STATIONS.items()
    }  # fmt: skip
    return dump({"request": dict(query), "indices": list(UBA_NAMES), "data": data})


def uba_measures(scenario: Scenario, query: Query, now: datetime) -> bytes:
    """Return hourly means of one pollutant; the agency writes Central European Time all year."""
    component = query.get("component", "5")
    cet = ZoneInfo("Etc/GMT-1")
    start = parse_day(query.get("date_from"), now - timedelta(days=1))
    rows: dict[str, dict[str, list[Any]]] = {}
    for key in [query["station"]] if query.get("station") in UBA_STATIONS else UBA_STATIONS:
        rows[key] = {}
        for time in steps(start, now - HOUR, HOUR):
            begin, end = (f"{t.astimezone(cet):%Y-%m-%d %H:%M:%S}" for t in (time, time + HOUR))
            value = round(
                scenario.pollutant(UBA_COMPONENTS.get(component, "NO2"), time) * (1 + 0.1 * (key == "32"))
            )
            rows[key][begin] = [int(component), 2, value, end, "0"]
    names = {
        "data": {"station id": {"date start": ["component id", "scope id", "value", "date end", "index"]}}
    }
    return dump({"request": dict(query), "indices": names, "data": rows})


def energy_price(scenario: Scenario, query: Query, now: datetime) -> bytes:
    """Return the day-ahead prices of today and, from 13 o'clock, of tomorrow."""
    local = now.astimezone(BERLIN)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(
        days=float(query.get("history", "0"))
    )
    days = 2 if local.hour >= 13 else 1  # noqa: PLR2004  # the auction's result is public then
    end = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days) - QUARTER
    times = list(steps(start, end, QUARTER))
    return dump({
        "license_info": "CC BY 4.0 (demo)", "unix_seconds": [int(t.timestamp()) for t in times],
        "price": [scenario.price(t) for t in times], "unit": "EUR / MWh", "deprecated": False,
    })  # fmt: skip


def sensor_community(scenario: Scenario, query: Query, now: datetime) -> bytes:
    """Return a citizen's particulate sensor (values are strings)."""
    found = []
    for number, time in enumerate(span(query, now, timedelta(minutes=5))):
        values = [
            ("P1", scenario.pollutant("PM10", time) * 1.15),
            ("P2", scenario.pollutant("PM2.5", time) * 1.1),
        ]
        found.append({
            "id": number, "timestamp": f"{time:%Y-%m-%d %H:%M:%S}",
            "sensor": {"id": 88017, "pin": "1", "sensor_type": {"id": 14, "name": "SDS011"}},
            "location": {"id": 70022, "longitude": "14.714", "latitude": "51.952", "indoor": 0},
            "sensordatavalues": [{"value_type": kind, "value": f"{value:.2f}"} for kind, value in values],
        })  # fmt: skip
    return dump(found)


def charging_register(scenario: Scenario, query: Query, now: datetime) -> bytes:
    """Return the register of charging stations (preamble, `;`, decimal comma, Windows letters)."""
    head = [
        "Ladeeinrichtungs-ID", "Betreiber", "Anzeigename (Karte)", "Status", "Art der Ladeeinrichtung",
        "Anzahl Ladepunkte", "Nennleistung Ladeeinrichtung [kW]", "Inbetriebnahmedatum", "Straße",
        "Hausnummer", "Adresszusatz", "Postleitzahl", "Ort", "Kreis/kreisfreie Stadt", "Bundesland",
        "Breitengrad", "Längengrad",
    ]  # fmt: skip
    town = ["", "03172", "Guben", "Landkreis Spree-Neiße", "Brandenburg"]
    rows = [
        ["900001", "Stadtwerke (Demo)", "Bahnhofsberg", "In Betrieb", "Normalladeeinrichtung", "2", "44,0",
         "08.04.2019", "Bahnhofsberg", "1", *town, "51,956510", "14,707680"],
        ["900002", "Stadtwerke (Demo)", "Klaus-Herrmann-Straße", "In Betrieb", "Schnellladeeinrichtung", "4",
         "300,0", "01.06.2024", "Klaus-Herrmann-Straße", "20", *town, "51,938900", "14,703300"],
    ]  # fmt: skip
    text = io.StringIO()
    text.write("Ladesäulenregister;;\r\nDemo-Daten in der Form der Bundesnetzagentur;;\r\n\r\n")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([head, *rows])
    return text.getvalue().encode("cp1252")


def device_info(device: Device) -> dict[str, Any]:
    """Return what ChirpStack 4 says about a device in every event."""
    return {
        "tenantName": "Stadt Guben", "applicationName": "Stadt", "deviceProfileName": device.profile,
        "deviceName": device.name, "devEui": device.eui, "tags": {},
    }  # fmt: skip


GATEWAYS = (("0016c001f1500001", 14.7189, 51.9527), ("0016c001f1500002", 14.7077, 51.9565))
"""Antennas of the demo town: at the town hall and at the station."""


def uplink(scenario: Scenario, device: Device, time: datetime, *, count: int | None = None) -> bytes:
    """Return one uplink of a device as ChirpStack 4 publishes it: raw bytes where we have the codec.

    Without `count` the frames are counted by the minute, as the played devices send.
    """
    count = minutes(time) if count is None else count
    values = scenario.device(device, time)
    raw = payload(device.kind, values)
    content = {"object": values} if raw is None else {"data": b64encode(raw).decode()}
    return dump({
        "deduplicationId": f"{device.eui}-{int(time.timestamp())}", "time": time.isoformat(),
        "deviceInfo": device_info(device), "fCnt": count % 65536,
        "fPort": 2 if raw is None else 1, **content, "rxInfo": receptions(device, time),
        "txInfo": {"frequency": 868100000,
                   "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 9, "codeRate": "CR_4_5"}}},
    })  # fmt: skip


def minutes(time: datetime) -> int:
    """Return the minutes since 1970."""
    return int(time.timestamp()) // 60


def receptions(device: Device, time: datetime) -> list[dict[str, Any]]:
    """Return how well the antennas hear a device: the farther, the weaker."""
    found = []
    for gateway, longitude, latitude in GATEWAYS:
        away = math.hypot((device.longitude - longitude) * 0.62, device.latitude - latitude) * 111_000
        rssi = -62 - 12 * math.log10(max(away, 10) / 10) + 3 * wander(gateway, time, timedelta(hours=2))
        place = {"latitude": latitude, "longitude": longitude, "source": "CONFIG"}
        found.append(
            {
                "gatewayId": gateway,
                "rssi": round(rssi),
                "snr": round(12 + (rssi + 80) / 6, 1),
                "location": place,
            }
        )
    return found


def sent(message: dict[str, Any], device: Device, time: datetime) -> bytes:
    """Return the event by which ChirpStack 4 tells that it sent a message to a device."""
    return dump({
        "downlinkId": 1, "time": time.isoformat(), "deviceInfo": device_info(device),
        "queueItemId": str(message.get("id", "")), "fCntDown": 1, "gatewayId": GATEWAYS[0][0],
    })  # fmt: skip


def device_place(device: Device, time: datetime) -> bytes:
    """Return the event that tells where a device is."""
    return dump({
        "deduplicationId": f"{device.eui}-place", "time": time.isoformat(), "deviceInfo": device_info(device),
        "location": {"latitude": device.latitude, "longitude": device.longitude, "source": "CONFIG"},
    })  # fmt: skip


def parse_day(text: str | None, default: datetime) -> datetime:
    """Read a day or a time of a query."""
    if not text:
        return default
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=BERLIN)


def iso(time: datetime) -> str:
    """Write a time as most sources do."""
    return time.isoformat(timespec="seconds")


def dump(value: object) -> bytes:
    """Write JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode()


def neighbour_catalogue(scenario: Scenario, _query: Query, _time: datetime) -> bytes:
    """Return the catalogue of an invented district in DCAT-AP."""
    return (scenario.folder / "catalogue.ttl").read_bytes()


Answer = Callable[[Scenario, Query, datetime], bytes]
ADDRESSES: Iterable[tuple[str, str, Answer]] = (
    ("pegelportal.brandenburg.de/", "text/html; charset=iso-8859-15", brandenburg),
    ("danepubliczne.imgw.pl/api/data/hydro", "application/json", imgw_hydro),
    ("api.brightsky.dev/weather", "application/json", brightsky),
    ("www.umweltbundesamt.de/api/air_data/v3/stations", "application/json", uba_stations),
    ("www.umweltbundesamt.de/api/air_data/v3/measures", "application/json", uba_measures),
    ("api.energy-charts.info/price", "application/json", energy_price),
    ("data.sensor.community/", "application/json", sensor_community),
    ("data.bundesnetzagentur.de/", "text/csv", charging_register),
    ("daten.beispiel-landkreis.example/", "text/turtle", neighbour_catalogue),
)
