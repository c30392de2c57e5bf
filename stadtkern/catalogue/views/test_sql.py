"""Questions in SQL: what may be asked, by whom, and what is refused."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest
from django.test import Client

from stadtkern.catalogue import sqlasking
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.catalogue.views.conftest import TREES, upload

SQL = "/api/v1/sql"
COUNT = 'SELECT baumart, count(*) AS number FROM "trees--register" GROUP BY 1 ORDER BY 1'


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    sqlasking.forget_senders()


def test_a_question_is_answered_in_three_formats(client: Client, trees: Version) -> None:
    found = client.get(SQL, {"q": COUNT}).json()
    assert found["rows"] == [["Eiche", 60], ["Linde", 60]]
    assert [one["name"] for one in found["columns"]] == ["baumart", "number"]
    assert client.post(SQL, json.dumps({"q": COUNT}), "application/json").json()["rows"] == found["rows"]
    assert client.post(SQL, COUNT, "text/plain").json()["rows"] == found["rows"]
    rows = list(csv.reader(io.StringIO(client.get(SQL, {"q": COUNT, "format": "csv"}).content.decode())))
    assert rows == [["baumart", "number"], ["Eiche", "60"], ["Linde", "60"]]
    table = pq.read_table(io.BytesIO(client.get(SQL, {"q": COUNT, "format": "parquet"}).content))
    assert table.to_pydict()["number"] == [60, 60]


def test_no_formula_comes_out(client: Client, trees: Version) -> None:
    asked = {"q": "SELECT bemerkung FROM \"trees--register\" WHERE nr = 'B003'", "format": "csv"}
    assert "\n=1+1" not in client.get(SQL, asked).content.decode()


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("", 422),
        ("SELECT 1", 422),
        ('SELECT * FROM "trees--nothing"', 404),
        ('SELECT * FROM "meters--values"', 404),
        ('DELETE FROM "trees--register"', 422),
        ('SELECT * FROM "trees--register"; DROP TABLE "trees--register"', 422),
        ("SELECT * FROM read_csv('/etc/passwd'), \"trees--register\"", 422),
        ("COPY \"trees--register\" TO '/tmp/x.csv'", 422),
        ('SELEKT * FROM "trees--register"', 422),
        ('SELECT nothing FROM "trees--register"', 422),
        ('SELECT 1 FROM "trees--register" ' + "x" * 10_000, 422),
        ('SELECT "\0" FROM "trees--register"', 422),
    ],
)
def test_what_is_not_allowed_gets_a_problem_document(
    client: Client, trees: Version, closed: Dataset, statement: str, status: int
) -> None:
    upload(Distribution.objects.create(dataset=closed, slug="values"), TREES)
    answer = client.get(SQL, {"q": statement})
    assert answer.status_code == status, answer.content
    assert answer.json()["detail"]


def test_nobody_asks_too_often(client: Client, trees: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlasking, "PER_MINUTE", 2)
    statuses = [client.get(SQL, {"q": "SELECT"}).status_code for _number in range(3)]
    assert statuses == [422, 422, 429]
    answer = client.get(SQL, {"q": "SELECT"})
    assert int(answer["Retry-After"]) > 0


def test_the_page_answers_and_says_mistakes(client: Client, trees: Version) -> None:
    text = client.get("/en/data/sql/").content.decode()
    assert "trees--register" in text
    assert "Eiche" in client.get("/en/data/sql/", {"q": COUNT}).content.decode()
    answer = client.get("/en/data/sql/", {"q": 'SELECT nothing FROM "trees--register"'})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert "nothing" in answer.content.decode()
