"""JSON-LD 1.1 (W3C 2020), written resource by resource; and expanded JSON-LD read back into trees."""

import json
from typing import Any

from stadtkern.catalogue.rdf.terms import PREFIXES, Iri, Resource, Text, Value, expand, iri, shorten

MEDIA_TYPE = "application/ld+json"
SEPARATOR = ",\n"
Json = dict[str, Any]
MOST_DEPTH = 12
"""Blank nodes inside each other."""


def head() -> str:
    """Return the beginning with the prefixes as context."""
    return f'{{"@context": {json.dumps(PREFIXES)},\n"@graph": [\n'


def foot() -> str:
    """Return the end."""
    return "\n]}\n"


def write(resource: Resource) -> str:
    """Return all that is said of a resource."""
    if not resource.types and not resource.statements:
        return ""
    return json.dumps(as_json(resource), ensure_ascii=False).encode("utf-8", "replace").decode()


def as_json(resource: Resource) -> Json:
    """Return the node object, with short names."""
    node: Json = {"@id": resource.uri} if resource.uri else {}
    if resource.types:
        node["@type"] = [shorten(kind) for kind in resource.types]
    for predicate, value in resource.statements:
        node.setdefault(shorten(predicate), []).append(_value(value))
    return node


def _value(value: Value) -> Json:
    if isinstance(value, Iri):
        return {"@id": value.value}
    if isinstance(value, Text):
        found = {"@value": value.value}
        if value.language:
            found["@language"] = value.language
        elif value.datatype:
            found["@type"] = expand(value.datatype)
        return found
    return {"@id": value.uri} if value.uri else as_json(value)


def read_expanded(node: object, depth: int = 0) -> list[tuple[str, Value]]:
    """Return what an expanded node object says; what is no expanded JSON-LD is left out.

    Parameters
    ----------
    node
        `{"http://purl.org/dc/terms/source": [{"@id": "..."} | {"@value": "...", "@language": "de"} | node]}`
    """
    if not isinstance(node, dict) or depth > MOST_DEPTH:
        return []
    found: list[tuple[str, Value]] = []
    for predicate, values in node.items():
        name = None if predicate.startswith("@") else iri(predicate)
        if name is None or not isinstance(values, list):
            continue
        read = (_read(value, depth) for value in values)
        found += [(name.value, value) for value in read if value is not None]
    return found


def _read(value: object, depth: int) -> Value | None:
    if not isinstance(value, dict):
        return None
    if "@value" in value:
        text = value["@value"]
        plain = text if isinstance(text, str) else json.dumps(text)
        return Text(plain, str(value.get("@language") or ""), str(value.get("@type") or ""))
    name = value.get("@id")
    if isinstance(name, str) and not name.startswith("_:"):
        return iri(name)
    kinds = value.get("@type")
    types = tuple(kind for kind in kinds if isinstance(kind, str)) if isinstance(kinds, list) else ()
    statements = read_expanded(value, depth + 1)
    return Resource("", types, statements) if statements or types else None
