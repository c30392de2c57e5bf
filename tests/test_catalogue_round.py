"""Real catalogues taken over from files come out by DCAT-AP.de, with all distributions."""

import json
import os
from pathlib import Path

import pytest
from django.test import Client
from rdflib import Graph, URIRef
from rdflib.namespace import RDF

from stadtkern.catalogue.models import Dataset
from stadtkern.catalogue.quality import shacl
from stadtkern.catalogue.rdf.terms import PREFIXES
from stadtkern.harvest.conftest import (
    Catalogue,
    Reply,
    catalogue,
    ckan,
    harvest,
    profile,
    publisher,
    source,
)
from stadtkern.harvest.models import HarvestSource

__all__ = ["catalogue", "profile", "publisher", "source"]
PAYLOADS = Path(os.environ["STADTKERN_SHARED"]) / "payloads"
DISTRIBUTION, DATASET = (URIRef(PREFIXES["dcat"] + name) for name in ("Distribution", "Dataset"))
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(not PAYLOADS.is_dir(), reason="no catalogues of others here"),
]


def published(client: Client) -> Graph:
    """Publish what was taken over and return the catalogue; it breaks no rule."""
    Dataset.objects.update(live=True)
    text = b"".join(client.get("/catalog.ttl?full=1"))
    assert [found for found in shacl.check(text) if found.severity == "violation"] == []
    return Graph().parse(data=text, format="turtle")


@pytest.mark.parametrize(
    "name",
    [
        "catalog-endpoint.rdf",
        "metadata_max.rdf",
        "rewritten-example-advanced.ttl",
        "rewritten-example-simple.ttl",
    ],
)
def test_a_catalogue_of_dcat_ap_de(
    name: str, client: Client, catalogue: Catalogue, source: HarvestSource
) -> None:
    path = PAYLOADS / "dcat-ap-de" / name
    form, kind = ("turtle", "text/turtle") if path.suffix == ".ttl" else ("xml", "application/rdf+xml")
    given = Graph().parse(path, format=form)
    catalogue.answer = lambda _path, _query: Reply(path.read_bytes(), kind)
    HarvestSource.objects.filter(pk=source.pk).update(kind="dcat", url=f"{catalogue.url}/{name}")
    source.refresh_from_db()
    harvest(source)
    refused = list(source.records.exclude(refusal="").values_list("refusal", "refusal_value"))
    assert refused == []
    found = published(client)
    offered = {one for one in given.subjects(RDF.type, DISTRIBUTION) if isinstance(one, URIRef)}
    assert offered <= set(found.subjects(RDF.type, DISTRIBUTION))
    assert set(given.subjects(RDF.type, DATASET)) <= set(found.subjects(RDF.type, DATASET))


def test_a_catalogue_of_ckan(client: Client, catalogue: Catalogue, source: HarvestSource) -> None:
    text = (PAYLOADS / "ckan" / "ckan_adapter_catalog_search_0_package_search.json").read_text()
    packages = json.loads(text)["result"]["results"]
    catalogue.answer = ckan(packages)
    harvest(source)
    found = published(client)
    refused = {key for key in source.records.exclude(refusal="").values_list("identifier", flat=True)}
    kept = [one for one in packages if one["id"] not in refused]
    assert len(kept) > len(packages) / 2
    assert len(set(found.subjects(RDF.type, DATASET))) == len(kept)
    assert len(set(found.subjects(RDF.type, DISTRIBUTION))) == sum(len(one["resources"]) for one in kept)
