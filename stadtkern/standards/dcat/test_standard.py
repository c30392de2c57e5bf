"""The catalogue over HTTP: forms, pages, caches, feeds."""

import json
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rdflib import Graph, URIRef
from rdflib.namespace import RDF

from stadtkern.catalogue.models import Dataset
from stadtkern.catalogue.rdf import catalogue, fixtures, names
from stadtkern.catalogue.rdf.terms import PREFIXES

pytestmark = pytest.mark.django_db
DATASET = URIRef(PREFIXES["dcat"] + "Dataset")
HYDRA = PREFIXES["hydra"]


def read(body: bytes, form: str = "turtle") -> Graph:
    return Graph().parse(data=body, format=form)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/turtle", "text/turtle"),
        ("application/rdf+xml;q=0.9, text/turtle;q=0.5", "application/rdf+xml"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/ld+json"),
        ("*/*", "text/turtle"),
        ("image/png", "text/turtle"),
    ],
)
def test_the_catalogue_comes_in_the_form_that_is_asked_for(client: Client, accept: str, kind: str) -> None:
    fixtures.full()
    answer = client.get("/catalog", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer["Content-Type"] == f"{kind}; charset=utf-8"
    assert "Accept" in answer["Vary"]
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_people_are_led_to_the_pages(client: Client) -> None:
    fixtures.full()
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert client.get("/catalog", headers=browser)["Location"] == "/de/data/"
    answer = client.get("/data/trees", headers=browser)
    assert (answer.status_code, answer["Location"]) == (303, "/de/data/trees/")
    assert client.get("/data/trees").status_code == 303
    assert client.get("/data/", headers={"Accept-Language": "pl"})["Location"] == "/pl/data/"
    assert (
        client.get("/data/trees/?a=b", headers={"Accept-Language": "en"})["Location"] == "/en/data/trees/?a=b"
    )


@pytest.mark.parametrize(("ending", "form"), [("ttl", "turtle"), ("rdf", "xml"), ("jsonld", "json-ld")])
def test_a_dataset_has_a_document_of_its_own(client: Client, ending: str, form: str) -> None:
    one = fixtures.full()
    fixtures.dataset("other")
    answer = client.get(f"/data/trees.{ending}")
    assert [str(name) for name in read(answer.content, form).subjects(RDF.type, DATASET)] == [
        names.dataset(one)
    ]
    assert (
        client.get("/data/trees", headers={"Accept": answer["Content-Type"].partition(";")[0]}).content
        == answer.content
    )


def test_what_is_not_public_is_not_found_and_what_was_withdrawn_is_gone(client: Client) -> None:
    fixtures.dataset("draft", live=False)
    fixtures.dataset("gone", withdrawn_at=fixtures.DAY, withdrawn_reason={"de": "falsch"})
    fixtures.dataset("hidden", profile=fixtures.profile("secret", is_published=False))
    for path in ("/data/draft", "/data/draft.ttl", "/data/nothing", "/data/hidden.ttl", "/data/nothing.rdf"):
        assert client.get(path).status_code == 404, path
    assert client.get("/data/gone.ttl").status_code == 410
    for ending in ("ttl", "rdf", "jsonld"):
        for query in ("", "?full=1"):
            answer = client.get(f"/catalog.{ending}{query}")
            body = b"".join(answer) if answer.streaming else answer.content
            assert b"draft" not in body
            assert b"hidden" not in body


def test_an_unchanged_document_is_not_sent_again(client: Client) -> None:
    one = fixtures.full()
    first = client.get("/data/trees.ttl")
    assert first["Last-Modified"]
    again = client.get("/data/trees.ttl", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    one.publisher.name = {"de": "Bauamt"}
    one.publisher.save()
    assert client.get("/data/trees.ttl", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_harvester_that_follows_the_pages_finds_everything(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "PAGE", 2)
    for number in range(5):
        fixtures.dataset(f"d{number}")
    found: list[str] = []
    address, pages = "/catalog.ttl", 0
    while address:
        answer = client.get(address)
        graph = read(answer.content)
        found += [str(name) for name in graph.subjects(RDF.type, DATASET)]
        paged = list(graph.subjects(RDF.type, URIRef(HYDRA + "PagedCollection")))
        assert len(paged) == 1
        assert str(graph.value(paged[0], URIRef(HYDRA + "totalItems"))) == "5"
        following = graph.value(paged[0], URIRef(HYDRA + "next"))
        assert ('rel="next"' in answer["Link"]) is (following is not None)
        address = str(following).removeprefix(names.base()) if following else ""
        pages += 1
    assert pages == 3
    assert sorted(found) == [f"{names.base()}/data/d{number}" for number in range(5)]


@pytest.mark.parametrize("page", ["0", "2", "-1", "x", "9" * 30, "\uff11"])
def test_a_page_that_is_not_there_is_not_found(client: Client, page: str) -> None:
    fixtures.dataset()
    assert client.get("/catalog.ttl", {"page": page}).status_code == 404


def test_the_whole_catalogue_is_streamed_and_equals_its_pages(client: Client) -> None:
    fixtures.full()
    answer = client.get("/catalog.jsonld?full=1")
    assert answer.streaming
    body = b"".join(answer)
    assert json.loads(body)["@graph"]
    assert len(read(body, "json-ld")) == len(read(client.get("/catalog.ttl").content))


def test_an_empty_catalogue_is_one(client: Client) -> None:
    graph = read(client.get("/catalog.ttl").content)
    assert list(graph.subjects(RDF.type, URIRef(PREFIXES["dcat"] + "Catalog")))


@pytest.mark.parametrize(("address", "root"), [("/catalog.atom", "feed"), ("/catalog.rss", "rss")])
def test_newest_datasets_as_feed(
    client: Client, address: str, root: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fixtures.full()
    fixtures.dataset("bare")
    with django_assert_num_queries(2):
        answer = client.get(address)
    tree = ET.fromstring(answer.content)  # noqa: S314  # our own
    assert tree.tag.endswith(root)
    text = answer.content.decode()
    assert "Straßenbäume" in text
    assert f"{names.base()}/data/trees" in text
    Dataset.objects.update(live=False)
    assert "Straßenbäume" not in client.get(address).content.decode()


def test_only_reading_is_possible(client: Client) -> None:
    fixtures.full()
    for path in ("/catalog", "/catalog.ttl", "/data/trees", "/data/trees.ttl"):
        assert client.post(path).status_code == 405
