"""Kinds of values in a scenario: what is allowed for a key, and what its value becomes."""

import dataclasses
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from stadtkern.hazards.flood.errors import BadKey

UNITS = {
    "s": 1.0,
    "sec": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "hours": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "days": 86400.0,
}
DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)\s*")
LONGEST = 366 * 86400.0
RASTERS = (".tif", ".tiff", ".asc", ".vrt", ".img", ".hgt")
VECTORS = (".geojson", ".json", ".gpkg", ".shp", ".fgb")
INFINITE = math.inf


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: the sentence that says what is allowed, and the function that reads it.

    `read(value, folder)` returns the checked value or raises `BadKey`, with a reason if there is more to say
    than that the value is not allowed. Paths are relative to `folder`, that of the scenario.
    """

    allowed: str
    read: Callable[[object, Path], Any]
    bounds: tuple[float, float, float] = (-INFINITE, INFINITE, -INFINITE)
    """Least, greatest and excluded lower bound of numbers; also holds for the values of a raster."""

    def __call__(self, value: object, folder: Path) -> Any:  # noqa: ANN401  # of any kind
        """Return the checked value; raise `BadKey` that says what is allowed."""
        try:
            return self.read(value, folder)
        except BadKey as reason:
            raise BadKey(
                f"{shown(value)} {str(reason) or 'is not allowed'}; allowed: {self.allowed}"
            ) from None


def key(kind: Kind, doc: str, *, unit: str = "", **default: Any) -> Any:  # noqa: ANN401  # as `dataclasses.field`
    """Declare a key of a table: kind, meaning, unit and, if it may be left out, default."""
    return dataclasses.field(metadata={"kind": kind, "doc": doc, "unit": unit}, **default)


def shown(value: object) -> str:
    """Return `value` as a message shows it, cut to a readable length."""
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004  # width of a line


def within(value: float, bounds: tuple[float, float, float]) -> bool:
    """Tell whether `value` keeps the bounds of a kind."""
    least, greatest, above = bounds
    return least <= value <= greatest and value > above


def spelt(bounds: tuple[float, float, float]) -> str:
    """Return bounds as a message shows them."""
    least, greatest, above = bounds
    parts = [f"> {above:g}"] if above > -INFINITE else []
    parts += [f">= {least:g}"] if least > -INFINITE else []
    parts += [f"<= {greatest:g}"] if greatest < INFINITE else []
    return " and ".join(parts)


def number(least: float = -INFINITE, greatest: float = INFINITE, *, above: float = -INFINITE) -> Kind:
    """Allow a finite number within bounds."""
    bounds = (least, greatest, above)

    def read(value: object, _folder: Path) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise BadKey("is not a number")
        if not within(value, bounds):
            raise BadKey
        return float(value)

    return Kind(f"a number {spelt(bounds)}".strip(), read, bounds)


def whole(least: int, greatest: int) -> Kind:
    """Allow a whole number within bounds."""

    def read(value: object, _folder: Path) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= greatest:
            raise BadKey
        return value

    return Kind(f"a whole number from {least} to {greatest}", read)


def choice(*names: str | int) -> Kind:
    """Allow one of `names`."""

    def read(value: object, _folder: Path) -> str | int:
        for name in names:
            if type(value) is type(name) and value == name:
                return name
        raise BadKey

    return Kind(", ".join(shown(name) for name in names), read)


def flag() -> Kind:
    """Allow true or false."""

    def read(value: object, _folder: Path) -> bool:
        if not isinstance(value, bool):
            raise BadKey
        return value

    return Kind("true, false", read)


def text(longest: int = 500) -> Kind:
    """Allow a short text."""

    def read(value: object, _folder: Path) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            raise BadKey
        return value.strip()

    return Kind(f"a text of 1 to {longest} characters", read)


def file(*suffixes: str) -> Kind:
    """Allow the path of a file that exists and ends in one of `suffixes`."""

    def read(value: object, folder: Path) -> Path:
        if not isinstance(value, str) or not value or "\x00" in value:
            raise BadKey("is not a path")
        path = folder / value
        if path.suffix.lower() not in suffixes:
            raise BadKey("has another ending")
        if not path.is_file():
            raise BadKey(f"does not exist ({path})")
        return path

    return Kind(f"the path of a file ({', '.join(suffixes)})", read)


def raster() -> Kind:
    """Allow the path of a raster."""
    return file(*RASTERS)


def vector() -> Kind:
    """Allow the path of a file with lines or polygons."""
    return file(*VECTORS)


def table() -> Kind:
    """Allow the path of a table."""
    return file(".csv")


def files() -> Kind:
    """Allow one pattern or a list of patterns, each of which finds files."""

    def read(value: object, folder: Path) -> tuple[Path, ...]:
        patterns = [value] if isinstance(value, str) else value
        if not isinstance(patterns, list) or not patterns:
            raise BadKey
        found: list[Path] = []
        for pattern in patterns:
            if not isinstance(pattern, str) or not pattern or "\x00" in pattern:
                raise BadKey
            here = matching(pattern, folder)
            if not here:
                raise BadKey(f"finds no file for {shown(pattern)}")
            found += [path for path in here if path not in found]
        return tuple(found)

    return Kind('paths or patterns that find files, such as ["tiles/*.zip"]', read)


def matching(pattern: str, folder: Path) -> list[Path]:
    """Return the files that match a pattern below `folder`, sorted by name."""
    path = Path(pattern)
    root, relative = (
        (Path(path.anchor), str(path.relative_to(path.anchor))) if path.anchor else (folder, pattern)
    )
    return sorted(p for p in root.glob(relative) if p.is_file())


def either(first: Kind, second: Kind) -> Kind:
    """Allow a number by `first`, and a path by `second`."""

    def read(value: object, folder: Path) -> Any:  # noqa: ANN401  # of either kind
        return (second if isinstance(value, str) else first).read(value, folder)

    return Kind(f"{first.allowed}, or {second.allowed}", read, first.bounds)


def field(least: float = -INFINITE, greatest: float = INFINITE, *, above: float = -INFINITE) -> Kind:
    """Allow a number or a raster within bounds; a raster is checked when it is read."""
    return either(number(least, greatest, above=above), raster())


def seconds(value: object) -> float | None:
    """Return a duration in seconds: a number, or a text such as `6h`, `90 min`, `1.5 d`; else None."""
    if isinstance(value, str) and (found := DURATION.fullmatch(value)) and found[2] in UNITS:
        return float(found[1]) * UNITS[found[2]]
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def duration(least: float = 0.0, *, above: float = -INFINITE) -> Kind:
    """Allow a duration of at most a year."""
    bounds = (least if above == -INFINITE else -INFINITE, LONGEST, above)

    def read(value: object, _folder: Path) -> float:
        found = seconds(value)
        if found is None or not within(found, bounds):
            raise BadKey
        return found

    return Kind(f'seconds {spelt(bounds)}, or a text such as "90 s", "15 min", "6h", "2 d"', read, bounds)


def interval_or_times() -> Kind:
    """Allow an interval, or a list of times that increase."""

    def read(value: object, folder: Path) -> float | tuple[float, ...]:
        if not isinstance(value, list):
            return float(duration(above=0.0).read(value, folder))
        times = [seconds(item) for item in value]
        known = tuple(t for t in times if t is not None and 0 <= t <= LONGEST)
        if not value or len(known) != len(times):
            raise BadKey
        return increase(known)

    return Kind("an interval > 0 in seconds, or a list of times >= 0 in seconds that increase", read)


def increase(values: tuple[float, ...]) -> tuple[float, ...]:
    """Return `values` if each is greater than the one before."""
    if any(b <= a for a, b in pairwise(values)):
        raise BadKey("does not increase")
    return values


def numbers(count: int, what: str, *, order: bool = False) -> Kind:
    """Allow `count` numbers, 0 for any count; `what` is their meaning; `order`: they increase."""

    def read(value: object, folder: Path) -> tuple[float, ...]:
        if not isinstance(value, list) or not value or (count and len(value) != count):
            raise BadKey
        found = tuple(number().read(item, folder) for item in value)
        return increase(found) if order else found

    return Kind(f"a list of {what}", read)


def line() -> Kind:
    """Allow a line as a list of at least two points."""

    def read(value: object, folder: Path) -> tuple[tuple[float, float], ...]:
        if not isinstance(value, list) or len(value) < 2:  # noqa: PLR2004  # a line has two ends
            raise BadKey
        points = [numbers(2, "x, y").read(point, folder) for point in value]
        return tuple((p[0], p[1]) for p in points)

    return Kind("a list of at least two points [x, y]", read)


def moment() -> Kind:
    """Allow a date and time with its offset."""

    def read(value: object, _folder: Path) -> datetime:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                raise BadKey from None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise BadKey
        return value.astimezone(UTC)

    return Kind("a date and time with its offset, such as 2010-08-07T12:00:00Z", read)


def epsg() -> Kind:
    """Allow the code of a coordinate system."""

    def read(value: object, _folder: Path) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"EPSG:[0-9]{4,6}", value):
            raise BadKey
        return value

    return Kind('a code such as "EPSG:25833"', read)
