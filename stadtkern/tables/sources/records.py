"""JSON: lists of records or of lists, nested under a key or not, one record a line; and GeoJSON.

A file of any size is read piece by piece: only one record is in memory as text and as values.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import shapely

from stadtkern.tables.convert import cell_text
from stadtkern.tables.files import Opened
from stadtkern.tables.model import Hints, Part, Plan, Problem, Reject, TableError
from stadtkern.tables.sources import MOST_COLUMNS, SAMPLE_ROWS, Block, Grid, Look, Records
from stadtkern.tables.text import Utf8Stream, guess_encoding

Record: TypeAlias = dict[str, object]

ROWS = 20_000
CHUNK = 1_048_576
LARGEST_RECORD = 64_000_000
_SPACE = " \t\r\n"
_DEPTH = 5
_SMALL = 32_000_000
_FEATURES = "features"
_BY_KEY = "{}"
"""Ends the name of a part that is an object whose values are records."""

_MANY = 20
_VERY_MANY = 200
_CRS = re.compile(r'"crs"\s*:\s*\{[^{}]*(?:\{[^{}]*"name"\s*:\s*"([^"]+)"[^{}]*\})')


class Pieces:
    """The values of a JSON text, read one after the other from a stream."""

    def __init__(self, stream: Utf8Stream) -> None:
        self._stream = stream
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._pending = b""
        self.is_over = False

    def _more(self) -> bool:
        raw = self._stream.read(CHUNK)
        if not raw:
            self.is_over = True
            return False
        text = (self._pending + raw).decode("utf-8", errors="ignore")
        self._pending = _cut_letter(self._pending + raw)
        if len(self._text) - self._at > LARGEST_RECORD:
            raise TableError("giant_record", allowed=LARGEST_RECORD)
        self._text = self._text[self._at :] + text
        self._at = 0
        return True

    def peek(self) -> str:
        """Return the next character that is no blank; empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, expected: str) -> None:
        """Go over one character."""
        found = self.peek()
        if found not in expected or not found:
            raise TableError("broken_json", found=found, expected=expected)
        self._at += 1

    def value(self) -> object:
        """Return the next value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._more():
                    raise TableError("broken_json", text=str(error)[:120]) from error
                continue
            except RecursionError as error:
                raise TableError("broken_json", text="nested too deep") from error
            if end == len(self._text) and self._more():  # a number may go on
                continue
            self._at = end
            return value

    def items(self) -> Iterator[object]:
        """Give the items of the array that comes next."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                self.take("]")
                return
            self.take(",")

    def enter(self, key: str) -> None:
        """Go to the value of a key of the object that comes next."""
        self.take("{")
        while self.peek() != "}":
            name = self.value()
            self.take(":")
            if name == key:
                return
            self.value()
            if self.peek() == ",":
                self.take(",")
        raise TableError("no_such_part", part=key)

    def members(self) -> Iterator[object]:
        """Give the values of the object that comes next as records that know their key."""
        self.take("{")
        while self.peek() == '"':
            key = self.value()
            self.take(":")
            value = self.value()
            yield {"key": key, **value} if isinstance(value, dict) else {"key": key, "value": value}
            if self.peek() == ",":
                self.take(",")
        self.take("}")

    def lines(self) -> Iterator[object]:
        """Give values that follow each other, one a line."""
        while self.peek():
            yield self.value()


def _cut_letter(raw: bytes) -> bytes:
    """Return the beginning of a letter that the block cuts off."""
    for back in range(1, min(4, len(raw)) + 1):
        byte = raw[-back]
        if byte < 0x80:  # noqa: PLR2004  (a letter of one byte)
            return b""
        if byte >= 0xC0:  # noqa: PLR2004  (a letter begins here)
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4  # noqa: PLR2004
            return b"" if back >= needed else raw[-back:]
    return b""


def look(file: Opened, hints: Hints) -> Look:
    """Look at the first records of the wanted array, else of the largest one."""
    encoding = hints.encoding or guess_encoding(file.path)
    problems: list[Problem] = []
    parts: tuple[Part, ...] = ()
    part = hints.part
    if file.format == "json":
        parts = _arrays(file, encoding)
        names = [one.name for one in parts]
        if not parts:
            raise TableError("no_array")
        if part not in names:
            part = max(parts, key=lambda one: one.rows or 0).name
        if len(parts) > 1:
            problems.append(Problem("several_parts", "note", facts={"parts": names}))
    with Utf8Stream(file.path, encoding) as stream:
        items = list(islice(_items(stream, file.format, part), SAMPLE_ROWS))
        read = max(1, stream.done)
    if not items:
        raise TableError("empty")
    size = file.path.stat().st_size
    estimate = len(items) if len(items) < SAMPLE_ROWS else round(len(items) * size / read)
    content = _content(items, file.format)
    if isinstance(content, Records) and file.format == "geojson":
        content.crs, problem = _crs(file, encoding)
        problems += [problem] if problem else []
    return Look(content, part=part, parts=parts, encoding=encoding, problems=problems, row_estimate=estimate)


def _crs(file: Opened, encoding: str) -> tuple[int, Problem | None]:
    """Return the CRS that a collection names as GeoJSON did until 2016; later it is always degrees."""
    with Utf8Stream(file.path, encoding) as stream:
        head = stream.read(CHUNK).decode("utf-8", errors="ignore")
    match = _CRS.search(head)
    if not match:
        return 4326, None
    from stadtkern.tables.sources.geo import epsg  # noqa: PLC0415  (GDAL is slow to load)

    return epsg(match[1])


def _content(items: list[object], form: str) -> Grid | Records:
    if isinstance(items[0], list):
        return Grid([list(item) if isinstance(item, list) else [item] for item in items], has_end_in_top=True)
    records, geometry, _ = _records(items, form)
    titles = _titles(records)
    if len(titles) > MOST_COLUMNS:
        raise TableError("too_many_columns", count=len(titles), allowed=MOST_COLUMNS)
    columns = [pa.array([cell_text(one.get(title)) for one in records], pa.string()) for title in titles]
    wkb = (
        pa.array(shapely.to_wkb(np.array(geometry, dtype=object)), pa.binary()) if form == "geojson" else None
    )
    return Records(titles, columns, wkb)


def _titles(records: Sequence[Record]) -> list[str]:
    titles: dict[str, None] = {}
    for record in records:
        titles.update(dict.fromkeys(record))
    return list(titles)


def _arrays(file: Opened, encoding: str) -> tuple[Part, ...]:
    """Return the arrays of records in a file; of a very large one only what its first level shows."""
    if file.path.stat().st_size > _SMALL:
        return _first_level(file, encoding)
    with Utf8Stream(file.path, encoding) as stream:
        try:
            data = json.loads(stream.read(-1))
        except (ValueError, RecursionError) as error:
            raise TableError("broken_json", text=str(error)[:120]) from error
    found = tuple(_parts_in(data, "", 0))
    if not found and isinstance(data, dict):
        return (Part("", "record", 1),)
    return found


def _parts_in(data: object, path: str, depth: int) -> Iterator[Part]:
    if isinstance(data, list) and data and isinstance(data[0], dict | list | str | int | float):
        if isinstance(data[0], dict | list) or depth == 0:
            yield Part(path, "array", len(data))
    elif isinstance(data, dict) and _is_by_key(data):
        yield Part(f"{path}{_BY_KEY}", "array", len(data))
    elif isinstance(data, dict) and depth < _DEPTH:
        for key, value in data.items():
            if "." not in key:
                yield from _parts_in(value, f"{path}.{key}" if path else key, depth + 1)


def _is_by_key(data: Record) -> bool:
    """Return whether an object is rather a list: many records, or very many values, each under its key."""
    kinds = {isinstance(one, dict | list) for one in data.values()}
    is_records = all(isinstance(one, dict) for one in data.values())
    return (len(data) > _MANY and is_records) or (len(data) > _VERY_MANY and kinds == {False})


def _first_level(file: Opened, encoding: str) -> tuple[Part, ...]:
    with Utf8Stream(file.path, encoding) as stream:
        pieces = Pieces(stream)
        if pieces.peek() == "[":
            return (Part("", "array", None),)
        pieces.take("{")
        while pieces.peek() == '"':
            name = str(pieces.value())
            pieces.take(":")
            if pieces.peek() == "[":
                return (Part(name, "array", None),)
            pieces.value()
            if pieces.peek() == ",":
                pieces.take(",")
    return ()


def _items(stream: Utf8Stream, form: str, part: str) -> Iterator[object]:
    pieces = Pieces(stream)
    if form == "jsonl":
        yield from pieces.lines()
    elif form == "geojson":
        yield from _features(pieces)
    elif not part and pieces.peek() == "{":
        yield pieces.value()
    else:
        path = part.removesuffix(_BY_KEY)
        for key in path.split(".") if path else ():
            pieces.enter(key)
        yield from pieces.members() if part.endswith(_BY_KEY) else pieces.items()


def _features(pieces: Pieces) -> Iterator[object]:
    """Give the features of a collection; a single feature is one as well."""
    pieces.take("{")
    single: Record = {}
    while pieces.peek() == '"':
        name = str(pieces.value())
        pieces.take(":")
        if name == _FEATURES:
            yield from pieces.items()
            return
        single[name] = pieces.value()
        if pieces.peek() == ",":
            pieces.take(",")
    if single.get("type") == "Feature":
        yield single


def _records(items: Sequence[object], form: str) -> tuple[list[Record], list[object], dict[int, str]]:
    """Return records, geometries of GeoJSON, and the places of items that are none, with reason codes."""
    records: list[Record] = []
    geometries: list[object] = []
    wrong: dict[int, str] = {}
    for place, item in enumerate(items):
        record, geometry = {}, None
        if form == "geojson":
            record, geometry, code = _feature(item)
        elif isinstance(item, dict):
            record, code = flat(item), ""
        elif isinstance(item, list):
            record, code = {}, "not_a_record"
        else:
            record, code = {"value": item}, ""
        if code:
            wrong[place] = code
        records.append(record)
        geometries.append(geometry)
    return records, geometries, wrong


def flat(record: Record) -> Record:
    """Return a record in which objects within are columns `outer.inner`; lists stay as they are.

    >>> flat({"a": {"b": 1}, "c": [2]})
    {'a.b': 1, 'c': [2]}
    """
    result: Record = {}
    for key, value in record.items():
        if isinstance(value, dict) and value and "coordinates" not in value:
            result.update({f"{key}.{inner}": one for inner, one in value.items()})
        else:
            result[key] = value
    return result


def _feature(item: object) -> tuple[Record, object, str]:
    if not isinstance(item, dict) or item.get("type") != "Feature":
        return {}, None, "not_a_feature"
    properties = item.get("properties") or {}
    if not isinstance(properties, dict):
        return {}, None, "not_a_feature"
    record: Record = {"id": item["id"]} if "id" in item and "id" not in properties else {}
    record.update(properties)
    geometry = item.get("geometry")
    if geometry is None:
        return record, None, ""
    try:
        return record, shapely.from_geojson(json.dumps(geometry)), ""
    except (shapely.errors.ShapelyError, ValueError, TypeError):
        return record, None, "invalid_geometry"


def blocks(file: Opened, plan: Plan) -> Iterator[Block]:
    """Give the records; numbers count them from 1."""
    titles = {column.source: column for column in plan.columns}
    skip = plan.skip_rows + plan.header_rows
    with Utf8Stream(file.path, plan.encoding or "utf-8") as stream:
        items = enumerate(_items(stream, file.format, plan.part), 1)
        while some := list(islice(items, ROWS)):
            body = [(number, item) for number, item in some if number > skip]
            numbers = np.array([number for number, _ in body], dtype=np.int64)
            values = [item for _, item in body]
            if values and isinstance(values[0], list) and file.format != "geojson":
                yield Block(_listed(values, plan), numbers, done=stream.done)
                continue
            records, geometry, wrong = _records(values, file.format)
            columns = [
                pa.array(
                    [cell_text(one.get(titles[place].title), titles[place].decimal) for one in records],
                    pa.string(),
                )
                if place in titles
                else pa.nulls(len(records), pa.string())
                for place in range(1 + max(titles, default=-1))
            ]
            yield _without(Block(columns, numbers, done=stream.done), geometry, wrong, values, file.format)


def _without(
    block: Block, geometry: list[object], wrong: dict[int, str], values: list[object], form: str
) -> Block:
    if form == "geojson":
        block.geometry = pa.array(shapely.to_wkb(np.array(geometry, dtype=object)), pa.binary())
    if wrong:
        block.rejects = [
            Reject(int(block.numbers[place]), "", json.dumps(values[place], default=str)[:200], code)
            for place, code in wrong.items()
        ]
        keep = pa.array([place for place in range(len(values)) if place not in wrong], pa.int64())
        block.columns = [column.take(keep) for column in block.columns]
        block.numbers = block.numbers[keep.to_numpy()]
        block.geometry = None if block.geometry is None else block.geometry.take(keep)
    return block


def _listed(values: list[object], plan: Plan) -> list[pa.Array]:
    marks = {column.source: column.decimal for column in plan.columns}
    rows = [value if isinstance(value, list) else [value] for value in values]
    return [
        pa.array(
            [cell_text(row[place], marks.get(place, ".")) if place < len(row) else None for row in rows],
            pa.string(),
        )
        for place in range(1 + max(marks))
    ]
