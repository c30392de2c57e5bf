"""Geometry of rows in degrees (EPSG:4326), whatever the file has.

Checked, mended or rejected with a reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from stadtkern.tables.model import Geocode, GeometryPlan, TableError
from stadtkern.tables.places import NoPlace, parse_angle, parse_pair

LON_LAT = 4326
Floats = npt.NDArray[np.float64]
_WORLD = (-180.0, -90.0, 180.0, 90.0)
_ADDRESSES = 500


@dataclass(slots=True)
class Shapes:
    """WKB of each row with its box, places that are rejected (value and code), and places with notes."""

    wkb: pa.Array
    bounds: Floats
    misfits: dict[int, tuple[str, str]] = field(default_factory=dict)
    notes: dict[str, list[int]] = field(default_factory=dict)
    types: set[str] = field(default_factory=set)


@lru_cache(maxsize=256)
def is_crs(number: int) -> bool:
    """Return whether there is a CRS with this EPSG number in which places can be given."""
    try:
        found = CRS.from_epsg(number)
    except CRSError:
        return False
    return bool(found.is_geographic or found.is_projected)


@lru_cache(maxsize=64)
def _transformer(number: int) -> Transformer:
    return Transformer.from_crs(number, LON_LAT, always_xy=True)


def to_degrees(x: Floats, y: Floats, crs: int) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes; not a number where there is no such place.

    The axes are always east, north: `x` of EPSG:2180 is the easting, though Polish sheets call it Y.
    """
    if crs == LON_LAT:
        return x, y
    try:
        lon, lat = _transformer(crs).transform(x, y, errcheck=False)
    except ProjError:
        return np.full_like(x, np.nan), np.full_like(y, np.nan)
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    wrong = ~(np.isfinite(lon) & np.isfinite(lat))
    lon[wrong], lat[wrong] = np.nan, np.nan
    return lon, lat


def build(
    plan: GeometryPlan,
    columns: Mapping[str, pa.Array],
    native: pa.Array | None,
    count: int,
    *,
    geocode: Geocode | None = None,
) -> Shapes:
    """Return the geometry of `count` rows.

    Parameters
    ----------
    plan
        Where it comes from.
    columns
        Values by column name, as they were converted.
    native
        WKB of the file itself.
    """
    if plan.how == "xy":
        return _points(*_axes(columns[plan.x], columns[plan.y]), plan)
    if plan.how == "pair":
        return _points(*_pairs(columns[plan.x]), plan)
    if plan.how == "address":
        return _addresses([columns[name] for name in plan.columns], geocode)
    shapes, wrong = _parsed(plan, columns, native, count)
    return _checked(shapes, wrong, plan)


def _axes(first: pa.Array, second: pa.Array) -> tuple[Floats, Floats, dict[int, str]]:
    wrong: dict[int, str] = {}
    return _floats(first, wrong), _floats(second, wrong), wrong


def _floats(column: pa.Array, wrong: dict[int, str]) -> Floats:
    """Return numbers, or the degrees that texts say; not a number where there is nothing."""
    if not pa.types.is_string(column.type):
        numbers: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return numbers
    result = np.full(len(column), np.nan)
    for place, text in enumerate(column.to_pylist()):
        if text is None:
            continue
        try:
            result[place] = parse_angle(text)[0]
        except NoPlace:
            wrong[place] = text
    return result


def _pairs(column: pa.Array) -> tuple[Floats, Floats, dict[int, str]]:
    x, y = np.full(len(column), np.nan), np.full(len(column), np.nan)
    wrong: dict[int, str] = {}
    for place, text in enumerate(column.to_pylist()):
        if text is None:
            continue
        try:
            x[place], y[place] = parse_pair(text)
        except NoPlace:
            wrong[place] = text
    return x, y, wrong


def _points(x: Floats, y: Floats, wrong: dict[int, str], plan: GeometryPlan) -> Shapes:
    if plan.is_swapped:
        x, y = y, x
    present = np.isfinite(x) & np.isfinite(y)
    nowhere = present & (x == 0) & (y == 0)
    present &= ~nowhere
    lon, lat = np.full_like(x, np.nan), np.full_like(y, np.nan)
    lon[present], lat[present] = to_degrees(x[present], y[present], plan.crs)
    inside = (lon >= _WORLD[0]) & (lon <= _WORLD[2]) & (lat >= _WORLD[1]) & (lat <= _WORLD[3])
    misfits = {place: (text, "not_a_coordinate") for place, text in wrong.items()}
    for place in np.flatnonzero(present & ~inside).tolist():
        misfits[place] = (f"{x[place]:.10g} {y[place]:.10g}", "coordinates_out_of_range")
    wkb = np.full(len(x), None, dtype=object)
    wkb[inside] = shapely.to_wkb(shapely.points(lon[inside], lat[inside]))
    bounds = np.column_stack([lon, lat, lon, lat])
    bounds[~inside] = np.nan
    notes = {"null_island": np.flatnonzero(nowhere).tolist()} if nowhere.any() else {}
    return Shapes(pa.array(wkb, pa.binary()), bounds, misfits, notes, {"Point"} if inside.any() else set())


def _addresses(columns: Sequence[pa.Array], geocode: Geocode | None) -> Shapes:
    if geocode is None:
        raise TableError("no_geocoder")
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    texts = [" ".join(str(part) for part in row if part is not None).strip() for row in rows]
    known = _geocoded(sorted({text for text in texts if text}), geocode)
    x, y = np.full(len(texts), np.nan), np.full(len(texts), np.nan)
    unknown = []
    for place, text in enumerate(texts):
        found = known.get(text)
        if found:
            x[place], y[place] = found
        elif text:
            unknown.append(place)
    shapes = _points(x, y, {}, GeometryPlan("xy"))
    if unknown:
        shapes.notes["address_not_found"] = unknown
    return shapes


def _geocoded(texts: list[str], geocode: Geocode) -> dict[str, tuple[float, float]]:
    known: dict[str, tuple[float, float]] = {}
    for start in range(0, len(texts), _ADDRESSES):
        some = texts[start : start + _ADDRESSES]
        known |= {text: place for text, place in zip(some, geocode(some), strict=True) if place}
    return known


def _parsed(
    plan: GeometryPlan, columns: Mapping[str, pa.Array], native: pa.Array | None, count: int
) -> tuple[npt.NDArray[np.object_], dict[int, str]]:
    """Return shapes (`None` where there are none) and what could not be read."""
    if plan.how == "native":
        raw = np.full(count, None, dtype=object) if native is None else native.to_numpy(zero_copy_only=False)
        shapes = shapely.from_wkb(raw, on_invalid="ignore")
        return shapes, _unread(raw, shapes)
    raw = columns[plan.x].to_numpy(zero_copy_only=False)
    if plan.how == "wkt":
        raw = np.array([_without_srid(one) for one in raw], dtype=object)
        shapes = shapely.from_wkt(raw, on_invalid="ignore")
    else:
        shapes = shapely.from_geojson(raw, on_invalid="ignore")
    return shapes, _unread(raw, shapes)


def _without_srid(text: str | None) -> str | None:
    return text.partition(";")[2] if text and text[:5].upper() == "SRID=" else text


def _unread(raw: npt.NDArray[np.object_], shapes: npt.NDArray[np.object_]) -> dict[int, str]:
    places = [place for place in range(len(raw)) if raw[place] is not None and shapes[place] is None]
    return {
        place: raw[place][:40].hex() if isinstance(raw[place], bytes) else str(raw[place])[:200]
        for place in places
    }


def _checked(shapes: npt.NDArray[np.object_], wrong: dict[int, str], plan: GeometryPlan) -> Shapes:
    misfits = {place: (text, "invalid_geometry") for place, text in wrong.items()}
    notes: dict[str, list[int]] = {}
    shapes = shapely.force_2d(shapes)
    shapes = np.where(shapely.is_empty(shapes), None, shapes)
    invalid = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes))
    if len(invalid):
        _mend(shapes, invalid, misfits, notes)
    shapes = _moved(shapes, plan)
    bounds = shapely.bounds(shapes)
    present = ~shapely.is_missing(shapes)
    inside = (
        (bounds[:, 0] >= _WORLD[0])
        & (bounds[:, 1] >= _WORLD[1])
        & (bounds[:, 2] <= _WORLD[2])
        & (bounds[:, 3] <= _WORLD[3])
    )
    for place in np.flatnonzero(present & ~inside).tolist():
        misfits[place] = (str(shapely.to_wkt(shapes[place]))[:120], "coordinates_out_of_range")
        shapes[place] = None
    types = {str(name) for name in {one.geom_type for one in shapes if one is not None}}
    return Shapes(pa.array(shapely.to_wkb(shapes), pa.binary()), bounds, misfits, notes, types)


def _mend(
    shapes: npt.NDArray[np.object_],
    invalid: npt.NDArray[np.int64],
    misfits: dict[int, tuple[str, str]],
    notes: dict[str, list[int]],
) -> None:
    """Make shapes valid, keeping their dimension; what collapses is rejected."""
    for place in invalid.tolist():
        before = shapes[place]
        try:
            after = shapely.make_valid(before, method="structure", keep_collapsed=False)
        except shapely.errors.GEOSException:
            after = None
        if after is None or after.is_empty:
            misfits[place] = (shapely.is_valid_reason(before)[:200], "invalid_geometry")
            shapes[place] = None
        else:
            shapes[place] = after
            notes.setdefault("geometry_mended", []).append(place)


def _moved(shapes: npt.NDArray[np.object_], plan: GeometryPlan) -> npt.NDArray[np.object_]:
    if plan.crs == LON_LAT and not plan.is_swapped:
        return shapes

    def move(points: Floats) -> Floats:
        x, y = (points[:, 1], points[:, 0]) if plan.is_swapped else (points[:, 0], points[:, 1])
        return np.column_stack(to_degrees(x, y, plan.crs))

    moved: npt.NDArray[np.object_] = shapely.transform(shapes, move)
    return moved
