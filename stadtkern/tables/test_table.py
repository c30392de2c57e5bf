"""What stored tables answer: pages, filters, values, charts, files, differences."""

import csv
import json
import threading
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet as pq
import pyogrio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadtkern.tables import Aggregate, Column, Filter, Group, Order, Query, Table, TableError
from stadtkern.tables.conftest import Read, Write

Reader = Callable[..., Read]
BERLIN = ZoneInfo("Europe/Berlin")
ROWS = (
    "Nr;Name;Datum;Zeit;Uhr;Wert;Aktiv;Breite;Länge;Daten\n"
    '1;Älteste Eiche;01.03.2024;01.03.2024 10:00;07:30;1,5;ja;51,95;14,71;"[1, ""a""]"\n'
    '2;=HYPERLINK("http://x");15.03.2024;31.03.2024 23:30;08:00;2,5;nein;51,96;14,72;"[2]"\n'
    "3;Müller's Linde;02.04.2024;02.04.2024 00:30;;-4,25;ja;51,97;14,73;\n"
    "4;Buche;02.04.2024;02.04.2024 12:00;23:59;;ja;;;\n"
)


@pytest.fixture
def table(write: Write, read: Reader) -> Table:
    found = read(write("rows.csv", ROWS))
    assert found.done.rejected_rows == 0
    return found.table


def ids(table: Table, **params: str) -> list[object]:
    """Return the numbers of the rows that an address gives."""
    return [row[0] for row in table.rows(Query.from_params(params, table.columns)).rows]


@pytest.mark.parametrize(("params", "expected"), [
    ({}, [1, 2, 3, 4]),
    ({"name": "Buche"}, [4]),
    ({"name__contains": "LINDE"}, [3]),
    ({"name__startswith": "älteste"}, [1]),
    ({"name__in": "Buche,Müller's Linde"}, [3, 4]),
    ({"name__ne": "Buche"}, [1, 2, 3]),
    ({"wert__gt": "1,5"}, [2]),
    ({"wert__gte": "1.5"}, [1, 2]),
    ({"wert": "-4.25"}, [3]),
    ({"wert__isnull": "true"}, [4]),
    ({"wert__isnull": "false"}, [1, 2, 3]),
    ({"wert__notnull": ""}, [1, 2, 3]),
    ({"wert__ne": "2.5"}, [1, 3, 4]),
    ({"datum": "2024-04-02"}, [3, 4]),
    ({"datum__lt": "02.04.2024"}, [1, 2]),
    ({"zeit": "2024-04-02"}, [3, 4]),
    ({"zeit__lte": "31.03.2024"}, [1, 2]),
    ({"zeit__gt": "31.03.2024"}, [3, 4]),
    ({"zeit__ne": "02.04.2024"}, [1, 2]),
    ({"zeit__gte": "2024-04-02T10:00:00Z"}, [4]),
    ({"zeit__gte": "2024-04-02T12:00:00+02:00"}, [4]),
    ({"zeit__gte": "2024-04-02T12:00:00 02:00"}, [4]),
    ({"uhr__lt": "08:00"}, [1]),
    ({"aktiv": "ja"}, [1, 3, 4]),
    ({"aktiv": "false"}, [2]),
    ({"_q": "müller linde"}, [3]),
    ({"_q": "%"}, []),
    ({"_sort": "-wert"}, [2, 1, 3, 4]),
    ({"_sort_desc": "datum"}, [3, 4, 2, 1]),
    ({"_sort": "datum,-nr"}, [1, 2, 4, 3]),
    ({"_bbox": "14.705,51.94,14.725,51.965"}, [1, 2]),
    ({"_size": "2", "_page": "2"}, [3, 4]),
    ({"_id": "2"}, [2]),
    ({"_id__gt": "2", "lang": ""}, [3, 4]),
    ({"name": ""}, [1, 2, 3, 4]),
])  # fmt: skip
def test_address_gives_its_rows(table: Table, params: dict[str, str], expected: list[int]) -> None:
    assert ids(table, **params) == expected
    query = Query.from_params(params, table.columns)
    assert table.count(query) == (4 if "_page" in params else len(expected))
    assert Query.from_params(query.to_params(), table.columns) == query


@pytest.mark.parametrize("params", [
    {"nope": "1"}, {"wert": "viel"}, {"datum__gt": "gestern"}, {"wert__like": "1"}, {"_sort": "nope"},
    {"_columns": "nr,nope"}, {"_page": "0"}, {"_page": "-1"}, {"_size": "x"}, {"_bbox": "1,2,3"}, {"_bbox": "1,2,nan,4"},
    {"_bbox": "1,5,2,4"}, {"aktiv": "vielleicht"}, {"name;DROP TABLE x": "1"}, {"uhr": "99:99"}, {"nr": "1e999"},
    {"_page": "9" * 40}, {"wert__isnull": "vielleicht"},
])  # fmt: skip
def test_address_that_makes_no_sense_is_refused(table: Table, params: dict[str, str]) -> None:
    with pytest.raises(TableError) as caught:
        Query.from_params(params, table.columns)
    assert caught.value.code in {"no_such_column", "bad_parameter"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "name",
                "name__contains",
                "name__in",
                "wert__gt",
                "zeit__lte",
                "datum",
                "_q",
                "_sort",
                "_columns",
                "_bbox",
                "_page",
                "_size",
                "x",
            ]
        ),
        st.text(max_size=20),
        max_size=4,
    )
)
def test_no_address_breaks_the_table(table: Table, params: dict[str, str]) -> None:
    try:
        query = Query.from_params(params, table.columns)
    except TableError:
        return
    assert table.rows(query).total <= 4


def test_rows_have_values_of_their_kinds(table: Table) -> None:
    page = table.rows(Query(limit=1))
    assert page.as_dicts()[0] == {
        "_id": 1, "nr": 1, "name": "Älteste Eiche", "datum": date(2024, 3, 1),
        "zeit": datetime(2024, 3, 1, 10, tzinfo=BERLIN), "uhr": datetime(2024, 1, 1, 7, 30).time(), "wert": 1.5,  # noqa: DTZ001
        "aktiv": True, "breite": 51.95, "laenge": 14.71, "daten": [1, "a"],
        "geometry": {"type": "Point", "coordinates": [14.71, 51.95]},
    }  # fmt: skip
    assert (page.total, len(table)) == (4, 4)
    assert table.rows(Query(limit=0)).total == 4


def test_values_are_counted_for_facets(table: Table) -> None:
    assert [(one.value, one.count) for one in table.values("aktiv")] == [(True, 3), (False, 1)]
    assert [
        (one.value, one.count) for one in table.values("datum", Query(filters=(Filter("aktiv", "eq", "ja"),)))
    ] == [("2024-04-02", 2), ("2024-03-01", 1)]


def test_charts_are_computed_in_the_zone_of_the_table(table: Table) -> None:
    found = table.aggregate(
        Aggregate((Group("zeit", "month"),), (("count", ""), ("sum", "wert"), ("mean", "wert")))
    )
    assert found.columns == ("zeit", "count", "sum_wert", "mean_wert")
    assert found.rows == (
        (datetime(2024, 3, 1, tzinfo=BERLIN), 2, 4.0, 2.0),
        (datetime(2024, 4, 1, tzinfo=BERLIN), 2, -4.25, -4.25),
    )
    two = table.aggregate(
        Aggregate((Group("datum"), Group("aktiv")), (("count", ""),), limit=2, is_largest_first=True)
    )
    assert two.rows[0] == (date(2024, 4, 2), True, 2)
    assert two.is_cut
    bins = table.aggregate(Aggregate((Group("wert", "bins", 2),)))
    assert bins.rows == ((-4.25, 1), (-0.875, 2), (None, 1))
    assert table.aggregate(Aggregate((), (("max", "datum"), ("distinct", "aktiv")))).rows == (
        (date(2024, 4, 2), 2),
    )


@pytest.mark.parametrize("wanted", [
    Aggregate((Group("name", "month"),)), Aggregate((Group("name", "bins"),)), Aggregate((), (("sum", "name"),)),
    Aggregate((Group("wert", "bins", 0),)), Aggregate((), ()), Aggregate((), (("evil", "wert"),)),  # type: ignore[arg-type]
    Aggregate((Group("wert", "x'); DROP"),)),  # type: ignore[arg-type]
])  # fmt: skip
def test_chart_that_makes_no_sense_is_refused(table: Table, wanted: Aggregate) -> None:
    with pytest.raises(TableError) as caught:
        table.aggregate(wanted)
    assert caught.value.code == "bad_aggregate"


def test_profile_is_right_and_always_the_same(table: Table) -> None:
    profiles = {one.column.name: one for one in table.profile()}
    value = profiles["wert"]
    assert (value.count, value.nulls, value.distinct, value.minimum, value.maximum) == (4, 1, 3, -4.25, 2.5)
    assert value.mean == pytest.approx(-1 / 12)
    assert value.quantiles["0.5"] == 1.5
    assert sum(one.count for one in value.histogram) == 3
    assert profiles["aktiv"].top[0].value is True
    assert profiles["zeit"].maximum == "2024-04-02T12:00:00+02:00"
    assert table.profile() == table.profile()


def test_csv_is_harmless_and_complete(table: Table, tmp_path: Path) -> None:
    assert table.export(Query(limit=0), "csv", tmp_path / "a.csv") == 4
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[1]["name"] == '\'=HYPERLINK("http://x")'
    assert rows[2]["wert"] == "-4.25"
    assert rows[0]["zeit"] == "2024-03-01T10:00:00+01:00"
    assert rows[3]["zeit"] == "2024-04-02T12:00:00+02:00"
    assert rows[0]["geometry"] == "POINT (14.71 51.95)"
    assert rows[3]["wert"] == ""


def test_xlsx_has_types_and_no_formulas(table: Table, tmp_path: Path) -> None:
    table.export(
        Query(limit=0, columns=("nr", "name", "datum", "zeit", "wert", "daten")), "xlsx", tmp_path / "a.xlsx"
    )
    rows = list(openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert rows[0] == ("Nr", "Name", "Datum", "Zeit", "Wert", "Daten")
    assert rows[1] == (1, "Älteste Eiche", datetime(2024, 3, 1), datetime(2024, 3, 1, 10), 1.5, '[1,"a"]')  # noqa: DTZ001
    assert rows[2][1] == '=HYPERLINK("http://x")'
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx").active["B3"]  # type: ignore[index]
    assert cell.data_type != "f"


def test_json_and_geojson_are_valid(table: Table, tmp_path: Path) -> None:
    table.export(Query(limit=2), "json", tmp_path / "a.json")
    assert [one["nr"] for one in json.loads((tmp_path / "a.json").read_text())] == [1, 2]
    table.export(Query(limit=0), "jsonl", tmp_path / "a.jsonl")
    assert [json.loads(line)["daten"] for line in (tmp_path / "a.jsonl").read_text().splitlines()] == [
        [1, "a"],
        [2],
        None,
        None,
    ]
    table.export(Query(filters=(Filter("aktiv", "eq", "ja"),), limit=0), "geojson", tmp_path / "a.geojson")
    features = json.loads((tmp_path / "a.geojson").read_text())["features"]
    assert [one["id"] for one in features] == [1, 3, 4]
    assert features[2]["geometry"] is None


def test_geopackage_is_read_by_gdal(table: Table, tmp_path: Path) -> None:
    assert table.export(Query(limit=0), "gpkg", tmp_path / "a.gpkg") == 4
    info = pyogrio.read_info(tmp_path / "a.gpkg")
    assert (info["features"], info["crs"], info["geometry_type"]) == (4, "EPSG:4326", "Point")
    _, batch = pyogrio.read_arrow(tmp_path / "a.gpkg")
    assert batch.column("name").to_pylist()[2] == "Müller's Linde"


@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "jsonl", "geojson", "gpkg", "parquet"])
def test_no_rows_make_an_empty_file(table: Table, tmp_path: Path, form: str) -> None:
    query = Query(filters=(Filter("name", "eq", "nobody"),), limit=0)
    assert table.export(query, form, tmp_path / f"a.{form}") == 0  # type: ignore[arg-type]
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(("a.", ".a"))] == [f"a.{form}"]


def test_table_without_geometry_says_so(write: Write, read: Reader, tmp_path: Path) -> None:
    plain = read(write("b.csv", "a;b\n1;2\n3;4\n")).table
    for wrong in (
        lambda: plain.export(Query(), "geojson", tmp_path / "x"),
        lambda: plain.rows(Query(bbox=(1, 2, 3, 4))),
    ):
        with pytest.raises(TableError) as caught:
            wrong()
        assert caught.value.code == "no_geometry"
    assert plain.export(Query(limit=0), "gpkg", tmp_path / "b.gpkg") == 2
    assert pq.read_table(tmp_path / "read-1" / "table.parquet").column_names == ["_id", "a", "b"]


def test_schema_is_a_table_schema(table: Table) -> None:
    fields = table.schema["fields"]
    assert isinstance(fields, list)
    assert [one["type"] for one in fields] == [
        "integer",
        "string",
        "date",
        "datetime",
        "time",
        "number",
        "boolean",
        "number",
        "number",
        "any",
        "geojson",
    ]


def test_missing_table_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableError) as caught:
        Table(tmp_path / "no.parquet").rows(Query())
    assert caught.value.code == "table_missing"


def test_difference_by_a_key_that_was_found(write: Write, read: Reader) -> None:
    old = read(write("old.csv", "Nr;Ort;Wert\n1;Guben;1,5\n2;Forst;2,5\n3;Peitz;3,5\n")).table
    new = read(write("new.csv", "Nr;Ort;Wert;Neu\n4;Cottbus;9,5;x\n2;Forst;2,75;x\n1;Guben;1,5;x\n")).table
    found = new.difference(old)
    assert (found.key, found.added, found.removed, found.changed, found.unchanged) == (("nr",), 1, 1, 1, 1)
    assert [column.name for column in found.columns_added] == ["neu"]
    assert found.added_rows[0]["ort"] == "Cottbus"
    assert found.removed_rows[0]["ort"] == "Peitz"
    assert (found.changed_rows[0].key, found.changed_rows[0].values) == ((2,), {"wert": (2.5, 2.75)})
    assert not found.is_same
    assert new.difference(new).is_same
    with pytest.raises(TableError) as caught:
        new.difference(old, key=["neu"])
    assert caught.value.code == "no_such_column"


def test_difference_of_two_keys_together_and_of_none(write: Write, read: Reader) -> None:
    old = read(write("old.csv", "Station;Tag;Wert\nA;01.01.2024;1\nA;02.01.2024;1\nB;01.01.2024;1\n")).table
    new = read(write("new.csv", "Station;Tag;Wert\nA;01.01.2024;1\nA;02.01.2024;5\nB;01.01.2024;1\n")).table
    assert new.difference(old).key == ("station", "tag")
    assert new.difference(old).changed == 1
    one = read(write("one.csv", "Ort;Wert\nA;1\nA;1\nB;2\n")).table
    two = read(write("two.csv", "Ort;Wert\nA;1\nB;2\nB;2\n")).table
    found = two.difference(one)
    assert (found.key, found.added, found.removed, found.unchanged) == ((), 1, 1, 2)
    assert dict(found.added_rows[0]) == {"ort": "B", "wert": 2}


def test_difference_of_kinds_is_said(write: Write, read: Reader) -> None:
    old = read(write("old.csv", "Nr;Wert\n1;2\n2;3\n")).table
    new = read(write("new.csv", "Nr;Wert\n1;zwei\n2;3\n")).table
    found = new.difference(old)
    assert [(a.kind, b.kind) for a, b in found.columns_changed] == [("integer", "text")]
    assert found.changed == 1


def test_many_threads_ask_at_the_same_time(table: Table) -> None:
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(len(table.rows(Query(order=(Order("wert"),))).rows)))
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert results == [4] * 8


def test_columns_are_known_without_reading_rows(table: Table) -> None:
    assert table.column("wert") == Column("wert", "Wert", "number")
    assert table.geometry is not None
    assert table.geometry.bbox == (14.71, 51.95, 14.73, 51.97)
