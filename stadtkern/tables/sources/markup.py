"""XML: the element that is repeated most is a record; its attributes and what is in it are columns."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from lxml import etree

from stadtkern.tables.files import Opened
from stadtkern.tables.model import Hints, Part, Plan, Problem, TableError
from stadtkern.tables.sources import MOST_COLUMNS, SAMPLE_ROWS, Block, Look, Records

ROWS = 20_000
_COUNTED = 200_000
_MOST_PARTS = 20
_DEEPEST = 4


def look(file: Opened, hints: Hints) -> Look:
    """Look at the first records of the wanted path.

    Else of the most repeated one that has something in it.
    """
    parts = _paths(file.path)
    names = [part.name for part in parts]
    if not parts:
        raise TableError("no_records")
    part = hints.part if hints.part in names else names[0]
    records = [record for _, record in islice(_records(file.path, part), SAMPLE_ROWS)]
    titles = list(dict.fromkeys(name for record in records for name in record))
    if len(titles) > MOST_COLUMNS:
        raise TableError("too_many_columns", count=len(titles), allowed=MOST_COLUMNS)
    columns = [pa.array([record.get(title) for record in records], pa.string()) for title in titles]
    problems = [Problem("several_parts", "note", facts={"parts": names})] if len(parts) > 1 else []
    estimate = len(records) if len(records) < SAMPLE_ROWS else None
    return Look(Records(titles, columns), part=part, parts=parts, problems=problems, row_estimate=estimate)


def _events(path: Path, tag: str | None = None) -> Iterator[tuple[str, etree._Element]]:
    """Give elements; entities stay as they are, nothing is fetched, huge trees are refused."""
    with path.open("rb") as file:
        try:
            yield from etree.iterparse(
                file, events=("start", "end"), tag=tag, resolve_entities=False, no_network=True,
                load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
            )  # fmt: skip
        except etree.XMLSyntaxError as error:
            raise TableError("broken_xml", text=str(error)[:150]) from error


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _paths(path: Path) -> tuple[Part, ...]:
    """Return the paths of elements that are repeated and have attributes or elements in them."""
    counts: Counter[str] = Counter()
    has_parts: set[str] = set()
    trail: list[str] = []
    for number, (event, element) in enumerate(_events(path)):
        if event == "start":
            if trail:
                has_parts.add("/".join(trail))
            trail.append(_name(element))
            here = "/".join(trail)
            counts[here] += 1
            if element.attrib:
                has_parts.add(here)
        else:
            trail.pop()
            element.clear()
        if number > _COUNTED:
            break
    found = [
        (here, count) for here, count in counts.items() if here in has_parts and count > 1 and "/" in here
    ]
    found.sort(key=lambda one: (one[0].count("/") > _DEEPEST, -one[1] / (1 + one[0].count("/")), one[0]))
    return tuple(Part(here, "record", count) for here, count in found[:_MOST_PARTS])


def _records(path: Path, part: str) -> Iterator[tuple[int, dict[str, str]]]:
    wanted = part.split("/")
    trail: list[str] = []
    number = 0
    for event, element in _events(path):
        if event == "start":
            trail.append(_name(element))
            continue
        if trail == wanted:
            number += 1
            yield number, _record(element)
        trail.pop()
        if len(trail) < len(wanted):
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def _record(element: etree._Element, prefix: str = "", depth: int = 0) -> dict[str, str]:
    """Return attributes and texts by path; what is there several times is joined by `; `."""
    record: dict[str, str] = {}
    for name, value in element.attrib.items():
        _add(record, prefix + etree.QName(str(name)).localname, str(value))
    text = (element.text or "").strip()
    if text:
        _add(record, prefix.rstrip("/") or "text", text)
    if depth > _DEEPEST:
        return record
    for child in element:
        for name, value in _record(child, f"{prefix}{_name(child)}/", depth + 1).items():
            _add(record, name, value)
    return record


def _add(record: dict[str, str], name: str, value: str) -> None:
    record[name] = f"{record[name]}; {value}" if name in record else value


def blocks(file: Opened, plan: Plan) -> Iterator[Block]:
    """Give the records; numbers count them from 1."""
    size = file.path.stat().st_size
    titles = {column.source: column.title for column in plan.columns}
    records = _records(file.path, plan.part)
    done = 0
    while some := list(islice(records, ROWS)):
        columns = [
            pa.array([record.get(titles.get(place, "")) for _, record in some], pa.string())
            for place in range(1 + max(titles))
        ]
        done += len(some)
        yield Block(columns, np.array([number for number, _ in some], dtype=np.int64), done=size // 2)
