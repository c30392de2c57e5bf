"""DCAT-AP and DCAT-AP.de in RDF, with Hydra's pages.

Sources: DCAT-AP 3.0 (SEMIC), DCAT-AP.de 3.0 and its elder versions, Hydra Core Vocabulary.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

import rdflib
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, SKOS
from rdflib.term import Literal, Node, URIRef

from stadtkern.harvest import values, vocabulary
from stadtkern.harvest.found import Found, FoundAgent, FoundDistribution, FoundService, Notes, Texts
from stadtkern.harvest.readers.base import Ask, Page, Position, Raw, Terms
from stadtkern.harvest.readers.graphs import Statements, is_nameless, parse

ACCEPT = "text/turtle, application/rdf+xml;q=0.9, application/ld+json;q=0.8, */*;q=0.1"
_DCT, _DCAT, _FOAF = str(DCTERMS), str(DCAT), str(FOAF)
_VCARD = "http://www.w3.org/2006/vcard/ns#"
_SCHEMA = ("http://schema.org/", "https://schema.org/")
_LOCN = "http://www.w3.org/ns/locn#"
_SPDX = "http://spdx.org/rdf/terms#"
_DCATDE = "http://dcat-ap.de/def/dcatde/"
_DCATAP = ("http://data.europa.eu/r5r/", "http://data.europa.eu/r5r#")
_SERIES = URIRef(_DCAT + "DatasetSeries")
_HYDRA = "http://www.w3.org/ns/hydra/core#"
_RDFS_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_AVAILABILITY = [*(name + "availability" for name in _DCATAP), _DCATDE + "plannedAvailability"]


def read(ask: Ask, terms: Terms, position: Position) -> Page:
    """Return the datasets of one page of a catalogue."""
    url = str(position.get("url") or terms.url)
    answer = ask(url, accept=ACCEPT)
    graph = parse(answer, ask)
    served = _served(graph)
    datasets = sorted(set(graph.subjects(RDF.type, DCAT.Dataset)), key=str)
    datasets = [one for one in datasets if (one, RDF.type, _SERIES) not in graph]
    following, total = _paging(graph, answer.url)
    return Page(
        [_record(Statements(graph, one), terms, served) for one in datasets],
        {"url": following} if following else None,
        total,
        [str(one) for one in graph.subjects(RDF.type, DCAT.Catalog) if not is_nameless(one)],
    )


def _paging(graph: rdflib.Graph, base: str) -> tuple[str, int | None]:
    """Return the address of the next page and the number of records."""
    for name in ("next", "nextPage"):
        for value in graph.objects(None, URIRef(_HYDRA + name)):
            return urljoin(base, str(value)), _total(graph)
    return "", _total(graph)


def _total(graph: rdflib.Graph) -> int | None:
    for value in graph.objects(None, URIRef(_HYDRA + "totalItems")):
        number = str(value)
        return int(number) if number.isdecimal() and len(number) < 12 else None  # noqa: PLR2004
    return None


def _served(graph: rdflib.Graph) -> dict[Node, list[Node]]:
    """Return which services serve which datasets."""
    found: dict[Node, list[Node]] = {}
    for service, dataset in sorted(graph.subject_objects(DCAT.servesDataset), key=str):
        found.setdefault(dataset, []).append(service)
    return found


def _record(said: Statements, terms: Terms, served: dict[Node, list[Node]]) -> Raw:
    """Return a dataset in our terms."""
    notes = Notes()
    names = values.unique(values.line(one, 500) for one in said.take(_DCT + "identifier"))
    identifier = values.line(said.uri, 500) or (names[0] if names else "")
    title = _texts(said, [_DCT + "title"], terms, notes)
    if not identifier:
        identifier = values.line(next(iter(title.values()), ""), 500)
        notes.add("no-identifier", identifier)
    found = Found(identifier=identifier, title=title)
    found.names = [name for name in names if name != identifier]
    found.description = _texts(said, [_DCT + "description"], terms, notes)
    found.provenance = _provenance(said, terms)
    _name_people(found, said, terms, notes)
    _classify(found, said, terms, notes)
    _date_and_place(found, said, notes)
    found.landing_page = _address(said, notes, _DCAT + "landingPage", 500)
    licence = _licence(said, terms, notes, is_default=True)
    services: list[Node] = list(served.get(said.subject, []))
    for value in said.take(_DCAT + "distribution"):
        found.distributions.append(
            _distribution(Statements(said.graph, value), licence, terms, notes, services)
        )
    found.services = [
        service
        for one in dict.fromkeys(services)
        if (service := _service(Statements(said.graph, one), terms, notes))
    ]
    found.extra = _extra(said)
    if names:
        found.extra["identifiers"] = names
    return Raw(identifier, found, notes)


_ONLY_HERE = frozenset({_DCT + "accessRights", _DCT + "rights", _DCT + "accrualPeriodicity"})
"""What our own catalogue says once for each dataset; two of them would contradict each other."""


def _extra(said: Statements) -> dict[str, Any]:
    """Return the name of a subject, the statements to be passed on, and those that are only kept."""
    rest = said.rest(hidden=_ONLY_HERE)
    kept = {name: value for name, value in said.rest().items() if name in _ONLY_HERE}
    found = {"uri": said.uri, "jsonld": rest, "not_passed_on": kept}
    return {name: value for name, value in found.items() if value}


def _texts(said: Statements, names: list[str], terms: Terms, notes: Notes) -> Texts:
    """Return a text by language; other languages than those of our pages are kept as they came."""
    found: Texts = {}
    untagged: Texts = {}
    foreign: list[tuple[str, Node]] = []
    for name in names:
        for value in said.take(name):
            tag = values.language(value.language) if isinstance(value, Literal) and value.language else ""
            shown = values.shown_language(tag or terms.language, "") if tag or not _tagged(value) else ""
            if not shown:
                foreign.append((name, value))
                continue
            target = found if tag else untagged
            if shown in target:
                said.keep(name, value)
            else:
                target[shown] = values.text(value)
    for shown, text in untagged.items():
        found.setdefault(shown, text)
    if not found and foreign:
        name, value = foreign.pop(0)
        notes.add("other-language", f"{getattr(value, 'language', '')}: {value}")
        found[terms.language] = values.text(value)
    for name, value in foreign:
        said.keep(name, value)
    return {language: text for language, text in found.items() if text}


def _tagged(value: Node) -> bool:
    return isinstance(value, Literal) and bool(value.language)


def _provenance(said: Statements, terms: Terms) -> Texts:
    """Return the label of a dct:ProvenanceStatement, or the plain text."""
    name = _DCT + "provenance"
    found: Texts = {}
    for value in said.take(name):
        labels = (
            [value] if isinstance(value, Literal) else list(said.graph.objects(value, URIRef(_RDFS_LABEL)))
        )
        for label in labels:
            tag = values.language(getattr(label, "language", "") or "") or terms.language
            found.setdefault(values.shown_language(tag, terms.language), values.text(label))
        if not labels:
            said.keep(name, value)
    return {language: text for language, text in found.items() if text}


def _name_people(found: Found, said: Statements, terms: Terms, notes: Notes) -> None:
    """Take over who publishes and who answers questions."""
    publishers = said.take(_DCT + "publisher")
    if publishers:
        found.publisher = _agent(Statements(said.graph, publishers[0]), terms)
    for other in publishers[1:]:
        said.keep(_DCT + "publisher", other)
    contacts = said.take(_DCAT + "contactPoint")
    for number, value in enumerate(contacts):
        contact = Statements(said.graph, value)
        if number or not _is_plain_contact(contact):
            said.keep(_DCAT + "contactPoint", value)
        if number == 0:
            found.contact_name = values.line(contact.first(_VCARD + "fn", _VCARD + "organization-name"), 200)
            found.contact_email = values.mail(_value_of(contact, _VCARD + "hasEmail"))
            url = _value_of(contact, _VCARD + "hasURL")
            found.contact_url = values.address(url, notes, 500) if url else ""


def _is_plain_contact(contact: Statements) -> bool:
    """Return whether all that is said of a contact has a place here."""
    known = {_VCARD + name for name in ("fn", "hasEmail", "hasURL")} | {str(RDF.type)}
    said = {str(name) for name in contact.graph.predicates(contact.subject)}
    return said <= known


def _value_of(contact: Statements, name: str) -> str:
    """Return a value of vCard, that may stand in a node of its own."""
    for value in contact.take(name):
        if isinstance(value, Literal | URIRef) and not list(contact.graph.objects(value)):
            return str(value)
        for inner in contact.graph.objects(value, URIRef(_VCARD + "value")):
            return str(inner)
        if isinstance(value, URIRef):
            return str(value)
    return ""


def _agent(said: Statements, terms: Terms) -> FoundAgent:
    if isinstance(said.subject, Literal):
        return FoundAgent(name=values.texts(values.line(said.subject, 300), terms.language))
    notes = Notes()
    name: Texts = {}
    for value in said.take(_FOAF + "name", _VCARD + "fn", str(SKOS.prefLabel), _RDFS_LABEL):
        tag = values.language(getattr(value, "language", "") or "") or terms.language
        name.setdefault(values.shown_language(tag, terms.language), values.line(value, 300))
    return FoundAgent(
        name={language: one for language, one in name.items() if one},
        uri=values.address(said.uri, notes, 500) if said.uri else "",
        homepage=_address(said, notes, _FOAF + "homepage", 500),
        email=values.mail(said.first(_FOAF + "mbox", _VCARD + "hasEmail")),
    )


def _classify(found: Found, said: Statements, terms: Terms, notes: Notes) -> None:
    """Take over keywords, themes and what else is told by a code."""
    for value in said.take(_DCAT + "keyword"):
        tag = values.language(getattr(value, "language", "") or "")
        if word := values.line(value, 100):
            found.keywords.append((word, tag or terms.language))
    for value in said.take(_DCAT + "theme"):
        codes = vocabulary.themes(value)
        found.themes = values.unique([*found.themes, *codes])
        if not codes:
            notes.add("unknown-theme", value)
            said.keep(_DCAT + "theme", value)
    found.hvd_categories = values.unique(
        _coded(said, [name + "hvdCategory" for name in _DCATAP], vocabulary.hvd_category)
    )
    found.level = next(iter(_coded(said, [_DCATDE + "politicalGeocodingLevelURI"], vocabulary.level)), "")
    rhythms = _coded(said, [_DCT + "accrualPeriodicity"], vocabulary.frequency)
    found.frequency = next(iter(rhythms), "")
    found.availability = next(
        iter(_coded(said, _AVAILABILITY, vocabulary.availability)),
        "",
    )
    languages = said.take(_DCT + "language")
    codes = [values.language(one) for one in languages]
    found.language = next((code for code in codes if code), "") or terms.language
    for value in languages if len(languages) > 1 or codes == [""] else []:
        said.keep(_DCT + "language", value)


def _coded(said: Statements, names: list[str], meaning: "vocabulary.Meaning") -> list[str]:
    """Return the codes that values stand for; those without a meaning and all but the first are kept."""
    codes: list[str] = []
    for name in names:
        for value in said.take(name):
            code = meaning(value)
            if code:
                codes.append(code)
            else:
                said.keep(name, value)
    return codes


def _date_and_place(found: Found, said: Statements, notes: Notes) -> None:
    found.issued = values.moment(said.first(_DCT + "issued"), notes)
    found.modified = values.moment(said.first(_DCT + "modified"), notes)
    periods = said.take(_DCT + "temporal")
    for value in periods:
        start, end = _period(Statements(said.graph, value), notes)
        if (start or end) and not (found.temporal_start or found.temporal_end):
            found.temporal_start, found.temporal_end = start, end
        elif not isinstance(value, Literal) and (start or end):
            said.keep(_DCT + "temporal", value)
    for value in said.take(_DCT + "spatial"):
        place = Statements(said.graph, value)
        shapes = [str(one) for one in place.take(_DCAT + "bbox", _LOCN + "geometry", _DCAT + "centroid")]
        extent = values.extent_of(sorted(shapes, key=_is_json), notes) if shapes and not found.extent else ""
        found.extent = found.extent or extent
        if not extent or place.rest():
            said.keep(_DCT + "spatial", value)


def _is_json(shape: str) -> bool:
    return shape.lstrip().startswith("{")


def _period(said: Statements, notes: Notes) -> tuple[str, str]:
    start = said.first(_DCAT + "startDate", *(name + "startDate" for name in _SCHEMA))
    end = said.first(_DCAT + "endDate", *(name + "endDate" for name in _SCHEMA))
    return values.period(start, end, notes)


def _address(said: Statements, notes: Notes, name: str, most: int = values.LONGEST_URL) -> str:
    found = said.first(name)
    return values.address(found, notes, most) if found else ""


def _licence(said: Statements, terms: Terms, notes: Notes, *, is_default: bool = False) -> str:
    """Return the licence of a subject; `dct:rights` counts only where it names a licence of the list."""
    given = said.take(_DCT + "license")
    words = [str(one) for one in given]
    for one in given:
        if is_nameless(one):
            words += [str(label) for label in _labels(said.graph, one)]
    named = [word for word, one in zip(words, given, strict=False) if not is_nameless(one)]
    named += words[len(given) :]
    if not named and not is_default:
        rights = [str(one) for one in said.graph.objects(said.subject, DCTERMS.rights)]
        named = [one for one in rights if vocabulary.is_licence(one)]
    return terms.licence(named, notes) if named else ""


def _labels(graph: rdflib.Graph, node: Node) -> Iterable[Node]:
    for name in (URIRef(_RDFS_LABEL), DCTERMS.title, DCTERMS.identifier, FOAF.homepage):
        yield from graph.objects(node, name)


def _distribution(
    said: Statements, licence: str, terms: Terms, notes: Notes, services: list[Node]
) -> FoundDistribution:
    """Return a way to have the data, and note the services it is had through."""
    if not list(said.graph.predicates(said.subject)):
        notes.add("missing-part", said.uri)
    formats = said.take(_DCT + "format")
    types = said.take(_DCAT + "mediaType")
    known = vocabulary.file_format(*formats, *types)
    for name, told in ((_DCT + "format", formats), (_DCAT + "mediaType", types)):
        for value in told:
            if not vocabulary.file_format(value) and not vocabulary.media_type(value):
                notes.add("unknown-format", value)
                said.keep(name, value)
    media_type = next((one for value in types if (one := vocabulary.media_type(value))), "")
    access, download = (_addresses(said, notes, _DCAT + name) for name in ("accessURL", "downloadURL"))
    if not access and not download:
        access = values.address(said.uri, Notes()) if said.uri else ""
        notes.add("part-without-address", said.uri)
    for part in said.take(_DCAT + "accessService"):
        services.append(part)
        if not is_nameless(part):
            said.keep(_DCAT + "accessService", part)
    found = FoundDistribution(
        identifier=values.line(said.uri or said.first(_DCT + "identifier") or download or access, 500),
        title=_texts(said, [_DCT + "title"], terms, notes),
        description=_texts(said, [_DCT + "description"], terms, notes),
        access_url=access,
        download_url=download,
        format=known.code if known else "",
        media_type=media_type or (known.media_type if known else ""),
        licence=_licence(said, terms, notes) or licence,
        attribution=values.line(said.first(_DCATDE + "licenseAttributionByText"), 500),
        byte_size=values.size(said.first(_DCAT + "byteSize")),
        checksum=_checksum(said),
        availability=next(
            iter(_coded(said, _AVAILABILITY, vocabulary.availability)),
            "",
        ),
        issued=values.moment(said.first(_DCT + "issued"), notes),
        modified=values.moment(said.first(_DCT + "modified"), notes),
    )
    found.extra = _extra(said)
    return found


def _addresses(said: Statements, notes: Notes, name: str) -> str:
    """Return the first usable address; the others are kept."""
    found = ""
    for value in said.take(name):
        usable = values.address(value, notes)
        if usable and not found:
            found = usable
        else:
            said.keep(name, value)
    return found


def _checksum(said: Statements) -> str:
    """Return a SHA-256; checksums of other kinds are kept."""
    name = _SPDX + "checksum"
    found = ""
    for value in said.take(name):
        digest = next((str(one) for one in said.graph.objects(value, URIRef(_SPDX + "checksumValue"))), "")
        if values.sha256(digest) and not found:
            found = values.sha256(digest)
        else:
            said.keep(name, value)
    return found


def _service(said: Statements, terms: Terms, notes: Notes) -> FoundService | None:
    """Return an interface; None if it has no address."""
    endpoint = _addresses(said, notes, _DCAT + "endpointURL")
    if not endpoint:
        return None
    said.take(_DCAT + "servesDataset", _DCT + "publisher")
    found = FoundService(
        identifier=values.line(said.uri or endpoint, 500),
        title=_texts(said, [_DCT + "title"], terms, notes),
        description=_texts(said, [_DCT + "description"], terms, notes),
        endpoint_url=endpoint,
        endpoint_description=_addresses(said, Notes(), _DCAT + "endpointDescription"),
        documentation=_addresses(said, Notes(), _FOAF + "page"),
        licence=_licence(said, terms, notes),
        hvd_categories=values.unique(
            _coded(said, [name + "hvdCategory" for name in _DCATAP], vocabulary.hvd_category)
        ),
    )
    found.extra = _extra(said)
    return found
