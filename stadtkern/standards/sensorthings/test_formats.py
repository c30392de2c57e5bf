"""Other formats: data array (requirement class data-array), CSV, GeoJSON, parquet."""

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pyarrow import parquet

from stadtkern.contracts.connector import Reading
from stadtkern.observations.access import access_for
from stadtkern.observations.services import record
from stadtkern.standards.sensorthings.conftest import NOON, Town
from stadtkern.standards.sensorthings.conftest import Ask as Get
from stadtkern.standards.sensorthings.formats import form
from stadtkern.standards.sensorthings.read.answer import Ask, answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(town: Town) -> Town:
    """Return the town with more observations than one piece of a stream holds."""
    readings = [
        Reading(thing="bridge", observed_property="water_level", unit="cm", result=number / 8,
                phenomenon_time=NOON - timedelta(minutes=number))
        for number in range(1, 12_001)
    ]  # fmt: skip
    record(readings, source="test", received=NOON)
    return town


def read(client: Client, path: str) -> tuple[bytes, str]:
    answer = client.get(f"/sta/v1.1/{path}")
    assert answer.status_code == 200
    body = b"".join(answer) if answer.streaming else answer.content
    return body, answer["Content-Type"]


def test_data_array(town: Town, ask: Get) -> None:
    found = ask(
        "Observations", resultFormat="dataArray", filter="result ge 208 or result eq 'open'", count="true"
    )
    assert found["@iot.count"] == 3
    level, state = sorted(found["value"], key=lambda one: one["Datastream@iot.navigationLink"])
    assert (
        level["Datastream@iot.navigationLink"] == f"http://testserver/sta/v1.1/Datastreams({town.level.pk})"
    )
    assert level["components"] == ["id", "phenomenonTime", "result", "resultTime"]
    assert [row[1:] for row in level["dataArray"]] == [
        ["2026-11-23T11:45:00Z", 208.0, None], ["2026-11-23T12:00:00Z", 209.0, None],
    ]  # fmt: skip
    assert level["dataArray@iot.count"] == 2
    assert state["dataArray"][0][2] == "open"


def test_data_array_with_select(town: Town, ask: Get) -> None:
    path = f"Datastreams({town.level.pk})/Observations"
    (one,) = ask(path, resultFormat="dataArray", select="result,phenomenonTime", top=1)["value"]
    assert one["components"] == ["phenomenonTime", "result"]
    assert one["dataArray"] == [["2026-11-23T09:45:00Z", 200.0]]


def test_data_array_of_a_multi_datastream(town: Town, ask: Get) -> None:
    (one,) = ask(f"MultiDatastreams({town.weather.pk})/Observations", resultFormat="dataArray")["value"]
    assert one["MultiDatastream@iot.navigationLink"].endswith(f"MultiDatastreams({town.weather.pk})")
    assert one["dataArray"][0][2] == [203.5, 4.25]


def test_data_array_of_nothing(town: Town, ask: Get) -> None:
    assert ask("Observations", resultFormat="dataArray", filter="result eq 1e9") == {"value": []}


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("Things", {"resultFormat": "dataArray"}),
        ("Observations", {"resultFormat": "dataArray", "expand": "Datastream"}),
        ("Things", {"resultFormat": "xml"}),
        ("Things", {"resultFormat": "CSV", "expand": "Datastreams"}),
        ("Things", {"resultFormat": "CSV", "filter": "nosuch eq 1"}),
    ],
)
def test_what_a_format_cannot(town: Town, ask: Get, path: str, options: dict[str, str]) -> None:
    assert ask(path, status=400, **options)["code"] == 400


def test_data_array_of_many(many: Town, ask: Get) -> None:
    (one,) = ask(f"Datastreams({many.level.pk})/Observations", resultFormat="dataArray")["value"]
    assert one["dataArray@iot.count"] == len(one["dataArray"]) == 12_001
    assert [row[1] for row in one["dataArray"]] == sorted(row[1] for row in one["dataArray"])


def test_csv(many: Town, client: Client) -> None:
    body, kind = read(
        client,
        f"Datastreams({many.level.pk})/Observations?$resultFormat=CSV&$expand=Datastream($select=name)",
    )
    assert kind.startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert len(rows) == 12_001
    assert rows[-1]["result"] == "209.0"
    assert rows[-1]["phenomenonTime"] == "2026-11-23T12:00:00Z"
    assert rows[-1]["Datastream/name"] == "Level at the bridge"


def test_csv_is_no_formula(town: Town, client: Client) -> None:
    town.bridge.name = "=HYPERLINK(1)"
    town.bridge.save()
    rows = list(csv.DictReader(io.StringIO(read(client, "Things?$resultFormat=CSV&$orderby=id")[0].decode())))
    assert rows[0]["name"] == "'=HYPERLINK(1)"
    assert json.loads(rows[0]["properties"]) == {
        "height": 12.5,
        "owner": {"name": "Town"},
        "tags": ["a", "b"],
    }


def test_csv_of_nothing_has_a_head(town: Town, client: Client) -> None:
    body, _kind = read(client, "Things?$resultFormat=CSV&$filter=name%20eq%20'x'")
    assert body.decode().splitlines() == ["id,name,description,properties"]


def test_top_counts_in_every_format(many: Town, client: Client) -> None:
    path = f"Datastreams({many.level.pk})/Observations?$top=6001&$select=result"
    assert len(read(client, f"{path}&$resultFormat=CSV")[0].splitlines()) == 6002


def test_geojson(town: Town, ask: Get, client: Client) -> None:
    found = ask("Things", resultFormat="GeoJSON", orderby="id")
    assert found["type"] == "FeatureCollection"
    bridge, _mill = found["features"]
    assert bridge["type"] == "Feature"
    assert bridge["id"] == town.bridge.pk
    assert bridge["geometry"] == {"type": "Point", "coordinates": [14.72, 51.95]}
    assert bridge["properties"]["name"] == "Neißebrücke"
    for path in (
        "Locations",
        "HistoricalLocations",
        "Datastreams",
        "MultiDatastreams",
        "FeaturesOfInterest",
        "Observations",
    ):
        features = ask(path, resultFormat="GeoJSON")["features"]
        assert features
        assert all(feature["geometry"]["coordinates"] for feature in features), path
    assert ask("Sensors", resultFormat="GeoJSON")["features"][0]["geometry"] is None
    assert read(client, "Things?$resultFormat=GeoJSON")[1] == "application/geo+json"


def test_parquet(many: Town, client: Client) -> None:
    body, kind = read(client, "Observations?$resultFormat=parquet&$expand=Datastream($select=name)")
    assert kind == "application/vnd.apache.parquet"
    table = parquet.read_table(io.BytesIO(body))
    assert table.num_rows == 12_014
    rows = {row["id"]: row for row in table.to_pylist()}
    newest = max(
        (r for r in rows.values() if r["Datastream/name"] == "Level at the bridge"),
        key=lambda r: r["phenomenonTime"],
    )
    assert newest["result"] == 209
    assert newest["phenomenonTime"] == datetime(2026, 11, 23, 12, tzinfo=UTC)
    closed = next(row for row in rows.values() if row["result/text"] == "closed")
    assert closed["phenomenonTime/end"] == datetime(2026, 11, 23, 13, tzinfo=UTC)
    assert closed["validTime/end"] == datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_parquet_of_nothing(town: Town, client: Client) -> None:
    body, _kind = read(client, "Things?$resultFormat=parquet&$filter=name%20eq%20'x'")
    assert parquet.read_table(io.BytesIO(body)).num_rows == 0


def streamed(path: str, query: str) -> tuple[int, int, int]:
    """Return bytes, largest piece before the end (parquet lists its groups there), most memory held."""
    found = answer(Ask(path, query, access_for(), "http://testserver/sta/v1.1")).pieces
    assert found is not None
    tracemalloc.start()
    try:
        sizes = [len(piece) for piece in found]
        return sum(sizes), max(sizes[:-1]), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["dataArray", "CSV", "GeoJSON", "parquet"])
def test_memory_does_not_grow_with_the_answer(many: Town, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Six times as many rows need the memory of the same piece."""
    monkeypatch.setattr(form, "CHUNK", 500)
    monkeypatch.setattr("stadtkern.standards.sensorthings.formats.parquet.GROUP", 500)
    path = f"Datastreams({many.level.pk})/Observations"
    streamed(path, f"$resultFormat={name}&$top=600")  # loads what is loaded once
    size, piece, memory = streamed(path, f"$resultFormat={name}&$top=2000")
    whole, largest, most = streamed(path, f"$resultFormat={name}&$top=12000")
    assert whole > 4 * size
    assert largest < 1.5 * piece
    assert most < 1.5 * memory + 100_000
