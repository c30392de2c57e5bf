"""Vector tiles: features as the Mapbox Vector Tile 2.1 specification writes them.

Geometry is worked on for all features of a tile at once; a tile of 2,000 points takes some milliseconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from stadtkern.features.thinning import squared

EXTENT = 4096
"""Steps along the edge of a tile."""
MARGIN = 64 / EXTENT
"""What is drawn beyond the edge, as a share of it, so that no seam shows."""
TOLERANCE = 2.0
"""Steps by which a line may be simplified: less than half a pixel at 512 pixels a tile."""
MOVE, LINE, CLOSE = 1, 2, 7
POINT, LINESTRING, POLYGON = 1, 2, 3
KIND = {0: POINT, 4: POINT, 1: LINESTRING, 2: LINESTRING, 5: LINESTRING, 3: POLYGON, 6: POLYGON}

ONE_POINT = bytes((1 << 3 | MOVE,))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A feature on a tile: its number if it has one, its geometry (WKB, degrees) and its properties."""

    number: int | None
    geometry: bytes
    properties: Mapping[str, Any]


def tile(name: str, features: Sequence[Drawn], z: int, x: int, y: int) -> bytes:
    """Return a tile with one layer; empty bytes if nothing of the features is on it."""
    shapes = on_tile([feature.geometry for feature in features], z, x, y)
    layer = Layer(name)
    if len(features) and not shapely.get_type_id(shapes).any() and not shapely.is_empty(shapes).any():
        corners = np.rint(shapely.get_coordinates(shapes)).astype(int).tolist()
        for feature, (across, down) in zip(features, corners, strict=True):  # most tiles hold points alone
            layer.put(feature, POINT, ONE_POINT + varint(zigzag(across)) + varint(zigzag(down)))
        return field(3, layer.encoded())
    for feature, shape in zip(features, shapes, strict=True):
        if shape is not None and not shape.is_empty:
            layer.add(feature, shape)
    return field(3, layer.encoded()) if layer.features else b""


def on_tile(blobs: Sequence[bytes], z: int, x: int, y: int) -> Any:  # noqa: ANN401  # an array of geometries
    """Return geometries in steps of a tile, cut at its edge and simplified; None: too small to be seen."""
    if not blobs:
        return []
    count = 2**z

    def to_steps(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        across, down = squared(corners[:, 0], corners[:, 1])
        return np.column_stack(((across * count - x) * EXTENT, (down * count - y) * EXTENT))

    shapes = shapely.transform(shapely.from_wkb(np.array(blobs, dtype=object)), to_steps)
    extended = shapely.get_dimensions(shapes) > 0
    if extended.any():
        kept = shapely.simplify(shapes[extended], TOLERANCE, preserve_topology=True)
        edge = MARGIN * EXTENT
        kept = shapely.make_valid(kept) if not shapely.is_valid(kept).all() else kept
        shapes[extended] = shapely.clip_by_rect(kept, -edge, -edge, EXTENT + edge, EXTENT + edge)
    return shapes


class Layer:
    """One layer of a tile: its features share their words (specification section 4.1)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.keys: dict[str, bytes] = {}
        self.values: dict[tuple[type, Any], bytes] = {}
        self.features: list[bytes] = []

    def add(self, feature: Drawn, shape: Any) -> None:  # noqa: ANN401  # a geometry
        """Add what of a feature can be seen; the parts of a collection become features of their own."""
        kind = KIND.get(shapely.get_type_id(shape))
        if kind is None:
            for part in shapely.get_parts(shape):
                self.add(feature, part)
            return
        if commands := COMMANDS[kind](shape):
            self.put(feature, kind, packed(commands))

    def put(self, feature: Drawn, kind: int, commands: bytes) -> None:
        """Add a feature whose geometry is drawn by commands."""
        head = b"" if feature.number is None else b"\x08" + varint(feature.number)
        tags = field(2, b"".join(self._tags(feature.properties)))
        self.features.append(head + tags + b"\x18" + bytes((kind,)) + field(4, commands))

    def _tags(self, properties: Mapping[str, Any]) -> Iterable[bytes]:
        """Yield the places of names and values; those of this layer are written once."""
        keys, values = self.keys, self.values
        for key, value in properties.items():
            if value is None:
                continue
            if not isinstance(value, str | int | float | bool):
                value = str(value)  # noqa: PLW2901  # the specification knows no lists
            kind = (type(value), value)
            place = keys.get(key)
            if place is None:
                place = keys[key] = varint(len(keys))
            yield place
            place = values.get(kind)
            if place is None:
                place = values[kind] = varint(len(values))
            yield place

    def encoded(self) -> bytes:
        """Return the layer as bytes."""
        parts = [b"\x78\x02", field(1, self.name.encode())]
        parts += [field(2, one) for one in self.features]
        parts += [field(3, key.encode()) for key in self.keys]
        parts += [field(4, value_bytes(value)) for _kind, value in self.values]
        return b"".join((*parts, b"\x28", varint(EXTENT)))


def value_bytes(value: str | float | bool) -> bytes:  # noqa: FBT001  # one of four kinds
    """Return a value (specification section 4.4)."""
    if isinstance(value, bool):
        return b"\x38" + bytes([value])
    if isinstance(value, str):
        return field(1, value.encode())
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return b"\x30" + varint(zigzag(value))
    return b"\x19" + np.float64(value).tobytes()


def varint(number: int) -> bytes:
    """Return a whole number from 0 up as protocol buffers write it."""
    if number < 128:  # noqa: PLR2004  # seven bits
        return bytes((number,))
    found = bytearray()
    while number > 127:  # noqa: PLR2004  # seven bits
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


def zigzag(number: int) -> int:
    """Return a whole number so that small ones of both signs stay small."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def field(number: int, content: bytes) -> bytes:
    """Return bytes as a field of a message."""
    return bytes((number << 3 | 2,)) + varint(len(content)) + content


def packed(numbers: Iterable[int]) -> bytes:
    """Return whole numbers one behind the other."""
    return b"".join(map(varint, numbers))


def points(shape: Any) -> list[int]:  # noqa: ANN401  # a geometry
    """Return the commands that draw points (specification section 4.3.4.2)."""
    corners = _steps(shape)
    return [len(corners) << 3 | MOVE, *_moves(corners, (0, 0))]


def lines(shape: Any) -> list[int]:  # noqa: ANN401  # a geometry
    """Return the commands that draw lines; none for what shrinks to a point."""
    commands, at = [], (0, 0)
    for part in shapely.get_parts(shape):
        corners = _without_repeats(_steps(part))
        if len(corners) < 2:  # noqa: PLR2004  # a line has two ends
            continue
        commands += [1 << 3 | MOVE, *_moves(corners[:1], at)]
        commands += [(len(corners) - 1) << 3 | LINE, *_moves(corners[1:], corners[0])]
        at = corners[-1]
    return commands


def polygons(shape: Any) -> list[int]:  # noqa: ANN401  # a geometry
    """Return the commands that draw areas: outlines with positive area, their holes with negative one."""
    commands, at = [], (0, 0)
    for part in shapely.get_parts(shape):
        for number, ring in enumerate(shapely.get_rings(part)):
            corners = _turned(_without_repeats(_steps(ring)[:-1]), is_outline=number == 0)
            if len(corners) < 3:  # noqa: PLR2004  # a triangle
                if number == 0:
                    break
                continue
            commands += [1 << 3 | MOVE, *_moves(corners[:1], at)]
            commands += [(len(corners) - 1) << 3 | LINE, *_moves(corners[1:], corners[0]), 1 << 3 | CLOSE]
            at = corners[-1]
    return commands


COMMANDS = {POINT: points, LINESTRING: lines, POLYGON: polygons}
Corner = tuple[int, int]


def _steps(shape: Any) -> list[Corner]:  # noqa: ANN401  # a geometry
    return [(round(across), round(down)) for across, down in shapely.get_coordinates(shape).tolist()]


def _without_repeats(corners: list[Corner]) -> list[Corner]:
    return [one for number, one in enumerate(corners) if number == 0 or one != corners[number - 1]]


def _turned(corners: list[Corner], *, is_outline: bool) -> list[Corner]:
    """Return a ring so that its area by the surveyor's formula has the sign the specification wants."""
    doubled = sum(
        a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, (*corners[1:], *corners[:1]), strict=True)
    )
    if doubled == 0:
        return []
    return corners if (doubled > 0) == is_outline else corners[::-1]


def _moves(corners: Sequence[Corner], at: Corner) -> Iterable[int]:
    across, down = at
    for to_across, to_down in corners:
        yield zigzag(to_across - across)
        yield zigzag(to_down - down)
        across, down = to_across, to_down
