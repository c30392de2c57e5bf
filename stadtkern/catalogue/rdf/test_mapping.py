"""What the catalogue says of its datasets keeps to DCAT-AP.de 3.0 and HVD."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import resolve
from pytest_django import DjangoAssertNumQueries
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import RDF

from stadtkern.catalogue.models import Dataset
from stadtkern.catalogue.quality import shacl
from stadtkern.catalogue.rdf import catalogue, fixtures, names
from stadtkern.catalogue.rdf.queries import described
from stadtkern.catalogue.rdf.terms import PREFIXES

pytestmark = pytest.mark.django_db
DCAT, DCT, DCATAP, DCATDE = (PREFIXES[one] for one in ("dcat", "dct", "dcatap", "dcatde"))
PARSERS = {"ttl": "turtle", "rdf": "xml", "jsonld": "json-ld"}


def document(ending: str = "ttl") -> str:
    return "".join(
        catalogue.write(catalogue.FORMS[ending], catalogue.whole(), "http://testserver/catalog.ttl")
    )


def graph() -> Graph:
    return Graph().parse(data=document(), format="turtle")


def worst() -> list[shacl.Result]:
    return [one for one in shacl.check(document()) if one.severity == "violation"]


def values(found: Graph, subject: str, predicate: str) -> set[str]:
    return {str(one) for one in found.objects(URIRef(subject), URIRef(predicate))}


def test_a_full_dataset_breaks_no_rule_and_misses_no_advice() -> None:
    one = fixtures.full()
    found = shacl.check(document())
    about = [result for result in found if result.focus == names.dataset(one)]
    assert [result for result in found if result.severity == "violation"] == []
    assert about == []


def test_a_bare_dataset_breaks_no_rule() -> None:
    """What is mandatory and was not entered is taken from the profile, the owner and the town."""
    one = fixtures.dataset()
    fixtures.distribution(one, title={}, access_url="", download_url="", format="")
    assert worst() == []


def test_all_forms_say_the_same() -> None:
    fixtures.full()
    fixtures.dataset("other")
    graphs = [Graph().parse(data=document(ending), format=form) for ending, form in PARSERS.items()]
    assert isomorphic(graphs[0], graphs[1])
    assert isomorphic(graphs[0], graphs[2])


def test_texts_carry_their_languages_and_codes_become_names() -> None:
    one = fixtures.full()
    found, name = graph(), names.dataset(one)
    assert set(found.objects(URIRef(name), URIRef(DCT + "title"))) == {
        Literal("Straßenbäume", lang="de"),
        Literal("Drzewa przyuliczne", lang="pl"),
    }
    assert values(found, name, DCATAP + "availability") == {
        "http://publications.europa.eu/resource/authority/planned-availability/AVAILABLE"
    }
    assert values(found, name, DCATDE + "politicalGeocodingLevelURI") == {
        "http://dcat-ap.de/def/politicalGeocoding/Level/municipality"
    }
    places = values(found, name, DCT + "spatial")
    assert "http://dcat-ap.de/def/politicalGeocoding/municipalityKey/12071160" in places
    assert len(places) == 2


def test_a_table_is_offered_in_every_format_and_as_it_came() -> None:
    one = fixtures.full()
    found = graph()
    offers = values(found, names.dataset(one), DCAT + "distribution")
    downloads = {url for offer in offers for url in values(found, offer, DCAT + "downloadURL")}
    api = f"{names.base()}/api/v1/datasets/trees/tables/table/rows."
    assert {api + suffix for suffix in ("csv", "geojson", "gpkg", "xlsx", "parquet")} <= downloads
    assert f"{names.page(one)}tables/table/versions/1/file" in downloads
    assert f"{names.base()}/data/trees#file" in offers


def test_the_rows_of_a_table_have_an_interface_that_high_value_data_need() -> None:
    fixtures.full()
    found, name = graph(), f"{names.base()}/data/trees#api"
    assert values(found, name, DCAT + "endpointURL") == {f"{names.base()}/api/v1/datasets/trees"}
    assert values(found, name, DCATAP + "hvdCategory") == {"http://data.europa.eu/bna/c_dd313021"}
    assert values(found, f"{names.base()}/data/trees#table", DCAT + "accessService") == {name}


@pytest.mark.parametrize(
    ("facts", "right"),
    [
        ({}, "PUBLIC"),
        ({"access": "partner"}, "RESTRICTED"),
        ({"access": "internal"}, "NON_PUBLIC"),
        ({"has_personal_data": True}, "NON_PUBLIC"),
    ],
)
def test_closed_data_are_listed_without_a_way_to_load_them(facts: dict[str, Any], right: str) -> None:
    one = fixtures.dataset(profile=fixtures.profile(**facts))
    fixtures.distribution(one)
    fixtures.table(one)
    found = graph()
    assert values(found, names.dataset(one), DCT + "accessRights") == {
        f"http://publications.europa.eu/resource/authority/access-right/{right}"
    }
    downloads = list(found.subject_objects(URIRef(DCAT + "downloadURL")))
    assert bool(downloads) is (right == "PUBLIC")
    assert worst() == []


@pytest.mark.parametrize(
    "hide",
    [
        lambda one: Dataset.objects.filter(pk=one.pk).update(live=False),
        lambda one: Dataset.objects.filter(pk=one.pk).update(withdrawn_at=fixtures.DAY),
        lambda _one: fixtures.profile(is_published=False),
    ],
)
def test_what_is_not_public_is_not_listed(hide: Callable[[Dataset], object]) -> None:
    one = fixtures.full()
    hide(one)
    assert "Straßenbäume" not in document()


def test_statements_of_another_catalogue_come_out_unchanged() -> None:
    said = {
        "https://example.org/ns/colour": [{"@value": "grün", "@language": "de"}],
        DCT + "references": [{"@id": "https://musterdatenkatalog.de/def/musterdatensatz/baum/baumkataster"}],
        "http://www.w3.org/ns/adms#identifier": [
            {
                "@type": ["http://www.w3.org/ns/adms#Identifier"],
                "http://www.w3.org/2004/02/skos/core#notation": [{"@value": "4711"}],
            }
        ],
    }
    uri = "https://other.example.org/dataset/1"
    one = fixtures.dataset(origin="harvest", identifier="1", extra={"uri": uri, "jsonld": said})
    fixtures.distribution(
        one,
        extra={
            "uri": f"{uri}#file",
            "jsonld": {DCT + "conformsTo": [{"@id": "https://example.org/standard"}]},
        },
    )
    found = graph()
    assert (URIRef(uri), RDF.type, URIRef(DCAT + "Dataset")) in found
    assert values(found, uri, "https://example.org/ns/colour") == {"grün"}
    assert values(found, uri, DCT + "references") == {
        "https://musterdatenkatalog.de/def/musterdatensatz/baum/baumkataster"
    }
    assert values(found, uri, DCAT + "distribution") == {f"{uri}#file"}
    assert values(found, f"{uri}#file", DCT + "conformsTo") == {"https://example.org/standard"}
    assert (None, None, Literal("4711")) in found
    assert worst() == []


@pytest.mark.parametrize(
    "extra",
    [
        {"uri": "javascript:alert(1)"},
        {"uri": 3, "jsonld": [1]},
        {"jsonld": {"x": "y", "@id": 1}},
        {"uri": "not an address"},
    ],
)
def test_odd_statements_of_another_catalogue_do_no_harm(extra: dict[str, object]) -> None:
    one = fixtures.dataset(extra=extra)
    assert names.dataset(one) == f"{names.base()}/data/trees"
    assert worst() == []


@pytest.mark.parametrize(
    ("licence", "name"),
    [
        ("", "http://dcat-ap.de/def/licenses/dl-by-de/2.0"),
        ("CC0-1.0", "http://dcat-ap.de/def/licenses/cc-zero"),
        ("http://dcat-ap.de/def/licenses/cc-by-sa", "http://dcat-ap.de/def/licenses/cc-by-sa"),
        ("frag den Bürgermeister", "http://dcat-ap.de/def/licenses/other-closed"),
    ],
)
def test_every_distribution_has_a_licence_of_the_list(licence: str, name: str) -> None:
    one = fixtures.distribution(fixtures.dataset(), licence=licence)
    found = graph()
    assert values(found, names.distribution(one), DCT + "license") == {name}
    assert (licence in document()) or not licence or licence == "CC0-1.0"
    assert worst() == []


def test_the_source_is_named_where_the_licence_wants_it() -> None:
    one = fixtures.dataset()
    fixtures.distribution(one)
    fixtures.distribution(one, "free", licence="CC0-1.0")
    told = list(graph().subject_objects(URIRef(DCATDE + "licenseAttributionByText")))
    assert told == [(URIRef(f"{names.base()}/data/trees#file"), Literal("Stadt Guben"))]


def test_the_deliverer_is_named_if_set(settings: object) -> None:
    fixtures.dataset()
    assert "contributorID" not in document().partition("\n\n")[2]
    settings.CONTRIBUTOR_ID = "stadtGuben"  # type: ignore[attr-defined]
    assert "<http://dcat-ap.de/def/contributors/stadtGuben>" in document()


def test_the_promised_rhythm_of_the_profile_stands_in_for_that_of_the_dataset() -> None:
    one = fixtures.dataset(profile=fixtures.profile(update_rhythm=timedelta(minutes=15)))
    name = "http://publications.europa.eu/resource/authority/frequency/UPDATE_CONT"
    assert values(graph(), names.dataset(one), DCT + "accrualPeriodicity") == {name}


def test_hostile_texts_and_addresses_stay_texts_and_addresses() -> None:
    one = fixtures.dataset(
        title={"de": '"""\n<script>\\ \u0000 \ud800'.replace("\ud800", "")},
        landing_page='https://example.org/<a> "b"',
    )
    fixtures.distribution(
        one, access_url="https://example.org/a b|c{d}", download_url="nonsense", media_type="text/<x>"
    )
    assert worst() == []
    for ending, form in PARSERS.items():
        Graph().parse(data=document(ending), format=form)


@pytest.mark.parametrize("count", [1, 7])
def test_the_number_of_queries_does_not_grow(
    django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        fixtures.full(f"trees-{number}")
    with django_assert_num_queries(10):
        document()
    with django_assert_num_queries(5):
        list(described(Dataset.objects.public()))


def test_the_addresses_that_are_written_out_exist() -> None:
    one = fixtures.full()
    two = one.distributions.get(slug="table")
    for address in (
        names.page(one),
        names.table_page(two),
        names.source_file(two, 1),
        names.rows_file(two, "csv"),
        names.dataset(one),
        names.catalogue(),
    ):
        assert resolve(address.removeprefix(names.base()))
