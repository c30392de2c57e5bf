"""Reading RDF of others: parsed without network, taken statement by statement, the rest kept as it came."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import rdflib
from rdflib.namespace import RDF
from rdflib.term import BNode, Literal, Node, URIRef

from stadtkern.harvest.readers.base import Ask, Asked, ReadError

logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # of each wrong date it would print a stack

_EXTERNAL_ENTITY = re.compile(rb"<!ENTITY[^>]*\b(?:SYSTEM|PUBLIC)\b")
_ENTITIES = re.compile(rb"<!ENTITY")
MOST_ENTITIES = 100
DEEPEST = 4
MOST_KEPT = 2_000
"""Statements of one record that are kept although we have no place for them."""
_TYPES = {
    "text/turtle": "turtle",
    "application/x-turtle": "turtle",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/ld+json": "json-ld",
    "application/json": "json-ld",
}
_ENDINGS = {"ttl": "turtle", "rdf": "xml", "xml": "xml", "jsonld": "json-ld", "json": "json-ld", "nt": "nt"}
_MOST_CONTEXTS = 5


def format_of(answer: Asked) -> str:
    """Return the syntax of an answer: by its beginning, its type, its address."""
    start = answer.body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"<?xml", b"<rdf:RDF", b"<!DOCTYPE rdf")):
        return "xml"
    if start[:1] == b"{" or re.match(rb"\[\s*(?:\{|\])", start):
        return "json-ld"
    if re.match(rb"(?i)<!doctype html|<html", start):
        raise ReadError("format", "a page for people (HTML), no RDF")
    found = _TYPES.get(answer.content_type.partition(";")[0].strip().casefold())
    ending = answer.url.partition("?")[0].rpartition(".")[2].casefold()
    return found or _ENDINGS.get(ending, "turtle")


def parse(answer: Asked, ask: Ask) -> rdflib.Graph:
    """Return the statements of an answer.

    Raises
    ------
    ReadError
        If it is no RDF, or wants to read files or addresses by itself.
    """
    syntax = format_of(answer)
    body = answer.body
    if syntax == "xml":
        if _EXTERNAL_ENTITY.search(body) or len(_ENTITIES.findall(body)) > MOST_ENTITIES:
            raise ReadError("format", "the document wants to read other files")
    elif syntax == "json-ld":
        body = _without_remote_contexts(answer, ask)
    graph = rdflib.Graph(bind_namespaces="none")
    try:
        graph.parse(data=body, format=syntax, publicID=answer.url)
    except Exception as error:  # rdflib's parsers raise whatever comes: SAX, syntax, index and value errors
        raise ReadError("format", f"{syntax}: {error}") from error
    return graph


def _without_remote_contexts(answer: Asked, ask: Ask) -> bytes:
    """Return JSON-LD whose contexts stand in it: those elsewhere are fetched by our guarded client."""
    try:
        document = json.loads(answer.body)
        fetched: dict[str, Any] = {}
        return json.dumps(_inlined(document, answer.url, ask, fetched)).encode()
    except (ValueError, RecursionError) as error:
        raise ReadError("format", f"JSON-LD: {error}") from error


def _inlined(value: Any, base: str, ask: Ask, fetched: dict[str, Any]) -> Any:  # noqa: ANN401  # as JSON
    if isinstance(value, list):
        return [_inlined(one, base, ask, fetched) for one in value]
    if not isinstance(value, dict):
        return value
    if "@import" in value:
        raise ReadError("format", "JSON-LD with @import is not read")
    return {
        name: _context(one, base, ask, fetched) if name == "@context" else _inlined(one, base, ask, fetched)
        for name, one in value.items()
    }


def _context(value: Any, base: str, ask: Ask, fetched: dict[str, Any]) -> Any:  # noqa: ANN401  # as JSON
    if isinstance(value, list):
        return [_context(one, base, ask, fetched) for one in value]
    if isinstance(value, str):
        url = urljoin(base, value)
        if url not in fetched:
            if len(fetched) >= _MOST_CONTEXTS:
                raise ReadError("format", "JSON-LD with too many contexts elsewhere")
            fetched[url] = {}  # what refers to itself ends here
            found = json.loads(ask(url, accept="application/ld+json", is_page=False).body)
            fetched[url] = _context(found.get("@context", {}), url, ask, fetched)
        return fetched[url]
    return _inlined(value, base, ask, fetched)


class Statements:
    """What a graph says of one subject. What is taken is gone; the rest can be kept."""

    def __init__(self, graph: rdflib.Graph, subject: Node) -> None:
        self.graph = graph
        self.subject = subject
        self._said: dict[str, list[Node]] = {}
        for name, value in graph.predicate_objects(subject):
            self._said.setdefault(str(name), []).append(value)
        for found in self._said.values():
            found.sort(key=lambda one: _order(graph, one, 2))  # graphs have no order, but equal ones compare

    @property
    def uri(self) -> str:
        """Name of the subject; empty if it has none."""
        return str(self.subject) if isinstance(self.subject, URIRef) else ""

    def take(self, *names: str) -> list[Node]:
        """Return the values of properties, in the order of the names; they count as understood."""
        return [value for name in names for value in self._said.pop(name, [])]

    def keep(self, name: str, value: Node) -> None:
        """Put a value back that was not understood after all."""
        self._said.setdefault(name, []).append(value)

    def parts(self, *names: str) -> Iterator["Statements"]:
        """Yield what is said of the values of properties."""
        for value in self.take(*names):
            yield Statements(self.graph, value)

    def first(self, *names: str) -> str:
        """Return the first value as a text; the others are kept."""
        for number, name in enumerate(names):
            found = self._said.get(name)
            if found:
                value = found.pop(0)
                for other in (name, *names[number + 1 :]):
                    if not self._said.get(other):
                        self._said.pop(other, None)
                return str(value)
        return ""

    def has_type(self, name: str) -> bool:
        """Return whether the subject is of a class."""
        return URIRef(name) in self._said.get(str(RDF.type), [])

    def rest(self, *, hidden: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Return what was not taken, as an expanded JSON-LD node without its own name and class."""
        budget = [MOST_KEPT]
        return {
            name: _sorted([self._value(value, {self.subject}, 1, budget) for value in found])
            for name, found in sorted(self._said.items())
            if found and name not in hidden and name != str(RDF.type)
        }

    def _value(self, value: Node, above: set[Node], depth: int, budget: list[int]) -> dict[str, Any]:
        budget[0] -= 1
        if isinstance(value, Literal):
            return _literal(value)
        node: dict[str, Any] = {"@id": str(value)} if isinstance(value, URIRef) else {}
        if value in above or depth > DEEPEST or budget[0] <= 0:
            return node
        for name, one in self.graph.predicate_objects(value):
            if name == RDF.type:
                node.setdefault("@type", []).append(str(one))
            else:
                node.setdefault(str(name), []).append(self._value(one, {*above, value}, depth + 1, budget))
        return {name: _sorted(one) if isinstance(one, list) else one for name, one in sorted(node.items())}


def _sorted(found: list[Any]) -> list[Any]:
    return sorted(found, key=lambda one: json.dumps(one, sort_keys=True))


def _order(graph: rdflib.Graph, value: Node, depth: int) -> str:
    """Return a text by which values are sorted; nameless ones by what is said of them."""
    if not isinstance(value, BNode) or not depth:
        return f"{value.__class__.__name__} {'' if isinstance(value, BNode) else value}"
    said = (f"{name} {_order(graph, one, depth - 1)}" for name, one in graph.predicate_objects(value))
    return "BNode " + " ".join(sorted(said))


def _literal(value: Literal) -> dict[str, Any]:
    found: dict[str, Any] = {"@value": str(value)}
    if value.language:
        found["@language"] = str(value.language)
    elif value.datatype:
        found["@type"] = str(value.datatype)
    return found


def is_nameless(value: Node) -> bool:
    """Return whether a value has no name of its own."""
    return isinstance(value, BNode)
