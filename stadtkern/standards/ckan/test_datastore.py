"""Rows of tables as CKAN's DataStore gives them, asked with CKAN's own client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ckanapi import NotAuthorized, NotFound, RemoteCKAN, ValidationError
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from stadtkern.catalogue.models import Dataset, Version
from stadtkern.catalogue.rdf import fixtures
from stadtkern.tables import ingest, survey

TREES = "Art;Höhe (m);gepflanzt;gefällt\nLinde;12,5;01.04.1990;nein\nEiche;20,0;15.11.1950;nein\nLinde;8,1;02.03.2010;ja\n"
pytestmark = pytest.mark.django_db(transaction=True)


def trees(slug: str = "trees", **facts: Any) -> Dataset:  # noqa: ANN401
    """Return a public dataset with a real table of three trees."""
    made = fixtures.dataset(slug, **facts)
    version = Version.objects.get(distribution=fixtures.table(made))
    version.folder.mkdir(parents=True)
    source = version.folder / "source.csv"
    source.write_text(TREES)
    found = ingest(source, survey(source, name="trees.csv").plan, version.table_path.parent)
    version.table_schema, version.rows = dict(found.schema), found.rows
    version.save()
    return made


@pytest.fixture
def remote(live_server: LiveServer, settings: Settings, tmp_path: Path) -> Iterator[RemoteCKAN]:
    settings.DATA_DIR = tmp_path
    trees()
    with RemoteCKAN(live_server.url) as found:
        yield found


def test_rows_are_filtered_sorted_and_paged(remote: RemoteCKAN) -> None:
    search = remote.action.datastore_search
    found = search(resource_id="trees--table")
    assert (found["total"], len(found["records"])) == (3, 3)
    species = found["fields"][1]["id"]
    assert found["fields"][0]["id"] == "_id"
    assert {field["type"] for field in found["fields"]} >= {"int", "text", "numeric", "date", "bool"}
    assert [row[species] for row in found["records"]] == ["Linde", "Eiche", "Linde"]
    assert search(resource_id="trees--table", filters={species: "Linde"})["total"] == 2
    assert search(resource_id="trees--table", filters={species: ["Linde", "Eiche"]})["total"] == 3
    assert search(resource_id="trees--table", q="eiche")["total"] == 1
    page = search(
        resource_id="trees--table",
        sort=f"{species} desc, _id desc",
        limit=1,
        offset=1,
        fields=["_id", species],
    )
    assert page["records"] == [{"_id": 1, species: "Linde"}]
    assert "offset=2" in page["_links"]["next"]
    distinct = search(resource_id="trees--table", fields=[species], distinct=True)
    assert sorted(row[species] for row in distinct["records"]) == ["Eiche", "Linde"]


def test_other_forms_of_records(remote: RemoteCKAN) -> None:
    search = remote.action.datastore_search
    assert search(resource_id="trees--table", records_format="lists", limit=1)["records"][0][1] == "Linde"
    assert search(resource_id="trees--table", records_format="csv", limit=1)["records"].startswith(
        "1,Linde,12.5,1990-04-01"
    )


def test_sql_is_answered_and_cannot_do_harm(remote: RemoteCKAN) -> None:
    sql = remote.action.datastore_search_sql
    found = sql(sql='SELECT count(*) AS trees FROM "trees--table"')
    assert found["records"] == [{"trees": 3}]
    for statement in (
        'DROP TABLE "trees--table"',
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT 1; SELECT 2",
        "COPY \"trees--table\" TO '/tmp/x'",
        "nonsense",
    ):
        with pytest.raises(ValidationError):
            sql(sql=statement)


def test_what_a_table_has(remote: RemoteCKAN) -> None:
    info = remote.action.datastore_info(id="trees--table")
    assert info["meta"]["count"] == 3
    assert "Höhe (m)" in {field.get("info", {}).get("label") for field in info["fields"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"filters": {"nothing": 1}},
        {"filters": "x"},
        {"fields": "nothing"},
        {"sort": "nothing"},
        {"sort": "; DROP TABLE x"},
        {"limit": "many"},
        {"records_format": "xml"},
        {"q": {"nothing": "x"}},
    ],
)
def test_wrong_questions_are_told_what_is_wrong(remote: RemoteCKAN, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        remote.action.datastore_search(resource_id="trees--table", **wrong)


def test_closed_and_unknown_tables(remote: RemoteCKAN) -> None:
    trees("closed", profile=fixtures.profile("secret", access="internal"))
    for ask in (
        {"resource_id": "closed--table"},
        {"resource_id": "nothing--table"},
        {"resource_id": "trees--file"},
    ):
        with pytest.raises((NotAuthorized, NotFound)):
            remote.action.datastore_search(**ask)
    with pytest.raises(NotAuthorized):
        remote.action.datastore_search_sql(sql='SELECT * FROM "trees--table", "closed--table"')
