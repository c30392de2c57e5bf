"""All forms say the same, whatever stands in texts and addresses."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import BNode, Graph, URIRef
from rdflib.term import Node

from stadtkern.catalogue.rdf import jsonld, rdfxml, turtle
from stadtkern.catalogue.rdf.catalogue import Form
from stadtkern.catalogue.rdf.terms import Iri, Resource, Text, Value, expand, iri, shorten

NAMES = st.sampled_from(["dct:title", "dcat:keyword", "http://example.org/ns/x", "urn:example:word"])
WORDS = st.text(st.characters(codec="utf-8", min_codepoint=32), max_size=40)
TEXTS = st.one_of(
    st.builds(Text, WORDS),
    st.builds(Text, WORDS, st.sampled_from(["de", "pl", "en-GB"])),
    st.builds(Text, WORDS, st.just(""), st.sampled_from(["xsd:string", "gsp:wktLiteral"])),
)
ADDRESSES = st.text(max_size=20).map(lambda end: iri(f"http://example.org/{end}")).filter(bool)
VALUES: st.SearchStrategy[Value] = st.recursive(
    st.one_of(TEXTS, ADDRESSES),
    lambda inner: st.builds(
        Resource, st.just(""), st.just(("dct:Location",)), st.lists(st.tuples(NAMES, inner), max_size=3)
    ),
    max_leaves=6,
)
RESOURCES = st.builds(
    Resource,
    st.sampled_from(["http://example.org/a", "http://example.org/b"]),
    st.just(("dcat:Dataset",)),
    st.lists(st.tuples(NAMES, VALUES), max_size=6),
)


def graph_of(form: Form, resources: list[Resource]) -> Graph:
    text = form.head() + form.SEPARATOR.join(form.write(one) for one in resources) + form.foot()
    return Graph().parse(
        data=text,
        format={"text/turtle": "turtle", "application/rdf+xml": "xml"}.get(form.MEDIA_TYPE, "json-ld"),
    )


def said(graph: Graph, subject: Node) -> list[tuple[str, object]]:
    """Return what a graph says of something, nodes without a name by what is said of them.

    Each of these has one parent here. rdflib's own comparison may part graphs in which two of them are alike.
    """
    pairs = graph.predicate_objects(subject)
    found = [(str(name), said(graph, o) if isinstance(o, BNode) else o.n3()) for name, o in pairs]
    return sorted(found, key=repr)


def whole(graph: Graph) -> dict[str, list[tuple[str, object]]]:
    """Return what a graph says of everything that has a name."""
    return {str(one): said(graph, one) for one in set(graph.subjects()) if isinstance(one, URIRef)}


@given(st.lists(RESOURCES, max_size=3))
def test_turtle_and_json_say_the_same(resources: list[Resource]) -> None:
    assert whole(graph_of(turtle, resources)) == whole(graph_of(jsonld, resources))


@given(st.lists(RESOURCES, max_size=3))
def test_turtle_and_xml_say_the_same(resources: list[Resource]) -> None:
    """Except for what XML cannot hold: no control characters, no half pairs."""
    assert whole(graph_of(turtle, resources)) == whole(graph_of(rdfxml, resources))


@given(st.text(max_size=60))
def test_no_text_breaks_a_document(text: str) -> None:
    resource = Resource(
        "http://example.org/a", (), [("dct:title", Text(text)), ("dct:title", Text(text, text))]
    )
    for form in (turtle, rdfxml, jsonld):
        document = form.head() + form.write(resource) + form.foot()
        document.encode()
        if form is not jsonld or not text:
            assert (
                len(graph_of(form, [Resource("http://example.org/a", (), [("dct:title", Text(text))])])) == 1
            )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/{x}|y", "https://example.org/%7Bx%7D%7Cy"),
        (" https://example.org/Straße ", "https://example.org/Straße"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("https://example.org/%20", "https://example.org/%20"),
        ("example.org", None),
        ("", None),
        ("javascript:", None),
    ],
)
def test_addresses_become_names(given: str, expected: str | None) -> None:
    assert iri(given) == (Iri(expected) if expected else None)


def test_short_names_are_only_for_known_prefixes() -> None:
    assert shorten("http://purl.org/dc/terms/title") == "dct:title"
    assert shorten("http://purl.org/dc/terms/a/b") == "http://purl.org/dc/terms/a/b"
    assert expand("dcatap:availability") == "http://data.europa.eu/r5r/availability"
    assert expand("urn:x:y") == "urn:x:y"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_foreign_json_does_no_harm(value: object) -> None:
    assert isinstance(jsonld.read_expanded(value), list)


def test_expanded_statements_come_out_again() -> None:
    said = {
        "http://example.org/ns/x": [
            {"@value": "a", "@language": "de"},
            {"@id": "http://example.org/1"},
            {
                "@type": ["http://example.org/T"],
                "http://example.org/ns/y": [
                    {"@value": 3, "@type": "http://www.w3.org/2001/XMLSchema#integer"}
                ],
            },
        ]
    }
    resource = Resource("http://example.org/a", (), jsonld.read_expanded(said))
    back = Graph().parse(data=json.dumps([{"@id": "http://example.org/a", **said}]), format="json-ld")
    assert whole(graph_of(turtle, [resource])) == whole(back)
