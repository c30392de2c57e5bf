"""The interface for programs: rows, files, schemas, profiles, sums, rights."""

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import openpyxl
import pyarrow.parquet as pq
import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase
from hypothesis import settings as searching
from pytest_django.fixtures import DjangoAssertNumQueries

from stadtkern.catalogue import access
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.catalogue.openapi import description
from stadtkern.catalogue.views.conftest import TREES, upload
from stadtkern.governance.models import DataProfile
from stadtkern.people.keys import create_key
from stadtkern.people.models import Membership, Organisation, User

ROWS = "/api/v1/datasets/trees/rows"
SCHEMA = schemathesis.openapi.from_dict(description("http://testserver/api/v1"))


def ask(client: Client, path: str, status: int = 200, **headers: str) -> dict[str, Any]:
    answer = client.get(path, headers=headers)
    assert answer.status_code == status, answer.content[:500]
    assert answer["Access-Control-Allow-Origin"] == "*"
    found: dict[str, Any] = answer.json()
    return found


def test_a_dataset_says_where_its_rows_are(client: Client, trees: Version) -> None:
    (listed,) = ask(client, "/api/v1/datasets/")["datasets"]
    assert (listed["id"], listed["access"], listed["licence"]["id"]) == ("trees", "open", "dl-de/by-2-0")
    (table,) = ask(client, "/api/v1/datasets/trees")["distributions"]
    assert table["rows_url"].endswith("/api/v1/datasets/trees/tables/register/rows")
    about = ask(client, "/api/v1/datasets/trees/tables/register")
    assert about["geometry"]["type"] == "Point"
    assert set(about["files"]) == {"csv", "xlsx", "json", "jsonl", "geojson", "gpkg", "parquet"}


def test_rows_are_filtered_sorted_and_cut(client: Client, trees: Version) -> None:
    found = ask(client, f"{ROWS}?baumart=Linde&limit=3&sort=-hoehe_m&fields=nr,hoehe_m")
    assert found["total"] == 60
    assert [set(row) - {"_id", "geometry"} for row in found["rows"]] == [{"nr", "hoehe_m"}] * 3
    heights = [row["hoehe_m"] for row in found["rows"]]
    assert heights == sorted(heights, reverse=True)
    assert ask(client, f"{ROWS}?hoehe_m__gte=23")["total"] == 6
    assert ask(client, f"{ROWS}?_q=Stra%C3%9Fe%20119")["total"] == 1


def test_paging_by_the_next_link_gives_every_row_once_and_keeps_to_the_version(
    client: Client, trees: Version
) -> None:
    seen: list[str] = []
    address = f"{ROWS}?limit=50&sort=nr"
    while address:
        answer = client.get(address)
        found = answer.json()
        seen += [row["nr"] for row in found["rows"]]
        address = (found["next"] or "").removeprefix("http://testserver").replace("http://127.0.0.1:8000", "")
        address = address[address.find("/api/") :] if address else ""
        if len(seen) == 50:
            upload(trees.distribution, TREES.replace("B0", "C0"), number=2)
    assert sorted(seen) == [f"B{n:03}" for n in range(120)]


@pytest.mark.parametrize(
    "query",
    ["nothing=1", "hoehe_m__like=1", "hoehe_m__gte=tall", "limit=-1", "limit=1e9", "offset=x", "fields=nr,what", "sort=%00",
     "_cursor=abc", "_bbox=1,2,3", "_version=x", "pflanzdatum__gte=gestern", "limit=99999999999999999999999"],
)  # fmt: skip
def test_what_cannot_be_read_gets_a_problem_document(client: Client, trees: Version, query: str) -> None:
    answer = client.get(f"{ROWS}?{query}")
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.json()["detail"]


def test_an_unchanged_answer_is_not_sent_again(client: Client, trees: Version) -> None:
    tag = client.get(ROWS)["ETag"]
    assert client.get(ROWS, headers={"If-None-Match": tag}).status_code == 304
    upload(trees.distribution, TREES + "\n", number=2)
    assert client.get(ROWS, headers={"If-None-Match": tag}).status_code == 200


def fetch(client: Client, path: str, **headers: str) -> bytes:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.content[:300]
    assert "attachment" in answer["Content-Disposition"]
    body = b"".join(answer)
    assert int(answer["Content-Length"]) == len(body)
    return body


def test_csv_holds_the_rows_that_fit_and_no_formula(client: Client, trees: Version) -> None:
    rows = list(csv.DictReader(io.StringIO(fetch(client, f"{ROWS}.csv?baumart=Eiche").decode("utf-8-sig"))))
    assert len(rows) == 60
    _head, row = csv.reader(io.StringIO(fetch(client, f"{ROWS}.csv?nr=B003").decode("utf-8-sig")))
    assert "=1+1" not in row
    german = fetch(client, f"{ROWS}.csv?nr=B003&_dialect=excel-de").decode("utf-8-sig")
    assert ";7,3;" in german
    assert ";=1+1;" not in german
    assert fetch(client, f"{ROWS}", Accept="text/csv") == fetch(client, f"{ROWS}.csv")


def test_the_other_formats_can_be_opened(client: Client, trees: Version, tmp_path: Path) -> None:
    assert len(json.loads(fetch(client, f"{ROWS}.json"))) == 120
    places = json.loads(fetch(client, f"{ROWS}.geojson?baumart=Linde"))
    assert len(places["features"]) == 60
    longitude, latitude = places["features"][0]["geometry"]["coordinates"]
    assert 14 < longitude < 15
    assert 51 < latitude < 53
    assert pq.read_table(io.BytesIO(fetch(client, f"{ROWS}.parquet"))).num_rows == 120
    book = openpyxl.load_workbook(io.BytesIO(fetch(client, f"{ROWS}.xlsx")))
    assert book.worksheets[0].max_row == 121
    file = tmp_path / "rows.gpkg"
    file.write_bytes(fetch(client, f"{ROWS}.gpkg"))
    with sqlite3.connect(file) as package:
        (name,) = package.execute("SELECT table_name FROM gpkg_contents").fetchone()
        assert package.execute(f'SELECT count(*) FROM "{name}"').fetchone() == (120,)  # noqa: S608
    package.close()
    assert client.get(f"{ROWS}.exe").status_code == 404


def test_schema_profile_and_sums(client: Client, trees: Version) -> None:
    schema = ask(client, "/api/v1/datasets/trees/schema")
    assert {one["name"]: one["type"] for one in schema["fields"]}["pflanzdatum"] == "date"
    profile = {one["name"]: one for one in ask(client, "/api/v1/datasets/trees/profile")["columns"]}
    assert (profile["baumart"]["distinct"], profile["hoehe_m"]["maximum"]) == (2, 23.9)
    sums = ask(client, "/api/v1/datasets/trees/aggregate?_by=baumart&_measure=count,mean:hoehe_m")
    assert {row["baumart"]: row["count"] for row in sums["rows"]} == {"Linde": 60, "Eiche": 60}
    years = ask(client, "/api/v1/datasets/trees/aggregate?_by=pflanzdatum:year&_measure=count")
    assert sum(row["count"] for row in years["rows"]) == 120
    for query in (
        "_by=what",
        "_by=baumart:year",
        "_measure=sum:baumart",
        "_measure=power:hoehe_m",
        "_limit=0",
        "_by=nr,nr,nr",
    ):
        assert client.get(f"/api/v1/datasets/trees/aggregate?{query}").status_code == 422, query


@pytest.mark.parametrize("path", ["rows", "rows.csv", "schema", "profile", "aggregate"])
def test_closed_rows_are_for_partners_and_their_keys(client: Client, closed: Dataset, path: str) -> None:
    upload(Distribution.objects.create(dataset=closed, slug="values"), TREES)
    address = f"/api/v1/datasets/meters/{path}"
    assert client.get(address).status_code == 403
    assert client.get("/api/v1/datasets/meters").status_code == 200
    partner = Organisation.objects.create(slug="water", name={"en": "Water works"})
    bob = User.objects.create_user(username="bob", email="bob@example.org", password="x")
    Membership.objects.create(user=bob, organisation=partner)
    _key, secret = create_key("report", organisation=partner, scopes=["sta:read"], by=None)
    _own, personal = create_key("mine", person=bob, scopes=["sta:read"], by=None)
    for one in (secret, personal):
        assert client.get(address, headers={"Authorization": f"Bearer {one}"}).status_code == 403
    closed.profile.partners.add(partner)
    for one in (secret, personal):
        assert b"".join(client.get(address, headers={"Authorization": f"Bearer {one}"}))
    assert b"".join(client.get(address, headers={"X-API-Key": secret}))
    assert client.get(address, headers={"X-API-Key": "sk_nothing"}).status_code == 401
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(address)
    assert b"".join(answer)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-cache")
    DataProfile.objects.filter(pk=closed.profile_id).update(access=DataProfile.Access.INTERNAL)
    assert client.get(address).status_code == 403


def test_what_opens_a_dataset_otherwise_is_asked_and_reads_are_told(
    client: Client, closed: Dataset, trees: Version
) -> None:
    upload(Distribution.objects.create(dataset=closed, slug="values"), TREES)
    told: list[tuple[str, str, int]] = []

    def watch(_reader: access.Reader, dataset: Dataset, what: str, rows: int) -> None:
        told.append((dataset.slug, what, rows))

    access.on_closed_read(watch)
    access.add_ground("contract", lambda _reader: Dataset.objects.filter(slug="meters"))
    try:
        assert ask(client, "/api/v1/datasets/meters/rows?limit=5")["total"] == 120
        ask(client, ROWS)
    finally:
        access.forget("contract", watch)
    assert told == [("meters", "rows", 5)]
    assert client.get("/api/v1/datasets/meters/rows").status_code == 403


def test_other_methods_are_refused_and_browsers_may_ask(client: Client, trees: Version) -> None:
    assert client.post(ROWS).status_code == 405
    assert client.options(ROWS)["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert client.head(ROWS).status_code == 200


def test_queries_do_not_depend_on_the_question(
    client: Client, trees: Version, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for query in ("", "?baumart=Linde&limit=5&sort=-hoehe_m", "?_q=a&offset=50"):
        with django_assert_max_num_queries(5):
            client.get(ROWS + query)


def send(client: Client, case: Any) -> Any:  # noqa: ANN401  # a case of schemathesis
    """Send what was generated as it stands; return the answer."""
    told = case.as_transport_kwargs(base_url="http://testserver/api/v1")
    body = json.dumps(told["json"]).encode() if "json" in told else told.get("data") or b""
    headers = {name: str(value) for name, value in dict(told["headers"]).items()}
    kind = headers.pop("Content-Type", case.media_type or "application/json")
    headers.pop("Accept-Encoding", None)
    query = urlencode(told.get("params") or {}, doseq=True)
    path = urlsplit(told["url"]).path
    return client.generic(told["method"], f"{path}?{query}", body, kind, headers=headers)


@SCHEMA.parametrize()
@searching(
    max_examples=8,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_nothing_that_follows_from_the_description_is_an_error_of_ours(
    case: Any,  # noqa: ANN401  # a case of schemathesis
    client: Client,
    trees: Version,
) -> None:
    if "dataset" in (case.path_parameters or {}):
        case.path_parameters["dataset"] = "trees"
    if "table" in (case.path_parameters or {}):
        case.path_parameters["table"] = "register"
    answer = send(client, case)
    content = b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code < 500 or answer.status_code == 503, (
        case.formatted_path,
        case.query,
        content[:500],
    )
    if answer.status_code >= 400:
        assert json.loads(content).get("status") == answer.status_code, (
            case.formatted_path,
            case.query,
            content[:500],
        )
