"""Resource paths: `Things(1)/Datastreams(2)/Observations/$ref`."""

import re

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.limits import LIMITS, Limits
from stadtkern.base.odata.nodes import Resource, Segment
from stadtkern.base.odata.options import decode

_SEGMENT = re.compile(r"(?P<name>[^()]+?)(?:\((?P<key>-?[0-9]{1,19}|'(?:[^']|'')*')\))?")
_LARGEST = 2**63
_SUFFIXES = {"$ref": "$ref", "$value": "$value", "$count": "$count"}


def parse_resource(text: str, limits: Limits = LIMITS) -> Resource:
    """Return the parts of the path `text`, which is still percent-encoded; no parts are the root."""
    if len(text) > limits.length:
        raise QueryError(f"The path is longer than {limits.length} characters.")
    parts = [decode(part.replace("+", "%2B")) for part in text.strip("/").split("/")]
    if parts == [""]:
        return Resource(())
    if len(parts) > limits.segments:
        raise QueryError(f"The path has more than {limits.segments} parts.")
    suffix = _SUFFIXES.get(parts[-1], "")
    if suffix:
        parts = parts[:-1]
    if not parts:
        raise QueryError(f"{suffix} needs something before it.")
    return Resource(tuple(_segment(part) for part in parts), suffix)  # type: ignore[arg-type]  # one of _SUFFIXES


def _segment(part: str) -> Segment:
    match = _SEGMENT.fullmatch(part)
    if match is None or not part.isprintable() or part.startswith("$"):
        raise QueryError(f'"{part[:60]}" is no part of a path such as Things(1).')
    name, key = match["name"], match["key"]
    if key is None:
        return Segment(name)
    if key.startswith("'"):
        return Segment(name, key[1:-1].replace("''", "'"))
    if abs(int(key)) >= _LARGEST:
        raise QueryError(f"{key} is too large for an id.")
    return Segment(name, int(key))
