"""CKAN's actions on the catalogue, also as CKAN's own client asks for them."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from ckanapi import NotAuthorized, NotFound, RemoteCKAN, SearchQueryError, ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from pytest_django.live_server_helper import LiveServer

from stadtkern.catalogue.models import Dataset, Keyword
from stadtkern.catalogue.rdf import fixtures
from stadtkern.standards.ckan import solr
from stadtkern.standards.ckan.errors import BadQuery
from stadtkern.standards.ckan.params import MOST_TEXT


def get(client: Client, action: str, **params: Any) -> Any:  # noqa: ANN401
    answer = client.get(f"/api/3/action/{action}", params)
    assert answer.json()["success"], answer.json()
    return answer.json()["result"]


@pytest.fixture
def catalogue(db: None) -> dict[str, Dataset]:
    trees = fixtures.full()
    levels = fixtures.dataset(
        "levels",
        title={"de": "Wasserstände der Neiße"},
        themes=["ENVI", "TRAN"],
        publisher=fixtures.agent("wasser"),
    )
    fixtures.distribution(levels, format="PDF", licence="CC0-1.0")
    bus = fixtures.dataset("bus", title={"de": "Fahrplan"}, themes=["TRAN"])
    bus.keywords.add(
        Keyword.objects.get_or_create(
            word="Öffentlicher Verkehr", language="de", defaults={"slug": "verkehr"}
        )[0]
    )
    fixtures.dataset("draft", live=False)
    fixtures.dataset("gone", withdrawn_at=fixtures.DAY)
    return {"trees": trees, "levels": levels, "bus": bus}


@pytest.fixture
def remote(live_server: LiveServer, transactional_db: None) -> Iterator[RemoteCKAN]:
    trees = fixtures.full()
    fixtures.dataset("levels", title={"de": "Wasserstände"})
    assert trees.is_public
    with RemoteCKAN(live_server.url, user_agent="tests") as found:
        yield found


def test_ckanapi_reads_the_catalogue(remote: RemoteCKAN) -> None:
    """By POST with JSON, as the library does by default."""
    act = remote.action
    assert act.package_list() == ["levels", "trees"]
    package = act.package_show(id="trees")
    assert package["title"] == "Straßenbäume"
    assert {one["name"] for one in package["tags"]} == {"Baum", "Straße"}
    assert act.resource_show(id="trees--file")["package_id"] == "trees"
    found = act.package_search(
        q="straßenbäume", fq="organization:umwelt", rows=1, **{"facet.field": ["tags", "res_format"]}
    )
    assert (found["count"], found["results"][0]["name"]) == (1, "trees")
    assert found["facets"]["res_format"]["CSV"] == 1
    assert act.organization_show(id="umwelt", include_datasets=True)["package_count"] == 2
    assert act.group_show(id="envi")["package_count"] == 1
    assert "Baum" in act.tag_list()
    assert {one["id"] for one in act.license_list()} >= {"dl-de/by-2-0", "CC0-1.0"}
    assert act.status_show()["site_url"]


def test_ckanapi_reads_by_get_too(live_server: LiveServer, remote: RemoteCKAN) -> None:
    with RemoteCKAN(live_server.url, get_only=True) as asking:
        assert asking.action.package_search(q="title:Wasserstände")["count"] == 1


def test_ckanapi_raises_ckans_errors(remote: RemoteCKAN) -> None:
    with pytest.raises(NotFound):
        remote.action.package_show(id="nothing")
    with pytest.raises(ValidationError):
        remote.action.package_show()
    with pytest.raises(NotAuthorized):
        remote.action.package_create(name="x")
    with pytest.raises(SearchQueryError):
        remote.action.package_search(q="(open")


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("", {"trees", "levels", "bus"}),
        ("*:*", {"trees", "levels", "bus"}),
        ("wasserstände", {"levels"}),
        ("name:trees", {"trees"}),
        ("title:Neiße OR name:bus", {"levels", "bus"}),
        ("groups:tran", {"levels", "bus"}),
        ("groups:tran AND groups:envi", {"levels"}),
        ("groups:tran -groups:envi", {"bus"}),
        ("NOT groups:tran", {"trees"}),
        ("organization:(umwelt OR nobody)", {"trees", "bus"}),
        ('tags:"Öffentlicher Verkehr"', {"bus"}),
        ("tags:*", {"trees", "bus"}),
        ("name:tr*", {"trees"}),
        ("res_format:CSV", {"trees"}),
        ("res_format:PDF^2", {"levels"}),
        ("license_id:CC0-1.0", {"levels"}),
        ("metadata_modified:[NOW-1DAY TO *]", {"trees", "levels", "bus"}),
        ("metadata_modified:[* TO 2020-01-01T00:00:00Z]", set()),
        ("state:active +dataset_type:dataset", {"trees", "levels", "bus"}),
        ("private:true", set()),
        ("nonsense:x", set()),
        ("name:draft OR name:gone", set()),
        ("hvd_category:c_dd313021", {"trees"}),
    ],
)
def test_solr_queries_mean_what_they_mean_in_ckan(
    client: Client, catalogue: dict[str, Dataset], q: str, names: set[str]
) -> None:
    assert {one["name"] for one in get(client, "package_search", q=q)["results"]} == names
    assert get(client, "package_search", fq=q, rows=0)["count"] == len(names)


@pytest.mark.parametrize(
    "q",
    [
        "(a",
        "a)",
        "AND",
        "a AND",
        "{!lucene}x",
        'x:"y',
        "metadata_modified:[yesterday TO *]",
        "(" * 300,
        "title:[",
        "a OR OR b",
    ],
)
def test_a_search_that_cannot_be_understood_is_told_so(
    client: Client, catalogue: dict[str, Dataset], q: str
) -> None:
    answer = client.get("/api/3/action/package_search", {"q": q})
    assert answer.status_code == 409
    assert answer.json()["error"]["__type"] == "Search Query Error"


@given(st.text(max_size=80) | st.text('ab:()"*[]{} -+!ANDORTO\\^~', max_size=60))
def test_no_search_breaks_the_reader(text: str) -> None:
    with suppress(BadQuery):
        solr.condition(text)


def test_facets_count_what_was_found(client: Client, catalogue: dict[str, Dataset]) -> None:
    asked = {
        "facet.field": json.dumps(["organization", "groups", "tags", "res_format", "license_id", "nothing"]),
        "rows": 0,
    }
    found = get(client, "package_search", **asked)
    assert found["facets"]["organization"] == {"umwelt": 2, "wasser": 1}
    assert found["facets"]["groups"] == {"envi": 2, "tran": 2}
    assert found["facets"]["tags"]["Baum"] == 1
    assert found["facets"]["license_id"] == {"dl-de/by-2-0": 2, "CC0-1.0": 1}
    assert found["facets"]["nothing"] == {}
    items = found["search_facets"]["organization"]["items"]
    assert items[0] == {"name": "umwelt", "display_name": "Umweltamt", "count": 2}
    fewer = get(client, "package_search", q="name:bus", **{**asked, "facet.limit": 1})
    assert fewer["facets"]["groups"] == {"tran": 1}


def test_pages_and_orders(client: Client, catalogue: dict[str, Dataset]) -> None:
    found = [
        get(client, "package_search", sort="name asc", rows=1, start=start)["results"][0]["name"]
        for start in range(3)
    ]
    assert found == ["bus", "levels", "trees"]
    assert [one["name"] for one in get(client, "package_search", sort="name desc")["results"]] == found[::-1]
    assert get(client, "package_search", rows=0)["results"] == []
    assert get(client, "package_list", limit=1, offset=1) == ["levels"]
    assert client.get("/api/3/action/package_search", {"sort": "name sideways"}).status_code == 409
    assert client.get("/api/3/action/package_search", {"rows": "-1"}).status_code == 409


def test_a_package_says_all_that_ckan_says(client: Client, catalogue: dict[str, Dataset]) -> None:
    found = get(client, "package_show", id="trees")
    extras = {one["key"]: one["value"] for one in found["extras"]}
    assert json.loads(extras["spatial"])["type"] == "Polygon"
    assert extras["access_rights"].endswith("/PUBLIC")
    assert json.loads(extras["hvd_category"]) == ["http://data.europa.eu/bna/c_dd313021"]
    tables = [one for one in found["resources"] if one["datastore_active"]]
    assert [one["id"] for one in tables] == ["trees--table"]
    assert tables[0]["url"].endswith("/rows.csv")
    assert found["isopen"] is True
    assert found["organization"]["name"] == "umwelt"


def test_a_closed_table_is_not_offered(client: Client, catalogue: dict[str, Dataset]) -> None:
    fixtures.profile(access="internal")
    table = next(
        one for one in get(client, "package_show", id="trees")["resources"] if one["id"] == "trees--table"
    )
    assert table["datastore_active"] is False
    assert "/api/" not in table["url"]


@pytest.mark.parametrize("name", ["draft", "gone", "nothing", "' OR 1=1 --"])
def test_what_is_not_public_is_not_found(client: Client, catalogue: dict[str, Dataset], name: str) -> None:
    answer = client.get("/api/3/action/package_show", {"id": name})
    assert (answer.status_code, answer.json()["error"]["__type"]) == (404, "Not Found Error")


@pytest.mark.parametrize(
    "body",
    [
        "[1]",
        "{",
        '"x"',
        "[" * 100_000,
        '{"id": ["a"]}',
        '{"id": {"a": 1}}',
        '{"id": "\\u0000"}',
        json.dumps({"id": "x" * (MOST_TEXT + 1)}),
    ],
)
def test_odd_bodies_are_refused(client: Client, catalogue: dict[str, Dataset], body: str) -> None:
    answer = client.post("/api/3/action/package_show", body, content_type="application/json")
    assert (answer.status_code, answer.json()["success"]) == (409, False)


def test_unknown_actions_and_wrong_keys(client: Client, catalogue: dict[str, Dataset]) -> None:
    assert client.get("/api/3/action/make_coffee").status_code == 400
    assert client.delete("/api/3/action/package_list").status_code == 405
    refused = client.get("/api/3/action/package_list", headers={"Authorization": "sk_wrong"})
    assert (refused.status_code, refused.json()["error"]["__type"]) == (401, "Authorization Error")
    assert client.get("/api/3").json() == {"version": 3}


def test_lists_of_names(client: Client, catalogue: dict[str, Dataset]) -> None:
    assert get(client, "organization_list") == ["umwelt", "wasser"]
    assert get(client, "organization_list", all_fields="true")[0]["package_count"] == 2
    assert "envi" in get(client, "group_list")
    assert get(client, "tag_list", query="baum") == ["Baum"]
    assert get(client, "tag_show", id="Baum", include_datasets="true")["packages"][0]["name"] == "trees"
    assert get(client, "package_autocomplete", q="neiße")[0]["name"] == "levels"
    assert len(get(client, "current_package_list_with_resources", limit=2)) == 2
    assert {one["object_id"] for one in get(client, "recently_changed_packages_activity_list")} == {
        "trees",
        "levels",
        "bus",
    }
    assert get(client, "resource_search", query="name:baum")["count"] == 2
    assert get(client, "help_show", name="package_show")


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow(
    client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        fixtures.full(f"trees-{number}")
    with django_assert_num_queries(6):
        get(client, "package_search")
    with django_assert_num_queries(14):
        get(
            client,
            "package_search",
            **{"facet.field": '["organization", "groups", "tags", "res_format", "license_id"]'},
        )
