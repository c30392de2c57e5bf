"""Statements as small trees: what is said of a resource, in the order in which it is written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import quote

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dcatde": "http://dcat-ap.de/def/dcatde/",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "gsp": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "locn": "http://www.w3.org/ns/locn#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "http://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""`dcatap` ends in `r5r/`, as SEMIC writes it; German files that bind `r5r#` name properties nobody uses."""
_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_NOT_IN_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`\ud800-\udfff]")
_SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '<>"{}|\\^`')
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]")


@dataclass(frozen=True, slots=True)
class Iri:
    """The name of a resource."""

    value: str


@dataclass(frozen=True, slots=True)
class Text:
    """A literal: with a language, or with a data type (a short name such as `xsd:date`, or an IRI)."""

    value: str
    language: str = ""
    datatype: str = ""


@dataclass(slots=True)
class Resource:
    """A resource and what is said of it; without `uri` a blank node, written inside of what names it."""

    uri: str
    types: tuple[str, ...] = ()
    statements: "list[tuple[str, Value]]" = field(default_factory=list)

    def add(self, predicate: str, *values: "Value | None") -> None:
        """Say something; what is None is left out."""
        for value in values:
            if value is not None:
                self.statements.append((predicate, value))

    def values(self, predicate: str) -> "Iterator[Value]":
        """Return all that was said by `predicate`."""
        return (value for name, value in self.statements if name == predicate)


Value: TypeAlias = Iri | Text | Resource


@lru_cache(maxsize=4096)
def expand(name: str) -> str:
    """Return the IRI of a short name; what has no known prefix is an IRI already."""
    prefix, colon, local = name.partition(":")
    return PREFIXES[prefix] + local if colon and prefix in PREFIXES else name


@lru_cache(maxsize=4096)
def shorten(name: str) -> str:
    """Return the short name (`dct:title`) of an IRI, or the IRI itself where it has none."""
    iri = expand(name)
    for prefix, space in PREFIXES.items():
        if iri.startswith(space) and _LOCAL.match(iri, len(space)):
            return f"{prefix}:{iri[len(space) :]}"
    return iri


def iri(address: str) -> Iri | None:
    """Return the address as a name; None where it is none. What may not stand in one is escaped.

    Addresses of others hold blanks, umlauts and braces; browsers forgive that, RDF does not.
    """
    text = address.strip()
    if not _ABSOLUTE.match(text):
        return None
    if _NOT_IN_IRI.search(text):
        text = quote(text.encode("utf-8", "replace"), safe=_SAFE)
    return Iri(text)


def texts(values: dict[str, str]) -> list[Text]:
    """Return the text in all its languages."""
    return [Text(text.strip(), language) for language, text in values.items() if text.strip()]


def moment(time: datetime | None) -> Text | None:
    """Return a point in time."""
    return Text(time.isoformat(timespec="seconds"), datatype="xsd:dateTime") if time else None


def number(value: int | None) -> Text | None:
    """Return a size."""
    return None if value is None else Text(str(value), datatype="xsd:nonNegativeInteger")
