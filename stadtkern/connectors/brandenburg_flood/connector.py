"""Flood portal of Brandenburg: gauges as JavaScript in a web page; also JSON of the joint German portal."""

import contextlib
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from pyproj import Transformer

from stadtkern.base import jsonbody
from stadtkern.base.numbers import NumberFormatError, parse_decimal
from stadtkern.base.times import LocalTimes, TimeFormatError, parse_time
from stadtkern.contracts.answers import chosen, position, reject, unusable
from stadtkern.contracts.connector import (
    Connector,
    Context,
    Item,
    Reading,
    Request,
    SourceError,
    Station,
    Threshold,
)
from stadtkern.contracts.option import Option

ZONE = "Europe/Berlin"
ENCODING = "iso-8859-15"
MISSING = {"", "-", "--", "---", "k.A.", "k. A."}
WITH_ALARM = "bbalarm"
"""Only gauges of this kind have a meaningful alarm class."""
ALARM_LEVELS = (1, 2, 3, 4)

_FEATURE = re.compile(r"new\s+ol\.Feature\s*\(\s*\{")
_END = re.compile(r"\}\s*\)")
_POINT = re.compile(r"ol\.geom\.Point\(\s*\[\s*(-?[0-9.]{1,20})\s*,\s*(-?[0-9.]{1,20})")
_FIELD = re.compile(r"""\b([A-Za-z_][A-Za-z0-9_]{0,40})\s*:\s*'((?:[^'\\\n]|\\.){0,500})'""")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")
_GAUGE_IN_URL = re.compile(r"\b(?:pn|pkz|pgnr)=([A-Za-z0-9_]+)")
_RELATIVE = re.compile(r"(heute|gestern),?\s*([0-9]{1,2}:[0-9]{2})(?:\s*Uhr)?", re.IGNORECASE)
_WITH_UNIT = re.compile(r"(-?[0-9.,]+)\s*(cm|m³/s|m3/s)")
_KEY = re.compile(r"[A-Z]{2,3}_[A-Za-z0-9_]+")


@cache
def _to_wgs84() -> Transformer:
    """Return the way from ETRS89 / UTM zone 33N."""
    return Transformer.from_crs(25833, 4326, always_xy=True)


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the page that has all gauges."""
    del options
    return [Request(url="https://pegelportal.brandenburg.de/start.php")]


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    return unusable(options, "stations", r"\d{1,12}", "the number of a gauge")


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Read the page of Brandenburg, or an answer of the joint portal in JSON."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        yield from _parse_json(body, context)
        return
    wanted = set(chosen(context.options))
    times: dict[str, LocalTimes] = {}
    pieces = _FEATURE.split(body.decode(ENCODING, "replace"))[1:]
    if not pieces:
        raise SourceError("the page has no gauges; it may have been rebuilt or be a page of maintenance")
    for number, piece in enumerate(pieces):
        yield from _feature(piece, f"gauge {number + 1}", wanted, times, context)


def _feature(
    piece: str, where: str, wanted: set[str], times: dict[str, LocalTimes], context: Context
) -> Iterator[Item]:
    end = _END.search(piece, max(piece.find("pkz"), 0))
    if end is None:
        yield reject("the gauge is cut off", where, piece)
        return
    text = piece[: end.end()]
    fields = {match[1]: unescaped(match[2]) for match in _FIELD.finditer(text)}
    key = fields.get("pkz", "").strip()
    if not key:
        yield reject("the gauge has no number (pkz)", where, text)
        return
    if wanted and key not in wanted:
        return
    yield _station(key, fields, text)
    yield from _levels(key, fields)
    times.setdefault(key, LocalTimes(ZONE, "%d.%m.%Y %H:%M", not_after=context.received))
    yield from _readings(key, fields, times[key])


def unescaped(text: str) -> str:
    r"""Return a JavaScript string as text: `Nei\u00dfe` is `Neiße`."""
    plain = _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else m[3], text)
    whole = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return html.unescape(whole).replace("\0", "")


def _station(key: str, fields: Mapping[str, str], text: str) -> Station:
    longitude, latitude = None, None
    if point := _POINT.search(text):
        with contextlib.suppress(ValueError):
            longitude, latitude = position(*_to_wgs84().transform(float(point[1]), float(point[2])))
    return Station(
        thing=key,
        name=fields.get("name", "")[:200] or key,
        longitude=longitude,
        latitude=latitude,
        properties={"river": fields["gewaesser"][:200]} if fields.get("gewaesser") else {},
    )


def _levels(key: str, fields: Mapping[str, str]) -> Iterator[Item]:
    for number in ALARM_LEVELS:
        written = fields.get(f"alarm{number}", "").strip()
        if written in MISSING:
            continue
        try:
            yield Threshold(
                thing=key,
                observed_property="water_level",
                name=f"A{number}",
                value=parse_decimal(written, ","),
                unit="cm",
                severity=number,
            )
        except NumberFormatError as error:
            yield reject(error, f"{key}.alarm{number}", written)


def _readings(key: str, fields: Mapping[str, str], times: LocalTimes) -> Iterator[Item]:
    kinds = [("wert", "water_level", "cm"), ("qwert", "discharge", "m3/s")]
    if fields.get("pegel") == WITH_ALARM:
        kinds.append(("alarmklasse", "flood_alarm_class", "1"))
    kinds = [kind for kind in kinds if fields.get(kind[0], "").strip() not in MISSING]
    if not kinds:
        return
    written = f"{fields.get('datum', '')} {fields.get('zeit', '')}"
    try:
        time = times.parse(written)
    except TimeFormatError as error:
        yield reject(error, f"{key}.datum", written)
        return
    for name, kind, unit in kinds:
        try:
            value = parse_decimal(fields[name], ",")
            yield Reading(thing=key, observed_property=kind, phenomenon_time=time, result=value, unit=unit)
        except NumberFormatError as error:
            yield reject(error, f"{key}.{name}", fields[name])


def _parse_json(body: bytes, context: Context) -> Iterator[Item]:
    """Read what the joint portal of the German states (hochwasserzentralen.de) answers."""
    answer = jsonbody.load(body, dict)
    inner = [answer.get("InfosPegel"), answer.get("LagePegel")]
    found = [one for one in inner if isinstance(one, Mapping)] or [answer]
    count = 0
    for one in found:
        for item in _portal(one, context):
            count += 1
            yield item
    if not count:
        raise SourceError("no gauges in the answer")


def _portal(answer: Mapping[str, Any], context: Context) -> Iterator[Item]:
    if "PN" in answer:
        yield from _portal_gauge(answer, context)
    elif isinstance(answer.get("PGNR"), list):
        yield from _portal_places(answer)
    else:
        for key, text in answer.items():
            if _KEY.fullmatch(key) and isinstance(text, str):
                name, _mark, river = text.partition(" / ")
                yield Station(
                    thing=_own_key(key),
                    name=name[:200] or key,
                    properties={"river": river[:200]} if river else {},
                )


def _own_key(key: str) -> str:
    """Return the number that Brandenburg itself uses; gauges of other states keep their prefix."""
    return key.removeprefix("BB_")


def _portal_places(answer: Mapping[str, Any]) -> Iterator[Item]:
    columns = [answer.get(name) for name in ("PGNR", "LON", "LAT")]
    if not all(isinstance(column, list) for column in columns):
        yield reject("the positions of the gauges are missing", "LagePegel", answer)
        return
    for key, east, north in zip(*columns, strict=False):
        if not isinstance(key, str) or not key:
            yield reject("the gauge has no number", "LagePegel.PGNR", key)
            continue
        longitude, latitude = position(east, north)
        yield Station(thing=_own_key(key), name=key[:200], longitude=longitude, latitude=latitude)


def _portal_gauge(answer: Mapping[str, Any], context: Context) -> Iterator[Item]:
    link = _GAUGE_IN_URL.search(context.url) or _GAUGE_IN_URL.search(str(answer.get("URL_PEGEL", "")))
    if link is None:
        yield reject("the gauge has no number", "InfosPegel", answer)
        return
    key = _own_key(link[1])
    river = answer.get("GW")
    yield Station(
        thing=key,
        name=str(answer["PN"])[:200] or key,
        properties={"river": river[:200]} if isinstance(river, str) else {},
    )
    try:
        time = _relative_time(str(answer.get("ZEIT", "")), context.received)
    except TimeFormatError as error:
        yield reject(error, "InfosPegel.ZEIT", answer.get("ZEIT"))
        return
    for name, kind, unit in (("W", "water_level", "cm"), ("Q", "discharge", "m3/s")):
        written = str(answer.get(name) or "").strip()
        if written in MISSING:
            continue
        match = _WITH_UNIT.fullmatch(written)
        try:
            value = parse_decimal(match[1] if match else written, ",")
            yield Reading(thing=key, observed_property=kind, phenomenon_time=time, result=value, unit=unit)
        except NumberFormatError as error:
            yield reject(error, f"InfosPegel.{name}", written)


def _relative_time(text: str, received: datetime) -> datetime:
    """Return the time of `Heute, 11:30 Uhr`, seen from the day on which the answer came."""
    match = _RELATIVE.fullmatch(text.strip())
    if match is None:
        return parse_time(text.replace("Uhr", ""), ZONE, not_after=received)
    day = received.astimezone(ZoneInfo(ZONE)).date()
    if match[1].lower() == "gestern":
        day -= timedelta(days=1)
    return parse_time(f"{day:%d.%m.%Y} {match[2]}", ZONE, "%d.%m.%Y %H:%M", not_after=received)


connector = Connector(
    title=_("Flood portal of Brandenburg"),
    description=_("Water level, discharge and alarm class of the gauges in Brandenburg, also on the Neisse."),
    publisher="Landesamt für Umwelt Brandenburg",
    homepage="https://pegelportal.brandenburg.de/",
    licence="dl-de/zero-2-0",
    attribution="Landesamt für Umwelt Brandenburg (LfU), Pegelportal",
    parse=parse,
    requests=requests,
    check_options=check_options,
    interval=timedelta(minutes=15),
    timezone=ZONE,
    options=(
        Option(
            name="stations",
            kind="list",
            label=_("Gauges"),
            help=_(
                "Numbers of gauges such as 6602800 (Guben 2), one in each line. Without any, all are read."
            ),
        ),
    ),
)
