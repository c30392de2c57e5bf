"""Which columns say where, in which CRS and order: judged by where the town lies."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import shapely

from stadtkern.tables.convert import convert
from stadtkern.tables.geometry import LON_LAT, Floats, to_degrees
from stadtkern.tables.guess import Guess, Sample
from stadtkern.tables.model import Box, GeometryPlan, Hints, Problem
from stadtkern.tables.places import NoPlace, parse_angle, parse_pair

REGION: Box = (5.0, 46.0, 25.5, 56.0)
"""Germany, Poland and their neighbours: where data of a town here lie, if not in the town."""

CANDIDATES = (4326, 25833, 25832, 2180, 5650, 4647, 3857, 31469, 31468, 31467, 2176, 2177)
"""Degrees; UTM 33 and 32; PL-1992; UTM with zone number in front; web; Gauss-Krüger; PL-2000."""

_GROWN = 0.3
_CLEARLY = 0.5
_METRES = 10_000
_PAIRS = (("longitude", "latitude"), ("easting", "northing"))
_EXPLICIT = re.compile(r"ost|rechts|east|hoch|nord|north|^rw|^hw")
_IN_NAME = re.compile(r"(25832|25833|4326|2180|3857|31467|31468|31469|4647|5650|2176|2177)")
_ZONE = re.compile(r"utm_?(?:zone_?)?(32|33)|zone_?(32|33)")
_SAMPLE = 300


def where(
    guesses: Sequence[Guess], samples: Sequence[Sample], hints: Hints
) -> tuple[GeometryPlan | None, list[Problem]]:
    """Return where the geometry of a file without any of its own is, and what is doubtful about it."""
    by_meaning: dict[str, list[int]] = {}
    for place, one in enumerate(guesses):
        by_meaning.setdefault(one.plan.meaning, []).append(place)
    for shape in ("wkt", "geojson"):
        if by_meaning.get(shape):
            return _of_shapes(guesses[by_meaning[shape][0]], samples[by_meaning[shape][0]], hints)
    for first, second in _PAIRS:
        if by_meaning.get(first) and by_meaning.get(second):
            x, y = _together(by_meaning[first], by_meaning[second])
            return _of_axes(guesses, samples, x, y, hints)
    if by_meaning.get("coordinates"):
        place = by_meaning["coordinates"][0]
        return _of_pairs(guesses[place], samples[place], hints)
    return None, _addresses(guesses, by_meaning)


def _together(xs: list[int], ys: list[int]) -> tuple[int, int]:
    """Return the two columns that stand nearest to each other."""
    return min(((x, y) for x in xs for y in ys), key=lambda pair: (abs(pair[0] - pair[1]), pair))


def _addresses(guesses: Sequence[Guess], by_meaning: dict[str, list[int]]) -> list[Problem]:
    found = by_meaning.get("address", [])[:1]
    if not found:
        return []
    names = [guesses[found[0]].plan.name]
    for place, one in enumerate(guesses):
        if place == found[0] + 1 and re.search(r"^(hausnummer|hausnr|nr|hnr|numer)", one.plan.name):
            names.append(one.plan.name)
    names += [guesses[place].plan.name for place in by_meaning.get("postcode", [])[:1]]
    names += [
        one.plan.name
        for one in guesses
        if re.fullmatch(r"(ort|stadt|city|miasto|miejscowosc|gemeinde|wohnort)", one.plan.name)
    ][:1]
    fix = {
        "geometry": {
            "how": "address",
            "x": "",
            "y": "",
            "columns": names,
            "crs": LON_LAT,
            "is_swapped": False,
        }
    }
    return [Problem("addresses_found", "note", facts={"columns": names}, fix=fix)]


def score(x: Floats, y: Floats, crs: int, town: Box | None) -> float:
    """Return from 0 to 3 how well coordinates lie where data of the town should.

    Two points for the town itself.
    """
    lon, lat = to_degrees(x.copy(), y.copy(), crs)
    return _inside(lon, lat, REGION) + (2 * _inside(lon, lat, _grown(town)) if town else 0)


def _inside(lon: Floats, lat: Floats, box: Box) -> float:
    with np.errstate(invalid="ignore"):
        inside = (lon >= box[0]) & (lon <= box[2]) & (lat >= box[1]) & (lat <= box[3])
    return float(inside.mean()) if len(lon) else 0.0


def _grown(box: Box) -> Box:
    return box[0] - _GROWN, box[1] - _GROWN, box[2] + _GROWN, box[3] + _GROWN


def best(x: Floats, y: Floats, hints: Hints, named: int = 0) -> tuple[int, bool, float, list[int]]:
    """Return the CRS and order that fit best, their score, and other CRS that fit as well."""
    scores = {
        (crs, is_swapped): score(y if is_swapped else x, x if is_swapped else y, crs, hints.bbox)
        for crs in dict.fromkeys(
            [*([named] if named else []), *([hints.crs] if hints.crs else []), *CANDIDATES]
        )
        for is_swapped in (False, True)
    }
    if max(np.median(np.abs(x)), np.median(np.abs(y))) < _METRES:  # small numbers are no metres from afar
        scores = {key: value for key, value in scores.items() if key[0] in {LON_LAT, named}}
    if hints.crs:
        scores = {key: value for key, value in scores.items() if key[0] == hints.crs}
    (crs, is_swapped), most = max(
        scores.items(), key=lambda item: (item[1], item[0][0] == named, not item[0][1])
    )
    others = [
        one for (one, order), value in scores.items() if value == most and order == is_swapped and one != crs
    ]
    return crs, is_swapped, most, others


def _finite(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    keep = np.isfinite(x) & np.isfinite(y) & ~((x == 0) & (y == 0))
    return x[keep][:_SAMPLE], y[keep][:_SAMPLE]


def _numbers(result: Guess, sample: Sample) -> Floats:
    if result.plan.kind == "text":
        return np.array([_angle(text) for text in sample.texts])
    done = convert(pa.array([text.strip() for text in sample.texts], pa.string()), result.plan, zone="UTC")
    values: Floats = done.values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def _angle(text: str) -> float:
    try:
        return parse_angle(text)[0]
    except NoPlace:
        return np.nan


def _of_axes(
    guesses: Sequence[Guess], samples: Sequence[Sample], x: int, y: int, hints: Hints
) -> tuple[GeometryPlan | None, list[Problem]]:
    names = guesses[x].plan.name, guesses[y].plan.name
    xs, ys = _finite(_numbers(guesses[x], samples[x]), _numbers(guesses[y], samples[y]))
    if not len(xs):
        return None, []
    plan = GeometryPlan("xy", *names)
    if guesses[x].plan.meaning == "longitude":
        return _judged(plan, xs, ys, hints, crs=hints.crs or LON_LAT)
    named = _named_crs(" ".join(names))
    is_explicit = bool(_EXPLICIT.search(names[0]) and _EXPLICIT.search(names[1]))
    return _found(plan, xs, ys, hints, named, is_explicit=is_explicit)


def _named_crs(text: str) -> int:
    match = _IN_NAME.search(text)
    if match:
        return int(match[1])
    zone = _ZONE.search(text)
    return 25800 + int(zone[1] or zone[2]) if zone else 0


def _judged(
    plan: GeometryPlan, x: Floats, y: Floats, hints: Hints, *, crs: int
) -> tuple[GeometryPlan, list[Problem]]:
    """Return the plan as the file says, with the fix offered where something else fits clearly better."""
    said = replace(plan, crs=crs)
    now = score(x, y, crs, hints.bbox)
    fits, is_swapped, most, _ = best(x, y, hints, crs)
    if most - now <= _CLEARLY:
        return said, _far_away(now, x, y, crs)
    if fits == crs:
        return said, [
            Problem(
                "coordinates_swapped",
                "error",
                facts={"columns": [plan.x, plan.y]},
                fix={"geometry": {"is_swapped": True}},
            )
        ]
    fix = {"geometry": {"crs": fits, "is_swapped": is_swapped}}
    return said, [Problem("wrong_crs", "error", facts={"said": crs, "fits": fits}, fix=fix)]


def _found(  # noqa: PLR0913  (what is known of the coordinates)
    plan: GeometryPlan, x: Floats, y: Floats, hints: Hints, named: int, *, is_explicit: bool
) -> tuple[GeometryPlan | None, list[Problem]]:
    """Return the plan that fits best, for a file that says little itself."""
    crs, is_swapped, most, others = best(x, y, hints, named)
    if most < _CLEARLY:
        return None, [
            Problem(
                "crs_not_found", facts={"columns": [plan.x, plan.y], "example": [float(x[0]), float(y[0])]}
            )
        ]
    if is_swapped and is_explicit:
        problem = Problem(
            "coordinates_swapped",
            "error",
            facts={"columns": [plan.x, plan.y]},
            fix={"geometry": {"is_swapped": True}},
        )
        return replace(plan, crs=crs), [problem]
    problems = [] if crs in (named, LON_LAT) else [Problem("crs_found", "note", facts={"crs": crs})]
    if others and named != crs and not hints.bbox:
        problems = [
            Problem(
                "crs_ambiguous", facts={"crs": crs, "others": others}, fix={"geometry": {"crs": others[0]}}
            )
        ]
    if named and named != crs:
        problems = [Problem("wrong_crs", "error", facts={"said": named, "fits": crs})]
    return replace(plan, crs=crs, is_swapped=is_swapped), problems


def _far_away(now: float, x: Floats, y: Floats, crs: int) -> list[Problem]:
    if now >= _CLEARLY:
        return []
    lon, lat = to_degrees(x, y, crs)
    return [
        Problem(
            "far_away", facts={"longitude": float(np.nanmedian(lon)), "latitude": float(np.nanmedian(lat))}
        )
    ]


def _of_pairs(result: Guess, sample: Sample, hints: Hints) -> tuple[GeometryPlan | None, list[Problem]]:
    pairs = []
    for text in sample.present[:_SAMPLE]:
        try:
            pairs.append(parse_pair(text))
        except NoPlace:
            continue
    if not pairs:
        return None, []
    both = np.array(pairs, dtype=float)
    return _found(GeometryPlan("pair", result.plan.name), both[:, 0], both[:, 1], hints, 0, is_explicit=False)


def _of_shapes(result: Guess, sample: Sample, hints: Hints) -> tuple[GeometryPlan | None, list[Problem]]:
    texts = np.array(sample.present[:_SAMPLE], dtype=object)
    how = "wkt" if result.plan.meaning == "wkt" else "geojson"
    if how == "wkt":
        texts = np.array(
            [re.sub(r"^SRID=\d+;", "", text, flags=re.IGNORECASE) for text in texts], dtype=object
        )
        shapes = shapely.from_wkt(texts, on_invalid="ignore")
    else:
        shapes = shapely.from_geojson(texts, on_invalid="ignore")
    plan = GeometryPlan(how, result.plan.name)  # type: ignore[arg-type]  # one of the two
    x, y = _middles(shapes)
    if not len(x):
        return None, []
    return _found(plan, x, y, hints, LON_LAT, is_explicit=False)


def _middles(shapes: np.typing.NDArray[np.object_]) -> tuple[Floats, Floats]:
    bounds = shapely.bounds(shapes)
    return _finite((bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2)


def native(wkb: pa.Array, crs: int, hints: Hints) -> tuple[GeometryPlan, list[Problem]]:
    """Return the plan for geometry of the file itself, judged by where it lies."""
    shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False), on_invalid="ignore")
    x, y = _middles(shapes)
    plan = GeometryPlan("native", crs=crs)
    if not len(x):
        return plan, []
    return _judged(plan, x, y, hints, crs=crs)
