"""Exports keep values, times and letters in every format."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from stadtkern.config.export import FORMATS, table, write
from stadtkern.contracts.connector import Reading, Station
from stadtkern.observations.services import record
from stadtkern.places.models import Address, Area
from stadtkern.places.services import IMPORTERS

TIME = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_empty_tables_are_files_too() -> None:
    """No row is no error."""
    for form in FORMATS:
        file = io.BytesIO()
        assert write(("a", "b"), iter(()), form=form, file=file) == 0
        assert file.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("form", FORMATS)
def test_observations_come_out_as_they_went_in(form: str) -> None:
    """One reading, in every format."""
    record(
        [
            Station(thing="g1", name="Chóśebuz, Sandower Brücke", longitude=14.3, latitude=51.7),
            Reading(
                thing="g1", observed_property="water_level", phenomenon_time=TIME, result=212.5, unit="cm"
            ),
        ],
        source="test",
    )
    columns, rows = table("observations")
    file = io.BytesIO()
    assert write(columns, rows, form=form, file=file) == 1
    file.seek(0)
    if form == "csv":
        (row,) = csv.DictReader(io.TextIOWrapper(file, "utf-8"))
    elif form == "json":
        (row,) = json.load(file)
    elif form == "parquet":
        (row,) = pq.read_table(file).to_pylist()
    else:
        head, values = openpyxl.load_workbook(file).worksheets[0].iter_rows(values_only=True)
        row = dict(zip(head, values, strict=True))
    assert row["datastream"] == "test:g1:water_level"
    assert float(row["result"]) == 212.5
    time = row["phenomenon_time"]
    assert (time if isinstance(time, datetime) else datetime.fromisoformat(time)) == TIME


@pytest.mark.django_db
def test_streams_name_their_place() -> None:
    """Coordinates and letters are kept."""
    record(
        [
            Station(thing="g1", name="Chóśebuz", longitude=14.3, latitude=51.7),
            Reading(thing="g1", observed_property="water_level", phenomenon_time=TIME, result=1, unit="m"),
        ],
        source="test",
    )
    columns, rows = table("streams")
    (row,) = [dict(zip(columns, r, strict=True)) for r in rows]
    assert (row["thing"], row["longitude"], row["latitude"], row["unit"]) == ("Chóśebuz", 14.3, 51.7, "cm")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_name_of_a_station_is_no_formula(form: str) -> None:
    """What a stranger may call a station runs nothing in the spreadsheet of who opens the export."""
    file = io.BytesIO()
    write(("name", "value"), iter([("=1+1", -2.5)]), form=form, file=file)
    file.seek(0)
    if form == "csv":
        rows = list(csv.reader(io.TextIOWrapper(file, "utf-8")))
        assert rows[1] == ["'=1+1", "-2.5"]
    else:
        cells = list(openpyxl.load_workbook(file).worksheets[0].iter_rows())[1]
        assert [(cell.value, cell.data_type) for cell in cells] == [("=1+1", "s"), (-2.5, "n")]


@pytest.mark.django_db
def test_areas_and_addresses_can_be_brought_in_again(tmp_path: Path) -> None:
    """What the command wrote as CSV, the import reads as the same places."""
    square = MultiPolygon(Polygon.from_bbox((14.70, 51.94, 14.74, 51.97)), srid=4326)
    Area.objects.create(slug="sued", kind="quarter", name={"de": "Süd", "pl": "Południe"}, geometry=square)
    Address(street="Ulica Śląska", house_number="1a", point=Point(14.72, 51.95, srid=4326)).save()
    for kind, load in IMPORTERS.items():
        columns, rows = table(kind)
        with (tmp_path / f"{kind}.csv").open("wb") as file:
            assert write(columns, rows, form="csv", file=file) == 1
        report = load(tmp_path / f"{kind}.csv", srid=4326)
        assert (report.created, report.updated, report.rejected) == (0, 1, [])
    area = Area.objects.get()
    assert (area.name, area.geometry.num_points) == ({"de": "Süd", "pl": "Południe"}, 5)
