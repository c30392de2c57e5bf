"""DATEX II 2.x car parks as towns publish them at Mobilithek, in both dialects.

`parkingStatusPublication` with `parkingRecordStatus` (parking extension of 2.3) and
`parkingFacilityTableStatusPublication` with `parkingFacilityStatus` (German profile); their tables
(`parkingRecord`, `parkingFacility`) give names and places. Elements are told by their local names, since
publishers differ in prefixes and some write extensions without a namespace. Documents are read as a stream.
https://docs.datex2.eu/
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext_lazy as _

from stadtkern.base import jsonbody
from stadtkern.base.fields import finite
from stadtkern.base.times import parse_time
from stadtkern.contracts.answers import position, reject
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.mapping import as_lines
from stadtkern.contracts.option import Option

ZONE = "Europe/Berlin"
_NAME_IN_KEY = re.compile(r"\[[^\]]*\]$")  # VRS writes 1035[P+R Bondorf] beside 1035
_RECORDS = {"parkingRecord", "parkingFacility"}
_STATUSES = {"parkingRecordStatus", "parkingFacilityStatus"}
_PUBLICATIONS = {
    "parkingStatusPublication",
    "parkingFacilityTableStatusPublication",
    "parkingTablePublication",
    "parkingFacilityTablePublication",
}
_NAMES = tuple(
    (name, *inner, "value") for name in ("parkingName", "parkingFacilityName") for inner in (("values",), ())
)
_CAPACITIES = ("parkingNumberOfSpaces", "totalParkingCapacity", "totalParkingCapacityOverride")


def local(tag: object) -> str:
    """Return the name of an element without its namespace."""
    return str(tag).rpartition("}")[2]


def child(element: Element, name: str) -> Element | None:
    """Return the first direct child of that local name."""
    return next((inner for inner in element if local(inner.tag) == name), None)


def text(element: Element | None, *path: str) -> str:
    """Return the text at the end of a path of direct children, an empty text if there is none."""
    for name in path:
        if element is None:
            return ""
        element = child(element, name)
    return (element.text or "").strip() if element is not None else ""


def _descendant(element: Element, name: str) -> str:
    return next(((inner.text or "").strip() for inner in element.iter() if local(inner.tag) == name), "")


def _key(identifier: str | None) -> str:
    return _NAME_IN_KEY.sub("", (identifier or "").strip()).strip()


def _station(element: Element) -> Iterator[Item]:
    thing = _key(element.get("id"))
    if not thing:
        yield reject("the car park has no id", local(element.tag))
        return
    name = next((found for path in _NAMES if (found := text(element, *path))), "")
    longitude, latitude = position(_descendant(element, "longitude"), _descendant(element, "latitude"))
    capacity = next((text(element, field) for field in _CAPACITIES if text(element, field)), "")
    kind = (
        text(element, "urbanParkingSiteType")
        or text(element, "parkingLayout")
        or text(element, "parkingFacilityLayout")
    )
    properties: dict[str, Any] = {"kind": kind} if kind else {}
    try:
        if capacity:
            properties["capacity"] = int(finite(capacity))
    except ValueError as error:
        yield reject(error, f"{thing}, capacity", capacity)
    yield Station(
        thing=thing, name=name or thing, longitude=longitude, latitude=latitude, properties=properties
    )


def _counts(element: Element) -> dict[str, str]:
    """Return the counts of a status in either dialect, as written."""
    occupancy = child(element, "parkingOccupancy")
    if occupancy is not None:
        return {
            "parking_free": text(occupancy, "parkingNumberOfVacantSpaces"),
            "parking_occupied": text(occupancy, "parkingNumberOfOccupiedSpaces"),
            "parking_capacity": text(occupancy, "parkingNumberOfSpacesOverride"),
        }
    return {
        "parking_free": text(element, "totalNumberOfVacantParkingSpaces"),
        "parking_occupied": text(element, "totalNumberOfOccupiedParkingSpaces"),
        "parking_capacity": text(element, "totalParkingCapacityOverride"),
    }


def _opening(element: Element) -> float | None:
    words = [(inner.text or "").strip() for inner in element if len(inner) == 0]
    if "closed" in words or "closedPermanently" in words:
        return 0.0
    return 1.0 if "open" in words or "openWithRestrictions" in words else None


def _status(element: Element, published: str, zone: str) -> Iterator[Item]:
    reference = child(element, "parkingRecordReference")
    if reference is None:
        reference = child(element, "parkingFacilityReference")
    thing = _key(reference.get("id")) if reference is not None else ""
    if not thing:
        yield reject("the status names no car park", local(element.tag))
        return
    written = (
        text(element, "parkingStatusOriginTime") or text(element, "parkingFacilityStatusTime") or published
    )
    try:
        time = parse_time(written, zone)
    except ValueError as error:
        yield reject(error, thing, written)
        return
    numbers: dict[str, float] = {}
    for observed_property, count in _counts(element).items():
        try:
            if count:
                numbers[observed_property] = finite(count)
        except ValueError as error:
            yield reject(error, f"{thing}, {observed_property}", count)
    opening = _opening(element)
    if opening is not None:
        numbers["parking_open"] = opening
    if not numbers:
        yield reject("the status tells no number of spaces", thing)
    yield from (_reading(thing, name, time, numbers) for name in numbers)


def _reading(thing: str, observed_property: str, time: datetime, numbers: Mapping[str, float]) -> Reading:
    capacity, value = numbers.get("parking_capacity"), numbers[observed_property]
    is_impossible = value < 0 or (capacity and observed_property != "parking_open" and value > capacity)
    quality: Literal["", "questionable"] = "questionable" if is_impossible else ""
    return Reading(
        thing=thing,
        observed_property=observed_property,
        phenomenon_time=time,
        result=value,
        unit="1",
        quality=quality,
    )


def _elements(body: bytes) -> Iterator[Element]:
    """Yield elements as they end; attacks by entities and broken XML become one clear line."""
    try:
        for _event, element in iterparse(io.BytesIO(body), events=("end",), forbid_dtd=True):
            yield element
    except DefusedXmlException as error:
        raise SourceError("the XML declares a document type or entities and is refused") from error
    except (ParseError, ValueError, LookupError) as error:
        raise SourceError(f"the XML is cut off or broken: {str(error)[:100]}") from error


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield car parks out of tables and counts out of statuses."""
    if not body.strip():
        raise SourceError("the answer is empty where XML is expected")
    if jsonbody.looks_like_html(body):
        raise SourceError("answers HTML where XML is expected")
    wanted = frozenset(as_lines(context.options.get("car_parks")))
    zone = str(context.options.get("timezone") or ZONE)
    published, is_parking = "", False
    for element in _elements(body):
        name = local(element.tag)
        if name == "publicationTime":
            published = (element.text or "").strip()
        elif name in _PUBLICATIONS:
            is_parking = True
        items: Iterator[Item] | None = None
        if name in _RECORDS and len(element):
            items = _station(element)
        elif name in _STATUSES and len(element):
            items = _status(element, published, zone)
        if items is not None:
            is_parking = True
            yield from (i for i in items if not wanted or getattr(i, "thing", None) in {None, *wanted})
            element.clear()
    if not is_parking:
        raise SourceError("the XML holds no DATEX II publication of car parks")


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the addresses of the table and of the statuses."""
    named = [("static_url", "static"), ("url", "realtime")]
    return [
        Request(url=str(options[o]).strip(), name=n) for o, n in named if str(options.get(o) or "").strip()
    ]


connector = Connector(
    title=_("Car parks (DATEX II)"),
    description=_("Free spaces in car parks out of DATEX II publications, as at Mobilithek."),
    publisher="",
    homepage="https://mobilithek.info/",
    licence="",
    attribution="",
    parse=parse,
    requests=requests,
    webhook=True,
    interval=timedelta(minutes=5),
    timezone=ZONE,
    options=(
        Option(name="url", kind="url", label=_("Address of the free spaces"), required=True),
        Option(
            name="static_url",
            kind="url",
            label=_("Address of the table of car parks"),
            help=_("With names and places; empty if there is none."),
        ),
        Option(
            name="car_parks",
            kind="list",
            label=_("Only these car parks"),
            help=_("The id of one in each line. Empty: all."),
        ),
        Option(
            name="timezone",
            kind="text",
            label=_("Time zone"),
            help=_("Of times without one, such as Europe/Berlin or UTC."),
            default=ZONE,
        ),
    ),
    sample_options={"url": "https://example.org/status.xml"},
)
