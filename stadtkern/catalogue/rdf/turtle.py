"""Turtle (W3C 2014), written resource by resource."""

import re
from functools import lru_cache

from stadtkern.catalogue.rdf.terms import PREFIXES, Iri, Resource, Text, Value, shorten

MEDIA_TYPE = "text/turtle"
SEPARATOR = "\n"
_SPECIAL = re.compile(r'[\\"\x00-\x1f\x7f\ud800-\udfff]')
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*\Z")


def head() -> str:
    """Return the prefixes."""
    return "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in PREFIXES.items()) + "\n"


def foot() -> str:
    """Return what ends the document: nothing."""
    return ""


def write(resource: Resource) -> str:
    """Return all that is said of a resource; empty for one of which nothing is said."""
    inner = _statements(resource, "  ")
    return f"<{resource.uri}> {inner} .\n" if inner else ""


def _statements(resource: Resource, indent: str) -> str:
    lines = [f"a {', '.join(map(_name, resource.types))}"] if resource.types else []
    lines += [f"{_name(predicate)} {_value(value, indent)}" for predicate, value in resource.statements]
    return f" ;\n{indent}".join(lines)


@lru_cache(maxsize=4096)
def _name(name: str) -> str:
    short = shorten(name)
    return short if "/" not in short and not short.startswith("urn:") else f"<{short}>"


def _value(value: Value, indent: str) -> str:
    if isinstance(value, Iri):
        return f"<{value.value}>"
    if isinstance(value, Text):
        return _literal(value)
    if value.uri:
        return f"<{value.uri}>"
    return f"[ {_statements(value, indent + '  ')} ]"


def _literal(text: Text) -> str:
    quoted = f'"{_SPECIAL.sub(_escaped, text.value)}"'
    if text.language and _LANGUAGE.match(text.language):
        return f"{quoted}@{text.language}"
    return f"{quoted}^^{_name(text.datatype)}" if text.datatype else quoted


def _escaped(found: re.Match[str]) -> str:
    character = found.group()
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"  # half a character of UTF-16 cannot be written
    return _ESCAPES.get(character) or f"\\u{ord(character):04X}"
