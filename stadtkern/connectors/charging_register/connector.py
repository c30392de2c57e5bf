"""Register of public charging points of the Bundesnetzagentur, as CSV or XLSX, in its old and new columns.

The table has a preamble with the date of the register, which is the time of all values. Without that date it
is the day of receiving. Old editions have no id: a device is then known by operator, address and place, and
by its number among equal ones. One more thing, `total`, holds the sums of what is in operation in the chosen
area.
https://www.bundesnetzagentur.de/DE/Fachthemen/ElektrizitaetundGas/E-Mobilitaet/Ladesaeulenkarte/start.html
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from stadtkern.base.fields import finite
from stadtkern.base.numbers import parse_decimal
from stadtkern.base.tables import Cell, Rows, read_table
from stadtkern.base.times import TimeFormatError, parse_time
from stadtkern.contracts.answers import position, reject
from stadtkern.contracts.connector import Connector, Context, Item, Reading, Request, SourceError, Station
from stadtkern.contracts.mapping import as_lines
from stadtkern.contracts.option import Option

ZONE = "Europe/Berlin"
TOTAL = "total"
IN_OPERATION = "in betrieb"
_PREAMBLE = 40
_DATE = re.compile(r"(?:Stand|Letzte Aktualisierung vom)\s*:?\s*(\d{1,2}\.\d{1,2}\.\d{4})", re.IGNORECASE)
_POSTCODE = re.compile(r"(\d{5})\s*(.*)", re.DOTALL)

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("ladeeinrichtungs-id",),
    "operator": ("betreiber",),
    "name": ("anzeigename (karte)", "standortbezeichnung"),
    "status": ("status",),
    "kind": ("art der ladeeinrichtung", "art der ladeeinrichung"),
    "points": ("anzahl ladepunkte",),
    "power": ("nennleistung ladeeinrichtung [kw]", "anschlussleistung [kw]", "anschlussleistung"),
    "since": ("inbetriebnahmedatum",),
    "street": ("straße", "adresse"),
    "number": ("hausnummer",),
    "postcode": ("postleitzahl", "postleitzahl ort"),
    "town": ("ort",),
    "latitude": ("breitengrad", "breitengrad [dg]"),
    "longitude": ("längengrad", "längengrad [dg]"),
    **{f"plug{number}": (f"steckertypen{number}",) for number in range(1, 7)},
}
NEEDED = ("operator", "points", "power", "postcode", "latitude", "longitude")


@dataclass(frozen=True, slots=True)
class Area:
    """Which part of the register is wanted; an empty area is the whole country."""

    postcodes: tuple[str, ...] = ()
    box: tuple[float, float, float, float] | None = None
    """West, south, east, north in degrees."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Area":
        """Read the options; `ValueError` says what is wrong."""
        postcodes = tuple(as_lines(options.get("postcodes")))
        for number, code in enumerate(postcodes, start=1):
            if not re.fullmatch(r"\d{1,5}", code):
                raise ValueError(f"postcodes, line {number}: write up to five digits")
        text = str(options.get("box") or "").strip()
        if not text:
            return cls(postcodes)
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError:
            raise ValueError(
                "box: write west, south, east, north with points, such as 14.6,51.9,14.8,52.0"
            ) from None
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004
            raise ValueError("box: west must be less than east, and south less than north")
        return cls(postcodes, (west, south, east, north))

    def holds(self, postcode: str, longitude: float | None, latitude: float | None) -> bool:
        """Return whether a place lies in the area."""
        if self.postcodes and not postcode.startswith(self.postcodes):
            return False
        if self.box is None:
            return True
        west, south, east, north = self.box
        return (
            longitude is not None
            and latitude is not None
            and west <= longitude <= east
            and south <= latitude <= north
        )


@dataclass(slots=True)
class Register:
    """The table below the preamble."""

    rows: Rows
    first_row: int
    places: Mapping[str, int]
    time: datetime
    names: Counter[str] = field(default_factory=Counter)
    ids: set[str] = field(default_factory=set)

    def cell(self, row: Sequence[Cell], name: str) -> Cell:
        """Return a cell by the name of our own, an empty text if there is none."""
        place = self.places.get(name)
        return row[place] if place is not None and place < len(row) else ""

    def text(self, row: Sequence[Cell], name: str) -> str:
        """Return a cell as text; whole numbers without a point."""
        value = self.cell(row, name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return value.isoformat()[:10] if isinstance(value, date) else str(value).strip()


def read_register(body: bytes, received: datetime) -> Register:
    """Find the header below the preamble, and the date of the register within it."""
    rows = read_table(body, delimiter="" if body.startswith(b"PK") else ";")
    preamble: list[str] = []
    for index, row in enumerate(rows[:_PREAMBLE]):
        names = [" ".join(str(cell).split()).lower() for cell in row]
        places = {
            ours: names.index(theirs)
            for ours, known in COLUMNS.items()
            for theirs in reversed(known)
            if theirs in names
        }
        if all(name in places for name in NEEDED):
            return Register(rows[index + 1 :], index + 2, places, _register_time(preamble, received))
        preamble += [str(cell) for cell in row]
    raise SourceError('the table has no header with "Betreiber", "Anzahl Ladepunkte" and the coordinates')


def _register_time(preamble: Sequence[str], received: datetime) -> datetime:
    for text in preamble:
        if match := _DATE.search(text):
            try:
                return parse_time(match[1], ZONE, "%d.%m.%Y")
            except TimeFormatError:
                continue  # a date that does not exist
    return received.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _number(cell: Cell) -> float:
    """Return a number with decimal comma (CSV) or from a workbook; old extracts write a point."""
    if not isinstance(cell, str):
        return finite(cell)
    return parse_decimal(cell, None if "." in cell and "," not in cell else ",")


def _degrees(cell: Cell) -> object:
    try:
        return _number(cell)
    except ValueError:
        return None


def _key(register: Register, row: Sequence[Cell], where: tuple[float | None, float | None]) -> str:
    """Return the id of a device, or one made of what does not change."""
    identifier = register.text(row, "id")
    if identifier:
        return identifier
    facts = [
        register.text(row, name).casefold() for name in ("operator", "street", "number", "postcode", "town")
    ]
    made = hashlib.sha256("|".join([*facts, *map(str, where)]).encode()).hexdigest()[:12]
    register.names[made] += 1
    count = register.names[made]
    return made if count == 1 else f"{made}-{count}"


def _station(
    register: Register, row: Sequence[Cell], thing: str, where: tuple[float | None, float | None]
) -> Station:
    street = " ".join(filter(None, (register.text(row, "street"), register.text(row, "number"))))
    match = _POSTCODE.match(_postcode(register, row))
    postcode, town = (
        (match[1], match[2] or register.text(row, "town")) if match else ("", register.text(row, "town"))
    )
    operator = register.text(row, "operator")
    properties = {
        "operator": operator,
        "address": f"{street}, {postcode} {town}".strip(", "),
        "kind": register.text(row, "kind"),
        "status": register.text(row, "status"),
        "since": register.text(row, "since")[:10],
        "plugs": [plug for number in range(1, 7) if (plug := register.text(row, f"plug{number}"))],
    }
    name = register.text(row, "name") or street or operator
    return Station(
        thing=thing,
        name=name,
        longitude=where[0],
        latitude=where[1],
        properties={key: value for key, value in properties.items() if value},
    )


def _postcode(register: Register, row: Sequence[Cell]) -> str:
    """Return the postcode with its leading zero, which workbooks lose, and what follows it."""
    text = register.text(row, "postcode")
    return text.zfill(5) if text.isdigit() else text


def _row_items(
    register: Register, row: Sequence[Cell], number: int, area: Area, sums: dict[str, float]
) -> Iterator[Item]:
    raw = (register.cell(row, "longitude"), register.cell(row, "latitude"))
    where = position(_degrees(raw[0]), _degrees(raw[1]))
    if not area.holds(_postcode(register, row), *where):
        return
    thing = _key(register, row, where)
    if thing in register.ids:
        yield reject("the id is listed twice; the first row counts", f"row {number}", thing)
        return
    register.ids.add(thing)
    if where[0] is None:
        yield reject("no usable coordinates", f"row {number}", raw)
    yield _station(register, row, thing, where)
    for name, observed_property, unit in (
        ("points", "charging_points", "1"),
        ("power", "charging_power", "kW"),
    ):
        try:
            value = _number(register.cell(row, name))
        except ValueError as error:
            yield reject(error, f"row {number}, {name}", register.cell(row, name))
            continue
        if register.text(row, "status").casefold() in {"", IN_OPERATION}:
            sums[observed_property] += value
        yield Reading(
            thing=thing,
            observed_property=observed_property,
            phenomenon_time=register.time,
            result=value,
            unit=unit,
        )


def parse(body: bytes, context: Context) -> Iterator[Item]:
    """Yield each charging device of the area with points and power, and the sums."""
    try:
        area = Area.of(context.options)
    except ValueError as error:
        raise SourceError(f"settings: {error}") from error
    register = read_register(body, context.received)
    sums = {"charging_points": 0.0, "charging_power": 0.0}
    for number, row in enumerate(register.rows, start=register.first_row):
        if any(str(cell).strip() for cell in row):
            yield from _row_items(register, row, number, area, sums)
    yield Station(thing=TOTAL, name="Σ")
    for observed_property, unit in (("charging_points", "1"), ("charging_power", "kW")):
        yield Reading(
            thing=TOTAL,
            observed_property=observed_property,
            phenomenon_time=register.time,
            result=sums[observed_property],
            unit=unit,
        )


def requests(options: Mapping[str, Any]) -> Sequence[Request]:
    """Return the address of the register."""
    url = str(options.get("url") or "").strip()
    return [Request(url=url, max_bytes=200_000_000)] if url else []


def check_options(options: Mapping[str, Any]) -> Sequence[str]:
    """Return what is wrong with the settings, one line each."""
    try:
        area = Area.of(options)
    except ValueError as error:
        return [str(error)]
    if area == Area():
        return [
            "postcodes: choose an area by postcodes or by a box; the whole country has over 100,000 devices"
        ]
    return []


connector = Connector(
    title=_("Charging points (Bundesnetzagentur)"),
    description=_("Public charging devices for electric cars: where, how many points, how much power."),
    publisher="Bundesnetzagentur",
    homepage="https://www.bundesnetzagentur.de/ladesaeulenkarte",
    licence="CC-BY-4.0",
    attribution="Bundesnetzagentur",
    parse=parse,
    requests=requests,
    webhook=True,
    interval=timedelta(days=1),
    timezone=ZONE,
    check_options=check_options,
    options=(
        Option(
            name="url",
            kind="url",
            label=_("Address of the register"),
            help=_("The CSV or XLSX file; it changes with each edition. Empty if the file is uploaded."),
        ),
        Option(
            name="postcodes",
            kind="list",
            label=_("Postcodes"),
            help=_("One in each line; the first digits are enough, such as 0317."),
        ),
        Option(
            name="box",
            kind="text",
            label=_("Box"),
            help=_("West, south, east, north in degrees, such as 14.6,51.9,14.8,52.0."),
        ),
    ),
    sample_options={"url": "https://example.org/register.csv", "postcodes": ["03172"]},
)
