"""The info button of Masterportal gets what it asks for."""

from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from stadtkern.catalogue.rdf import fixtures
from stadtkern.standards.csw.xml import NAMESPACES

pytestmark = pytest.mark.django_db
GMD = NAMESPACES["gmd"]


def ask(client: Client, expected: int = 200, **params: str) -> ET.Element:
    answer = client.get("/csw/", params)
    assert answer.status_code == expected
    assert answer["Content-Type"] == "application/xml"
    return ET.fromstring(answer.content)  # noqa: S314  # our own


def texts(root: ET.Element, path: str) -> list[str]:
    return [one.text or "" for one in root.findall(path, NAMESPACES)]


def test_a_record_says_what_masterportal_shows(client: Client) -> None:
    fixtures.full()
    root = ask(
        client,
        service="CSW",
        version="2.0.2",
        request="GetRecordById",
        id="trees",
        elementsetname="full",
        outputschema=GMD,
    )
    assert texts(root, ".//gmd:CI_Citation/gmd:title/gco:CharacterString") == ["Straßenbäume"]
    assert texts(root, ".//gmd:abstract/gco:CharacterString")[0].startswith("Alle Bäume")
    assert "Umweltamt" in texts(root, ".//gmd:organisationName/gco:CharacterString")
    assert texts(root, ".//gmd:westBoundLongitude/gco:Decimal") == ["14.6"]
    links = texts(root, ".//gmd:onLine//gmd:URL")
    assert any(link.endswith("/rows.csv") for link in links)
    assert "https://example.org/baeume.csv" in links
    assert len(root.findall(".//gmd:CI_Date", NAMESPACES)) == 2
    assert "CSV" in texts(root, ".//gmd:MD_Format/gmd:name/gco:CharacterString")


def test_parameters_may_be_written_in_any_case_and_several_records_asked_for(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(4):
        fixtures.full(f"trees-{number}")
    with django_assert_num_queries(5):
        root = ask(
            client,
            SERVICE="CSW",
            REQUEST="getrecordbyid",
            ID=",".join(f"trees-{number}" for number in range(4)),
            OUTPUTSCHEMA=GMD,
        )
    assert len(root) == 4


def test_dublin_core_without_a_schema(client: Client) -> None:
    fixtures.full()
    assert texts(ask(client, request="GetRecordById", id="trees"), "csw:Record/dc:title") == ["Straßenbäume"]


def test_what_is_not_public_is_not_in_the_answer(client: Client) -> None:
    fixtures.dataset("draft", live=False)
    fixtures.dataset("hidden", profile=fixtures.profile("secret", is_published=False))
    assert len(ask(client, request="GetRecordById", id="draft,hidden,nothing", outputschema=GMD)) == 0


def test_capabilities_name_the_two_operations(client: Client) -> None:
    root = ask(client, service="CSW", request="GetCapabilities")
    names = [one.attrib["name"] for one in root.findall("ows:OperationsMetadata/ows:Operation", NAMESPACES)]
    assert names == ["GetCapabilities", "GetRecordById"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"request": "GetRecords"}, "OperationNotSupported"),
        ({"request": "GetRecordById"}, "MissingParameterValue"),
        ({"request": "GetRecordById", "id": "\0"}, "MissingParameterValue"),
        (
            {"request": "GetRecordById", "id": "x", "outputschema": "http://example.org"},
            "InvalidParameterValue",
        ),
        ({"request": "GetRecordById", "id": "x", "version": "3.0.0"}, "InvalidParameterValue"),
        ({"service": "WMS"}, "InvalidParameterValue"),
    ],
)
def test_wrong_requests_get_an_exception_report(client: Client, params: dict[str, str], code: str) -> None:
    root = ask(client, 400, **params)
    assert root[0].attrib["exceptionCode"] == code


def test_a_bare_dataset_with_odd_texts_is_well_formed(client: Client) -> None:
    fixtures.dataset(
        title={"de": "\u0001<&>"},
        description={},
        frequency="NEVER",
        themes=["GOVE"],
        temporal_end=fixtures.DAY,
    )
    assert texts(
        ask(client, request="GetRecordById", id="trees", outputschema=GMD), ".//gmd:title/gco:CharacterString"
    ) == ["<&>"]
