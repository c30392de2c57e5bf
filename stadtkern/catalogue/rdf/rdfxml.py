"""RDF/XML (W3C 2014), written resource by resource."""

import re
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from stadtkern.catalogue.rdf.terms import PREFIXES, Iri, Resource, Text, Value, expand, shorten

MEDIA_TYPE = "application/rdf+xml"
SEPARATOR = ""
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LAST_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


def head() -> str:
    """Return the beginning with all prefixes."""
    spaces = "".join(f'\n  xmlns:{prefix}="{space}"' for prefix, space in PREFIXES.items())
    return f'<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF{spaces}>\n'


def foot() -> str:
    """Return the end."""
    return "</rdf:RDF>\n"


def write(resource: Resource) -> str:
    """Return all that is said of a resource."""
    return _node(resource) + "\n" if resource.types or resource.statements else ""


def _node(resource: Resource) -> str:
    about = f" rdf:about={quoteattr(resource.uri)}" if resource.uri else ""
    inner = "".join(f'<rdf:type rdf:resource="{escape(expand(kind))}"/>' for kind in resource.types)
    inner += "".join(_statement(predicate, value) for predicate, value in resource.statements)
    return f"<rdf:Description{about}>{inner}</rdf:Description>"


def _statement(predicate: str, value: Value) -> str:
    named = _element(predicate)
    if named is None:
        return ""  # the form has no way to write a predicate that does not end in an XML name
    name, space = named
    if isinstance(value, Text):
        return f"<{name}{space}{_marks(value)}>{escape(_NOT_XML.sub('', value.value))}</{name}>"
    if isinstance(value, Iri) or value.uri:
        target = value.value if isinstance(value, Iri) else value.uri
        return f"<{name}{space} rdf:resource={quoteattr(target)}/>"
    return f"<{name}{space}>{_node(value)}</{name}>"


@lru_cache(maxsize=4096)
def _element(predicate: str) -> tuple[str, str] | None:
    """Return the name of the element and the declaration of its namespace, if it needs one."""
    short = shorten(predicate)
    if short != expand(predicate):
        return short, ""
    last = _LAST_NAME.search(short)
    if last is None or last.start() == 0:
        return None
    return f"x:{last.group()}", f" xmlns:x={quoteattr(short[: last.start()])}"


def _marks(text: Text) -> str:
    if text.language:
        return f" xml:lang={quoteattr(text.language)}"
    return f' rdf:datatype="{escape(expand(text.datatype))}"' if text.datatype else ""
