"""Catalogues of others come out of ours again: with all distributions, without violations that we caused.

The real catalogues (GovData's examples, a CKAN) are in the folder that `STADTKERN_SHARED` names; samples of our own
stand in for them where it is missing.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from django.test import Client
from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF

from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.catalogue.quality.shacl import Result, check, check_graph
from stadtkern.harvest import conftest as given
from stadtkern.harvest.conftest import Catalogue, Reply, harvest
from stadtkern.harvest.models import HarvestRun, HarvestSource

catalogue, profile, publisher, source = given.catalogue, given.profile, given.publisher, given.source
pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]
SHARED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads"
OWN = Path(__file__).parent.parent / "stadtkern" / "harvest" / "samples" / "catalogue.ttl"
REAL = [
    SHARED / "dcat-ap-de" / name
    for name in (
        "catalog-endpoint.rdf",
        "metadata_max.rdf",
        "rewritten-example-advanced.ttl",
        "rewritten-example-simple.ttl",
    )
]
CKAN = SHARED / "ckan" / "ckan_adapter_catalog_search_0_package_search.json"


def published(client: Client) -> bytes:
    answer = client.get("/catalog.ttl?full=1")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


def addresses(graph: Graph) -> Counter[str]:
    """Return how often each address of a file or an interface stands at a distribution."""
    return Counter(
        str(value)
        for name in (DCAT.accessURL, DCAT.downloadURL)
        for one in graph.subjects(RDF.type, DCAT.Distribution)
        for value in graph.objects(one, name)
    )


def caused_by_us(before: Graph, document: bytes) -> list[Result]:
    """Return violations that the source did not have: neither at the same resource nor of the same value."""
    theirs = [one for one in check_graph(before) if one.severity == "violation"]
    places = {(one.focus, one.path) for one in theirs}
    values = {(one.path, one.value) for one in theirs if one.value}
    return [
        one
        for one in check(document)
        if one.severity == "violation"
        and (one.focus, one.path) not in places
        and (one.path, one.value) not in values
    ]


@pytest.mark.parametrize("path", [OWN, *REAL], ids=lambda path: path.name)
def test_rdf_comes_out_as_it_went_in(
    client: Client, catalogue: Catalogue, source: HarvestSource, path: Path
) -> None:
    if not path.exists():
        pytest.skip("needs the folder with real data (STADTKERN_SHARED)")
    body = path.read_bytes().replace(b"hydra:next <?page=2> .", b"a hydra:PartialCollectionView .")
    kind = "text/turtle" if path.suffix == ".ttl" else "application/rdf+xml"
    catalogue.answer = lambda _path, _query: Reply(body, kind)
    HarvestSource.objects.update(kind="dcat", publishes_directly=True)
    source.refresh_from_db()
    run = harvest(source)
    assert (run.state, run.problem, run.refused) == (HarvestRun.State.DONE, "", 0)
    before = Graph().parse(
        data=body, format="turtle" if path.suffix == ".ttl" else "xml", publicID=catalogue.url
    )
    document = published(client)
    after = Graph().parse(data=document, format="turtle")

    datasets = set(before.subjects(RDF.type, DCAT.Dataset))
    assert datasets <= set(after.subjects(RDF.type, DCAT.Dataset))
    for dataset in datasets:
        for name in (DCTERMS.title, DCTERMS.creator, DCTERMS.source, DCTERMS.references):
            assert len(set(before.objects(dataset, name))) == len(set(after.objects(dataset, name))), (
                dataset,
                name,
            )
    offers = {one for dataset in datasets for one in before.objects(dataset, DCAT.distribution)}
    assert len({one for dataset in datasets for one in after.objects(dataset, DCAT.distribution)}) == len(
        offers
    )
    assert Distribution.objects.count() == len(offers)
    lost = addresses(before) - addresses(after)
    assert not lost
    assert caused_by_us(before, document) == []


def test_a_real_ckan_comes_out_as_dcat(client: Client, catalogue: Catalogue, source: HarvestSource) -> None:
    if not CKAN.exists():
        pytest.skip("needs the folder with real data (STADTKERN_SHARED)")
    answer = json.loads(CKAN.read_bytes())
    packages = answer["result"]["results"]
    answer["result"]["count"] = len(packages)
    catalogue.answer = lambda path, _query: (
        Reply(json.dumps(answer).encode()) if path.endswith("package_search") else Reply(status=404)
    )
    HarvestSource.objects.update(publishes_directly=True)
    source.refresh_from_db()
    run = harvest(source)
    assert (run.state, run.created, run.refused) == (HarvestRun.State.DONE, len(packages), 0)
    assert Distribution.objects.count() == sum(len(one["resources"]) for one in packages)
    document = published(client)
    after = Graph().parse(data=document, format="turtle")
    found = addresses(after)
    for package in packages:
        for resource in package["resources"]:
            assert any(url.startswith(resource["url"].strip()[:60].split(" ")[0]) for url in found), resource[
                "url"
            ]
    assert len(set(after.subjects(RDF.type, DCAT.Distribution))) == Distribution.objects.count()
    assert [one for one in check(document) if one.severity == "violation"] == []
    assert harvest(source).same == len(packages)


def test_what_we_publish_can_be_harvested_by_a_neighbour(
    client: Client, catalogue: Catalogue, source: HarvestSource
) -> None:
    catalogue.answer = lambda _path, _query: Reply(
        OWN.read_bytes().replace(b"hydra:next <?page=2> .", b"a hydra:PartialCollectionView ."), "text/turtle"
    )
    HarvestSource.objects.update(kind="dcat", publishes_directly=True)
    source.refresh_from_db()
    harvest(source)
    first = Graph().parse(data=published(client), format="turtle")
    document = published(client).replace(b"https://data.guben.example", b"https://daten.gubin.example")
    catalogue.answer = lambda _path, _query: Reply(document, "text/turtle")
    run = harvest(source)
    assert (run.state, run.created, run.refused, run.gone) == (HarvestRun.State.DONE, 0, 0, 0)
    second = Graph().parse(data=published(client), format="turtle")
    for one in first.subjects(RDF.type, DCAT.Dataset):
        assert isinstance(one, URIRef)
        assert len(set(second.objects(one, DCAT.distribution))) == len(
            set(first.objects(one, DCAT.distribution))
        )
    assert Dataset.objects.count() == 2
