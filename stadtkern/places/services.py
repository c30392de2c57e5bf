"""Bring areas and addresses in from files."""

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from django.db.models import CharField
from django.utils.text import slugify
from shapely.geometry.base import BaseGeometry

from stadtkern.base.errors import BadInput
from stadtkern.places.files import FileRow, Rejected, read_rows
from stadtkern.places.folding import folded_words
from stadtkern.places.models import Address, AddressWord, Area
from stadtkern.search import changes
from stadtkern.web.fields import in_language

Parsed = TypeVar("Parsed")

BATCH = 500
LANGUAGES = ("de", "pl", "en", "dsb")
WITHIN = {
    Area.Kind.QUARTER: [Area.Kind.TOWN, Area.Kind.DISTRICT, Area.Kind.COUNTRY],
    Area.Kind.TOWN: [Area.Kind.DISTRICT, Area.Kind.COUNTRY],
    Area.Kind.DISTRICT: [Area.Kind.COUNTRY],
}
KIND_BY_DIGITS = {
    2: Area.Kind.OTHER,  # Land, voivodeship
    4: Area.Kind.DISTRICT,  # powiat
    5: Area.Kind.DISTRICT,  # Landkreis
    7: Area.Kind.TOWN,  # gmina
    8: Area.Kind.TOWN,  # Gemeinde (AGS)
    12: Area.Kind.TOWN,  # Gemeinde (ARS)
}
AREA_NAMES = ("name", "gen", "nazwa", "jpt_nazwa_", "bezeichnung")
AREA_CODES = ("code", "ags", "ars", "terc", "teryt", "terytid", "jpt_kod_je")
ADDRESS_LENGTHS = {
    field.name: field.max_length
    for field in Address._meta.get_fields()  # noqa: SLF001
    if isinstance(field, CharField) and field.max_length
}
STREETS = ("street", "strasse", "straße", "addr:street", "strassenname", "stn", "ulica", "name")
NUMBERS = ("house_number", "housenumber", "hausnummer", "addr:housenumber", "hnr", "nr", "numer")
SUFFIXES = ("house_number_suffix", "hnrz", "adz", "hausnummernzusatz", "zusatz")
POSTCODES = ("postcode", "plz", "postleitzahl", "addr:postcode", "kod_pocztowy", "kod")
PLACES = ("place", "ort", "addr:city", "city", "ortsname", "miejscowosc", "gemeinde", "onm")


@dataclass(slots=True)
class Report:
    """What an import did, or with `dry_run` would have done.

    Parameters
    ----------
    read
        rows in the file.
    rejected
        rows left out, each with its number (the first row is 1) and the reason.
    """

    kind: str
    dry_run: bool
    read: int = 0
    created: int = 0
    updated: int = 0
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Unusable(Exception):  # named by what happened, as in `base.errors`
    """A row cannot be used."""

    reason: str


def import_areas(file: Path | str, *, dry_run: bool = False, srid: int | None = None) -> Report:
    """Create or change the areas in a GeoJSON, GeoPackage, CSV or zipped Shapefile.

    An area is recognised by kind and official number, without a number by its short name. Bad rows are left
    out and reported; either all others are written or, after an error, nothing.

    Parameters
    ----------
    srid
        EPSG code of a file that does not say in which coordinate system it is.
    """
    report = Report("areas", dry_run)
    areas = _parsed(file, srid, report, _area, lambda area: (area.kind, area.code or area.slug))
    with transaction.atomic():
        _store_areas(areas, report)
        transaction.set_rollback(dry_run)
    return report


def import_addresses(file: Path | str, *, dry_run: bool = False, srid: int | None = None) -> Report:
    """Create or change the addresses in a file; see `import_areas`.

    An address is recognised by street, number, postcode and place. Lines and areas count by a point on them.
    """
    report = Report("addresses", dry_run)
    addresses = _parsed(file, srid, report, _address, _address_key)
    with transaction.atomic():
        _store_addresses(addresses, report)
        transaction.set_rollback(dry_run)
    return report


IMPORTERS: dict[str, Callable[..., Report]] = {"areas": import_areas, "addresses": import_addresses}
"""What `stadtkern import KIND FILE` can bring in."""


def _parsed(
    file: Path | str,
    srid: int | None,
    report: Report,
    parse: Callable[[FileRow], Parsed],
    key_of: Callable[[Parsed], Hashable],
) -> list[Parsed]:
    """Return what `parse` makes of the rows of a file; note in `report` which it refused, or had twice."""
    first_rows: dict[Hashable, int] = {}
    things = []
    for row in read_rows(Path(file), srid=srid):
        report.read += 1
        if isinstance(row, Rejected):
            report.rejected.append(row)
            continue
        try:
            thing = parse(row)
        except Unusable as problem:
            report.rejected.append(Rejected(row.number, problem.reason))
            continue
        first = first_rows.setdefault(key_of(thing), row.number)
        if first == row.number:
            things.append(thing)
        else:
            report.rejected.append(Rejected(row.number, f"the same as in row {first}"))
    return things


def _area(row: FileRow) -> Area:
    shape = _polygons(row.geometry)
    name, code = row.first(AREA_NAMES), row.first(AREA_CODES)
    if not name:
        raise Unusable("no name")
    if len(code) > 12:  # noqa: PLR2004  # the longest official number, the ARS
        raise Unusable(f"the official number {code!r} is too long")
    kind = row.first(("kind",)) or KIND_BY_DIGITS.get(len(code) if code.isdigit() else 0, Area.Kind.OTHER)
    if kind not in Area.Kind.values:
        raise Unusable(f"unknown kind of area {kind!r}")
    language = "pl" if len(code) in {2, 4, 7} and code.isdigit() else "de"
    texts = _texts(row, name, language)
    slug = slugify(row.first(("slug",)) or "-".join(folded_words(in_language(texts, language)[0])))[:80]
    return Area(kind=kind, slug=slug or code, name=texts, code=code, geometry=_to_django(shape))


def _texts(row: FileRow, name: str, language: str) -> dict[str, str]:
    """Return the names by language: columns `name_de` ..., an object `{"de": ...}`, or one in `language`."""
    if texts := {code: text for code in LANGUAGES if (text := row.first((f"name_{code}",)))}:
        return texts
    try:
        found = json.loads(name)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return {language: name}
    texts = {code: str(found[code]) for code in LANGUAGES if found.get(code)}
    if not texts:
        raise Unusable("no name in a language of ours")
    return texts


def one_outline(file: Path) -> Any:  # noqa: ANN401  # a multipolygon of Django
    """Return the outline in a file that holds exactly one area.

    Raises
    ------
    BadInput
        if it holds none, several, or something else.
    """
    rows = list(islice(read_rows(file), 2))
    if len(rows) != 1:
        raise BadInput("the file has to hold exactly one area")
    (row,) = rows
    if isinstance(row, Rejected):
        raise BadInput(row.reason)
    try:
        return _to_django(_polygons(row.geometry))
    except Unusable as problem:
        raise BadInput(problem.reason) from problem


def _polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Return the areas in `geometry` as a multipolygon, repaired where they were not valid."""
    valid = geometry if geometry.is_valid else shapely.make_valid(geometry)
    parts = shapely.get_parts(valid)
    parts = [
        polygon for part in parts for polygon in shapely.get_parts(part) if polygon.geom_type == "Polygon"
    ]
    parts = [part for part in parts if not part.is_empty]
    if not parts:
        raise Unusable(f"not an area but a {geometry.geom_type}")
    return shapely.set_srid(shapely.force_2d(shapely.multipolygons(parts)), 4326)


def _address(row: FileRow) -> Address:
    street = row.first(STREETS)
    if not street:
        raise Unusable("no street")
    geometry = row.geometry
    point = geometry if geometry.geom_type == "Point" else shapely.point_on_surface(geometry)
    address = Address(
        street=street,
        house_number=row.first(NUMBERS) + row.first(SUFFIXES),
        postcode=row.first(POSTCODES),
        place=row.first(PLACES),
        point=_to_django(shapely.force_2d(point)),
    )
    for name, length in ADDRESS_LENGTHS.items():
        if len(getattr(address, name)) > length:
            raise Unusable(f"{name.replace('_', ' ')} is longer than {length} letters")
    address.fill_order()
    return address


def _address_key(address: Address) -> tuple[str, ...]:
    return address.street, address.house_number, address.postcode, address.place


def _to_django(geometry: BaseGeometry) -> Any:  # noqa: ANN401  # of the kind of `geometry`
    return GEOSGeometry(memoryview(shapely.to_wkb(geometry)), srid=4326)


def _store_areas(areas: list[Area], report: Report) -> None:
    known = {(area.kind, area.code or area.slug): area for area in Area.objects.defer("geometry")}
    taken = {area.slug for area in known.values()}
    fresh, changed = [], []
    for area in areas:
        if old := known.get((area.kind, area.code or area.slug)):
            area.pk, area.slug, area.parent_id = old.pk, old.slug, old.parent_id
            changed.append(area)
            continue
        area.slug = _free_slug(area, taken)
        taken.add(area.slug)
        fresh.append(area)
    Area.objects.bulk_create(fresh, batch_size=BATCH)
    Area.objects.bulk_update(changed, ["name", "geometry"], batch_size=BATCH)
    for area in (*fresh, *changed):
        find_parent(area)
    changes.note("areas", [str(area.pk) for area in (*fresh, *changed)])
    report.created, report.updated = len(fresh), len(changed)


def _free_slug(area: Area, taken: set[str]) -> str:
    if area.slug not in taken:
        return area.slug
    stem = f"{area.slug}-{area.code}" if area.code else area.slug
    candidates = (stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3)))
    return next(slug for slug in candidates if slug not in taken)


def find_parent(area: Area) -> None:
    """Store of which area this one is a part: the smallest kind that holds a point inside of it."""
    for kind in WITHIN.get(Area.Kind(area.kind), []):
        holders = Area.objects.filter(kind=kind, geometry__covers=area.geometry.point_on_surface)
        if parent := holders.exclude(pk=area.pk).values_list("pk", flat=True).first():
            Area.objects.filter(pk=area.pk).update(parent=parent)
            return


def _store_addresses(addresses: list[Address], report: Report) -> None:
    names = ("street", "house_number", "postcode", "place")
    known = {tuple(key): pk for pk, *key in Address.objects.values_list("pk", *names).iterator()}
    find_areas(addresses)
    fresh = [address for address in addresses if _address_key(address) not in known]
    changed = [address for address in addresses if _address_key(address) in known]
    for address in changed:
        address.pk = known[_address_key(address)]
    Address.objects.bulk_create(fresh, batch_size=BATCH)
    Address.objects.bulk_update(changed, ["point", "area"], batch_size=BATCH)
    words = (word for address in fresh for word in address.fresh_words())
    AddressWord.objects.bulk_create(words, batch_size=BATCH)
    changes.note("addresses", [str(address.pk) for address in (*fresh, *changed)])
    report.created, report.updated = len(fresh), len(changed)


def find_areas(addresses: list[Address]) -> None:
    """Give each address the smallest of our areas it lies in: a quarter, else a town."""
    for kind in (Area.Kind.TOWN, Area.Kind.QUARTER):
        areas = list(Area.objects.filter(kind=kind).only("pk", "geometry"))
        tree = shapely.STRtree([shapely.from_wkb(bytes(area.geometry.wkb)) for area in areas])
        points = [shapely.Point(address.point.x, address.point.y) for address in addresses]
        for which, where in zip(*tree.query(points, predicate="covered_by"), strict=True):
            addresses[which].area = areas[where]
