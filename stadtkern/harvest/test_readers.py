"""Each kind of catalogue, read from real forms and from bad ones."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.harvest import values
from stadtkern.harvest.found import Found, Notes, differences, fingerprint
from stadtkern.harvest.licences import ENTRIES, LIST, licence_of
from stadtkern.harvest.readers import READERS, Asked, Page, Raw, ReadError, Terms, reader_of

SAMPLES = Path(__file__).parent / "samples"
BASE = "https://daten.musterstadt.example/catalog"
TURTLE = (SAMPLES / "catalogue.ttl").read_bytes()


def read(
    kind: str, body: bytes | Callable[[str], bytes], *, url: str = BASE, content_type: str = "", **terms: str
) -> Page:
    """Read one page that is `body`."""
    asked: list[str] = []

    def ask(address: str, **_more: object) -> Asked:
        asked.append(address)
        return Asked(body if isinstance(body, bytes) else body(address), address, content_type)

    return reader_of(kind)(ask, Terms(url, **terms), {})  # type: ignore[arg-type]


def by_title(page: Page, start: str) -> tuple[Found, dict[str, str]]:
    """Return the record whose title begins so, and its findings."""
    for raw in page.records:
        if raw.found and next(iter(raw.found.title.values()), "").startswith(start):
            return raw.found, {one.code: one.value for one in raw.notes.findings}
    raise AssertionError(start)


@pytest.mark.parametrize("syntax", ["turtle", "xml", "json-ld"])
def test_dcat_is_read_in_each_syntax(syntax: str) -> None:
    graph = rdflib.Graph().parse(data=TURTLE, format="turtle", publicID=BASE)
    page = read("dcat", graph.serialize(format=syntax).encode())
    assert page.following == {"url": "https://daten.musterstadt.example/?page=2"} or syntax == "turtle"
    found, findings = by_title(page, "Bäume")
    assert found.identifier == "https://daten.musterstadt.example/d/baeume"
    assert found.names == ["baeume-2026"]
    assert found.title == {"de": "Bäume der Musterstadt", "pl": "Drzewa miasta"}
    assert found.publisher.name == {"de": "Amt für Umwelt"}
    assert (found.contact_name, found.contact_email) == ("Grünflächen", "gruen@musterstadt.example")
    assert sorted(found.keywords) == [("Baum", "de"), ("drzewo", "pl")]
    assert (found.themes, found.level, found.frequency) == (["ENVI"], "municipality", "ANNUAL")
    assert (found.availability, found.language) == ("STABLE", "de")
    assert found.extent.startswith("POLYGON")
    assert found.temporal_start == "2019-12-31T23:00:00+00:00"
    assert found.temporal_end == "2026-06-29T22:00:00+00:00"
    assert found.modified == "2026-05-04T08:00:00+00:00"
    assert found.issued == ""
    assert findings["bad-date"] == "2021-02-30"
    assert findings["unknown-theme"] == "https://example.org/thema/baum"
    assert {one.format for one in found.distributions} == {"CSV", "WMS_SRVC"}
    table = next(one for one in found.distributions if one.format == "CSV")
    assert (table.licence, table.byte_size) == ("dl-de/by-2-0", 5056)
    assert table.attribution == "Musterstadt, Amt für Umwelt"
    assert table.checksum.startswith("5bcc8141")
    assert table.extra["jsonld"] == {
        "http://purl.org/dc/terms/conformsTo": [{"@id": "https://example.org/baumkataster/1.0"}]
    }
    assert [one.endpoint_url for one in found.services] == ["https://geo.musterstadt.example/wms"]
    kept = found.extra["jsonld"]
    assert kept["http://purl.org/dc/terms/title"] == [{"@language": "fr", "@value": "Arbres de la ville"}]
    assert kept["http://purl.org/dc/terms/creator"][0]["http://xmlns.com/foaf/0.1/name"] == [
        {"@value": "Vermessungsbüro Muster"}
    ]


def test_dcat_keeps_the_rest_where_a_date_or_a_licence_is_odd() -> None:
    found, findings = by_title(read("dcat", TURTLE), "Pegel")
    assert found.temporal_start == ""
    assert found.temporal_end == "2019-12-31T23:00:00+00:00"
    assert findings["bad-date"] == "gestern"
    assert findings["unknown-licence"] == "Hausrecht der Musterstadt"
    assert found.distributions[0].licence == "Hausrecht der Musterstadt"
    assert found.extent.startswith("POLYGON")


def test_dcat_with_nameless_nodes_is_the_same_each_time() -> None:
    one, two = (
        sorted(fingerprint(raw.found.plain()) for raw in read("dcat", TURTLE).records if raw.found)
        for _ in range(2)
    )
    assert one == two


def test_json_ld_fetches_contexts_by_our_own_client() -> None:
    document = {"@context": "ctx.jsonld", "@id": "https://a.example/1", "@type": "Dataset", "title": "Etwas"}
    context = {
        "@context": {
            "Dataset": "http://www.w3.org/ns/dcat#Dataset",
            "title": "http://purl.org/dc/terms/title",
        }
    }
    page = read("dcat", lambda url: json.dumps(context if url.endswith("ctx.jsonld") else document).encode())
    assert page.records[0].found
    assert page.records[0].found.title == {"de": "Etwas"}


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Wartung</body></html>",
        b"<!DOCTYPE html><p>x",
        b"@prefix a: <b",
        b"{",
        b'{"@context": {"@import": "file:///etc/passwd"}}',
        b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
        b"<rdf:RDF",
        b"\xff\xfe\x00",
        b"[" * 50_000,
    ],
)
def test_what_is_no_rdf_is_told(body: bytes) -> None:
    with pytest.raises(ReadError):
        read("dcat", body)


def test_csw_is_read() -> None:
    page = read("csw", (SAMPLES / "csw.xml").read_bytes())
    assert (page.total, page.following, len(page.records)) == (2, None, 2)
    found, findings = by_title(page, "Bebauungspläne")
    assert found.publisher.name == {"de": "Bauamt"}
    assert (found.contact_name, found.contact_email) == ("Frau Muster", "bauamt@musterstadt.example")
    assert (found.frequency, found.themes) == ("IRREG", ["REGI"])
    assert found.issued == "2024-02-28T23:00:00+00:00"
    assert found.modified == "2026-02-28T23:00:00+00:00", (
        "the date of the record in place of one that is none"
    )
    assert findings["bad-date"] == "2026-02-30"
    assert (found.temporal_start, found.temporal_end) == ("1989-12-31T23:00:00+00:00", "")
    assert found.extent.startswith("POLYGON")
    assert [(one.format, bool(one.download_url)) for one in found.distributions] == [
        ("ZIP", True),
        ("WFS_SRVC", False),
    ]
    assert {one.licence for one in found.distributions} == {"dl-de/by-2-0"}
    assert {one.attribution for one in found.distributions} == {"Musterstadt, Bauamt"}
    assert page.records[1].refusal == "unreadable"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a/>",
        b'<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows"><ows:ExceptionText>No</ows:ExceptionText></ows:ExceptionReport>',
        b'<!DOCTYPE lolz [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><a>&c;</a>',
    ],
)
def test_what_is_no_csw_is_told(body: bytes) -> None:
    with pytest.raises(ReadError):
        read("csw", body)


def test_csw_that_goes_in_circles_is_stopped() -> None:
    body = b'<r xmlns:csw="http://www.opengis.net/cat/csw/2.0.2"><csw:SearchResults nextRecord="1"/></r>'
    with pytest.raises(ReadError, match="nextRecord"):
        read("csw", body)


def test_records_are_read() -> None:
    record = {
        "id": "urn:x:1",
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[[14, 51], [15, 51], [15, 52], [14, 51]]]},
        "time": {"interval": ["2020-01-01", ".."]},
        "properties": {
            "title": "Radwege",
            "description": "Alle Radwege.",
            "keywords": ["Rad"],
            "language": {"code": "de"},
            "license": "CC-BY-4.0",
            "updated": "2026-01-01T00:00:00Z",
            "themes": [{"concepts": [{"id": "TRAN"}, {"id": "?"}]}],
            "contacts": [
                {"organization": "Tiefbauamt", "roles": ["publisher"], "emails": [{"value": "a@b.example"}]}
            ],
            "mine": 1,
        },
        "links": [
            {"rel": "self", "href": "https://x.example/1"},
            {"rel": "enclosure", "href": "/rad.geojson", "type": "application/geo+json", "title": "GeoJSON"},
            {"rel": "item", "href": "https://x.example/wms?", "type": "application/vnd.ogc.wms_xml"},
        ],
    }
    body = {
        "features": [record, {"id": None}, 7],
        "numberMatched": 3,
        "links": [{"rel": "next", "href": "?offset=2"}],
    }
    page = read("records", json.dumps(body).encode())
    assert page.following == {"url": f"{BASE}?offset=2"}
    found, findings = by_title(page, "Radwege")
    assert found.themes == ["TRAN"]
    assert findings == {"unknown-theme": "?"}
    assert found.publisher.name == {"de": "Tiefbauamt"}
    assert found.distributions[0].download_url == "https://daten.musterstadt.example/rad.geojson"
    assert {one.licence for one in found.distributions} == {"CC-BY-4.0"}
    assert [one.endpoint_url for one in found.services] == ["https://x.example/wms"]
    assert found.extra == {"records": {"mine": 1}}
    assert page.records[1].refusal == "unreadable"


def test_collections_become_datasets() -> None:
    body = {
        "collections": [
            {
                "id": "trees",
                "title": "Bäume",
                "extent": {
                    "spatial": {"bbox": [[14, 51, 15, 52]]},
                    "temporal": {"interval": [["2020-01-01", None]]},
                },
                "links": [
                    {
                        "rel": "items",
                        "href": "collections/trees/items?f=json",
                        "type": "application/geo+json",
                    },
                    {"rel": "license", "href": "https://www.govdata.de/dl-de/zero-2-0"},
                ],
            },
            {"id": "bare"},
        ]
    }
    page = read("features", json.dumps(body).encode(), url="https://geo.example/ogc/")
    found, _findings = by_title(page, "Bäume")
    assert found.identifier == "https://geo.example/ogc/collections/trees"
    assert (found.distributions[0].format, found.distributions[0].licence) == ("GEOJSON", "dl-de/zero-2-0")
    assert found.services[0].endpoint_url == "https://geo.example/ogc"
    assert by_title(page, "bare")[0].distributions[0].format == "GEOJSON"


def test_things_become_datasets_with_their_series() -> None:
    body = {
        "value": [
            {
                "@iot.id": 7,
                "name": "Wetterhaus",
                "description": "Am Markt",
                "properties": {"license": "dl-de/by-2-0"},
                "Locations": [{"location": {"type": "Point", "coordinates": [14.7, 51.9]}}],
                "Datastreams": [
                    {
                        "@iot.id": 1,
                        "name": "Temperatur",
                        "unitOfMeasurement": {"symbol": "°C"},
                        "phenomenonTime": "2026-01-01T00:00:00Z/2026-02-01T00:00:00Z",
                        "ObservedProperty": {"name": "air_temperature"},
                    }
                ],
            },
            {"name": "ohne Nummer"},
        ],
        "@iot.nextLink": "https://sta.example/v1.1/Things?$skip=1",
        "@iot.count": 2,
    }
    page = read("sensorthings", json.dumps(body).encode(), url="https://sta.example/v1.1")
    found, _findings = by_title(page, "Wetterhaus")
    assert found.identifier == "https://sta.example/v1.1/Things(7)"
    assert found.distributions[0].access_url == "https://sta.example/v1.1/Datastreams(1)/Observations"
    assert found.distributions[0].title == {"de": "Temperatur (°C)"}
    assert found.keywords == [("air_temperature", "de")]
    assert page.total == 2
    assert page.records[1].refusal == "unreadable"


def test_a_folder_is_read_with_formats_of_one_dataset_together() -> None:
    body = (
        b'<html><a href="../">up</a><a href="trees_2026.csv">trees_2026.csv</a><a href="trees_2026.geojson">x</a>'
        b'<a href="notes.html">n</a><a href="wells.csv?C=1">Brunnen der Stadt</a></html>'
    )
    page = read("files", body, url="https://files.example/data/")
    found, _findings = by_title(page, "trees 2026")
    assert {one.format for one in found.distributions} == {"CSV", "GEOJSON"}
    assert (
        by_title(page, "Brunnen")[0].distributions[0].access_url == "https://files.example/data/wells.csv?C=1"
    )
    assert len(page.records) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"url;titel;lizenz\nhttps://a.example/x.csv;B\xe4ume;dl-de/by-2-0\n",
        '[{"url": "x.csv", "title": "Bäume", "license": "dl-de/by-2-0"}]'.encode(),
        '{"files": [{"href": "x.csv", "name": "Bäume", "lizenz": "dl-de/by-2-0"}]}'.encode(),
    ],
)
def test_tables_of_files_are_read(body: bytes) -> None:
    found, _findings = by_title(read("files", body, url="https://a.example/list"), "Bäume")
    assert (found.distributions[0].access_url, found.distributions[0].licence) == (
        "https://a.example/x.csv",
        "dl-de/by-2-0",
    )


def test_a_list_without_files_is_told() -> None:
    for body in (b"", b"<html></html>", b"[]", b"a,b\n1,2\n", b"[[[["):
        with pytest.raises(ReadError):
            read("files", body)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("http://dcat-ap.de/def/licenses/dl-by-de/2_0", "dl-de/by-2-0"),
        ("https://www.govdata.de/dl-de/zero-2-0", "dl-de/zero-2-0"),
        ("Datenlizenz Deutschland – Namensnennung – Version 2.0", "dl-de/by-2-0"),
        ("dl-de-by-2.0", "dl-de/by-2-0"),
        ("https://creativecommons.org/licenses/by/4.0/deed.de", "CC-BY-4.0"),
        ("http://publications.europa.eu/resource/authority/licence/CC0", "CC0-1.0"),
        ("cc-by", f"{LIST}cc-by"),
        ("http://www.opendefinition.org/licenses/odc-odbl", "ODbL-1.0"),
        ("https://creativecommons.org/licenses/by-sa/3.0/de/", f"{LIST}cc-by-sa-de/3.0"),
    ],
)
def test_licences_are_known_by_many_names(said: str, meant: str) -> None:
    assert licence_of([said], {}) == (meant, True)


def test_every_entry_of_the_german_list_is_known() -> None:
    for entry in ENTRIES:
        found, is_known = licence_of([LIST + entry], {})
        assert is_known
        assert licence_of([found], {}) == (found, True)
    assert licence_of(["Hausrecht"], {}) == ("Hausrecht", False)
    assert licence_of(["Hausrecht"], {"Hausrecht": "CC0-1.0"}) == ("CC0-1.0", True)


@given(st.text(max_size=60))
def test_no_text_breaks_a_date(text: str) -> None:
    notes = Notes()
    found = values.moment(text, notes)
    assert bool(found) != bool(notes.findings) or not text.replace("\x00", "").strip()


@given(st.text(max_size=80))
def test_no_text_breaks_an_address(text: str) -> None:
    found = values.address(text, Notes())
    assert found == "" or found.isascii()


@given(st.text(alphabet='POLYGNMUTI(){}[],.0123456789 -"type:coordnates', max_size=80))
def test_no_text_breaks_a_place(text: str) -> None:
    found = values.extent_of([text], Notes())
    assert found == "" or found.startswith("POLYGON")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "title",
                    "results",
                    "value",
                    "features",
                    "collections",
                    "properties",
                    "links",
                    "href",
                    "rel",
                    "resources",
                    "tags",
                    "url",
                    "extent",
                    "Datastreams",
                    "name",
                    "success",
                    "result",
                    "count",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@pytest.mark.parametrize("kind", sorted(set(READERS) - {"csw", "dcat"}))
@given(body=json_values)
def test_no_json_breaks_a_reader(kind: str, body: object) -> None:
    for wrapped in (
        body,
        {"success": True, "result": {"results": [body]}},
        {"value": [body]},
        {"features": [body]},
        {"collections": [body]},
    ):
        try:
            page = read(kind, json.dumps(wrapped).encode())
        except ReadError:
            continue
        assert all(isinstance(raw, Raw) for raw in page.records)
        for raw in page.records:
            if raw.found is not None:
                fingerprint(raw.found.plain())


def test_differences_name_parts_by_what_they_are() -> None:
    old = {"a": 1, "distributions": [{"identifier": "x", "title": "1"}, {"identifier": "y", "title": "2"}]}
    new = {
        "a": 1,
        "distributions": [
            {"identifier": "z", "title": "0"},
            {"identifier": "x", "title": "1"},
            {"identifier": "y", "title": "3"},
        ],
    }
    found = {one["field"]: (one["old"], one["new"]) for one in differences(old, new)}
    assert found == {
        "distributions[y].title": ("2", "3"),
        "distributions[z]": (None, {"identifier": "z", "title": "0"}),
    }
