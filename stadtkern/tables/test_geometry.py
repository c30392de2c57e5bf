"""Where rows are: columns, CRS and order found out, said where doubtful, mended or rejected with a reason."""

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio.raw
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from stadtkern.tables import Hints, Query, TableError, ingest, survey
from stadtkern.tables.conftest import GUBEN, Read, Write
from stadtkern.tables.places import NoPlace, parse_angle, parse_pair

Reader = Callable[..., Read]
PLACES = [(14.7183, 51.9512), (14.7021, 51.9433), (14.7254, 51.9601), (14.6922, 51.9388)]


def moved(crs: int) -> list[tuple[float, float]]:
    """Return the places as easting and northing."""
    there = Transformer.from_crs(4326, crs, always_xy=True)
    return [there.transform(*place) for place in PLACES]


def near(found: Read) -> bool:
    """Return whether the table has the places."""
    points = [row[-1]["coordinates"] for row in found.table.rows(Query()).rows]  # type: ignore[index]  # GeoJSON
    return bool(np.allclose(points, PLACES, atol=1e-5))


@pytest.mark.parametrize("crs", [4326, 25833, 25832, 2180, 3857, 5650, 31469])
@pytest.mark.parametrize("order", ["", "swapped"])
def test_crs_and_order_of_two_columns_are_found_by_the_town(
    write: Write, read: Reader, crs: int, order: str
) -> None:
    lines = [
        f"Ort {n};{y if order else x:.7f};{x if order else y:.7f}".replace(".", ",")
        for n, (x, y) in enumerate(moved(crs))
    ]
    found = read(write("p.csv", "Name;X;Y\n" + "\n".join(lines)))
    plan = found.survey.plan.geometry
    assert plan is not None
    assert (plan.crs, plan.is_swapped) == (crs, bool(order))
    assert near(found)
    assert found.done.geometry is not None
    assert (found.done.geometry.type, found.done.geometry.count, found.done.geometry.source_crs) == (
        "Point",
        4,
        crs,
    )


def test_swapped_degrees_are_said_with_a_fix(write: Write, read: Reader, tmp_path: Path) -> None:
    path = write("p.csv", "name,lat,lon\n" + "\n".join(f"{n},{x},{y}" for n, (x, y) in enumerate(PLACES)))
    found = read(path)
    problem = next(one for one in found.survey.problems if one.code == "coordinates_swapped")
    assert problem.severity == "error"
    assert problem.fix == {"geometry": {"is_swapped": True}}
    mended = ingest(path, found.survey.plan.fixed(problem.fix), tmp_path / "mended")
    assert mended.geometry is not None
    assert mended.geometry.bbox == (14.6922, 51.9388, 14.7254, 51.9601)


def test_metres_called_degrees_are_said_with_a_fix(write: Write, tmp_path: Path) -> None:
    path = write(
        "p.csv", "name,lat,lon\n" + "\n".join(f"{n},{y},{x}" for n, (x, y) in enumerate(moved(25833)))
    )
    found = survey(path, name="p.csv", hints=Hints(bbox=GUBEN))
    problem = next(one for one in found.problems if one.code == "wrong_crs")
    assert problem.facts == {"said": 4326, "fits": 25833}
    assert problem.fix is not None
    done = ingest(path, found.plan.fixed(problem.fix), tmp_path / "out")
    assert done.geometry is not None
    assert done.geometry.count == 4


def test_geojson_in_metres_is_said_with_a_fix(write: Write) -> None:
    features = [
        {"type": "Feature", "properties": {"n": n}, "geometry": {"type": "Point", "coordinates": xy}}
        for n, xy in enumerate(moved(25833))
    ]
    path = write("a.geojson", json.dumps({"type": "FeatureCollection", "features": features}))
    found = survey(path, name="a.geojson", hints=Hints(bbox=GUBEN))
    assert [one.facts for one in found.problems if one.code == "wrong_crs"] == [{"said": 4326, "fits": 25833}]


@pytest.mark.parametrize("texts", [
    ["51.9512, 14.7183", "51.9433, 14.7021", "51.9601, 14.7254", "51.9388, 14.6922"],
    ["51,9512 14,7183", "51,9433 14,7021", "51,9601 14,7254", "51,9388 14,6922"],
    ["(14.7183; 51.9512)", "(14.7021; 51.9433)", "(14.7254; 51.9601)", "(14.6922; 51.9388)"],
    ["""51°57'4.32"N 14°43'5.88"E""", """51°56'35.88"N 14°42'7.56"E""", """51°57'36.36"N 14°43'31.44"E""", """51°56'19.68"N 14°41'31.92"E"""],
    ["POINT(14.7183 51.9512)", "POINT (14.7021 51.9433)", "SRID=4326;POINT(14.7254 51.9601)", "POINT(14.6922 51.9388)"],
])  # fmt: skip
def test_both_coordinates_in_one_column_are_found(write: Write, read: Reader, texts: Sequence[str]) -> None:
    rows = "\n".join(f"Ort {n}|{text}" for n, text in enumerate(texts))
    assert near(read(write("p.csv", f"Name|Lage\n{rows}\n")))


def test_degrees_with_minutes_in_two_columns_are_found(write: Write, read: Reader) -> None:
    texts = [
        "51°57'4.32\" N;14°43'5.88\" O",
        "51°56'35.88\" N;14°42'7.56\" O",
        "51°57'36.36\" N;14°43'31.44\" O",
        "51°56'19.68\" N;14°41'31.92\" O",
    ]
    assert near(
        read(
            write(
                "p.csv", "Name;Breite;Länge\n" + "\n".join(f"Ort {n};{text}" for n, text in enumerate(texts))
            )
        )
    )


def test_geojson_column_is_found(write: Write, read: Reader) -> None:
    rows = [{"n": n, "shape": {"type": "Point", "coordinates": xy}} for n, xy in enumerate(PLACES)]
    assert near(read(write("a.json", json.dumps(rows))))


def test_rows_with_impossible_places_are_rejected_and_the_others_kept(write: Write, read: Reader) -> None:
    rows = [f"{n},{y},{x}" for n, (x, y) in enumerate(PLACES * 5)] + ["20,151.9,14.7", "21,,", "22,0,0"]
    found = read(write("p.csv", "n,lat,lon\n" + "\n".join(rows)))
    assert found.rejects == [["22", "lon", "14.7 151.9", "coordinates_out_of_range"]]
    assert found.done.rows == 22
    assert {one.code for one in found.done.problems} == {"null_island"}
    assert found.table.rows(Query(offset=20)).rows[0][-1] is None


def test_invalid_geometry_is_mended_or_rejected(write: Write, read: Reader) -> None:
    bow = [[[14.7, 51.9], [14.8, 52.0], [14.8, 51.9], [14.7, 52.0], [14.7, 51.9]]]
    good = {"type": "Polygon", "coordinates": [[[14.7, 51.9], [14.8, 51.9], [14.8, 52.0], [14.7, 51.9]]]}
    flat = {"type": "Polygon", "coordinates": [[[14.7, 51.9], [14.8, 51.9], [14.7, 51.9], [14.7, 51.9]]]}
    shapes: list[object] = [
        good,
        {"type": "Polygon", "coordinates": bow},
        flat,
        {"type": "Nonsense"},
        None,
        {"type": "Point", "coordinates": []},
    ]
    features = [
        {"type": "Feature", "properties": {"n": n}, "geometry": shape} for n, shape in enumerate(shapes)
    ]
    found = read(
        write(
            "a.geojson",
            json.dumps({"type": "FeatureCollection", "features": [*features, "x", {"type": "Point"}]}),
        )
    )
    assert [(one[0], one[-1]) for one in found.rejects] == [
        ("3", "invalid_geometry"),
        ("4", "invalid_geometry"),
        ("7", "not_a_feature"),
        ("8", "not_a_feature"),
    ]
    assert [one.facts["count"] for one in found.done.problems if one.code == "geometry_mended"] == [1]
    rows = found.table.rows(Query()).rows
    assert [row[1] for row in rows] == [0, 1, 4, 5]
    assert shapely.from_geojson(json.dumps(rows[1][-1])).is_valid


@pytest.mark.parametrize(
    ("driver", "ending"), [("GPKG", "gpkg"), ("KML", "kml"), ("FlatGeobuf", "fgb"), ("GPX", "gpx")]
)
def test_layers_of_geo_files_are_read(tmp_path: Path, read: Reader, driver: str, ending: str) -> None:
    path = tmp_path / f"layer.{ending}"
    crs, places = ("EPSG:25833", moved(25833)) if ending in {"gpkg", "fgb"} else ("EPSG:4326", PLACES)
    points = shapely.to_wkb(shapely.points(places))
    names = np.array([f"Ort {n}" for n in range(4)], dtype=object)
    layer = {"layer": "waypoints"} if ending == "gpx" else {"layer": "orte"}
    pyogrio.raw.write(path, points, [names], ["name"], geometry_type="Point", crs=crs, driver=driver, **layer)
    found = read(path)
    assert near(found) if ending != "fgb" else found.done.rows == 4
    assert "Ort 0" in found.table.rows(Query()).rows[0] or ending == "fgb"


def test_shapefile_in_a_zip_is_read_with_its_letters_and_crs(tmp_path: Path, read: Reader) -> None:
    names = np.array(["Groß Breesen", "Kerkwitz", "Atterwasch", "Grießen"], dtype=object)
    pyogrio.raw.write(
        tmp_path / "orte.shp",
        shapely.to_wkb(shapely.points(moved(25833))),
        [names],
        ["NAME"],
        geometry_type="Point",
        crs="EPSG:25833",
    )
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for part in tmp_path.glob("orte.*"):
            archive.write(part, f"daten/{part.name}")
    path = tmp_path / "orte.zip"
    path.write_bytes(body.getvalue())
    found = read(path)
    assert found.survey.format == "shp"
    assert near(found)
    assert found.table.rows(Query(limit=1)).rows[0][1] == "Groß Breesen"


def test_geoparquet_goes_in_as_it_comes_out(write: Write, read: Reader, tmp_path: Path) -> None:
    first = read(
        write("p.csv", "name,lat,lon\n" + "\n".join(f"Ort {n},{y},{x}" for n, (x, y) in enumerate(PLACES)))
    )
    first.table.export(Query(limit=0), "parquet", tmp_path / "p.parquet")
    again = read(tmp_path / "p.parquet")
    assert again.survey.plan.geometry is not None
    assert again.survey.plan.geometry.how == "native"
    assert near(again)
    geo = json.loads(pq.read_metadata(again.done.table_path).metadata[b"geo"])
    assert geo["columns"]["geometry"]["geometry_types"] == ["Point"]


def test_parquet_of_others_keeps_its_types(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table(
            {
                "id": pa.array([1, 2], pa.int32()),
                "list": [[1], [2, 3]],
                "d": pa.array([1.5, None], pa.float32()),
                "s": ["01", "02"],
                "b": [True, None],
            }
        ),
        path,
    )
    found = read(path)
    assert found.kinds == {"id": "integer", "list": "json", "d": "number", "s": "text:code", "b": "boolean"}
    assert found.table.rows(Query()).rows == ((1, 1, [1], 1.5, "01", True), (2, 2, [2, 3], None, "02", None))


def test_addresses_are_found_and_placed_by_the_caller(write: Write, read: Reader, tmp_path: Path) -> None:
    path = write(
        "a.csv",
        "Name;Straße;Hausnummer;PLZ;Ort\nRathaus;Gasstraße;4;03172;Guben\nKirche;Kirchplatz;1;03172;Guben\nNichts;Mondweg;9;03172;Guben\n",
    )
    found = read(path)
    problem = next(one for one in found.survey.problems if one.code == "addresses_found")
    assert problem.facts == {"columns": ["strasse", "hausnummer", "plz", "ort"]}
    assert problem.fix is not None
    plan = found.survey.plan.fixed(problem.fix)
    asked: list[str] = []

    def geocode(addresses: Sequence[str]) -> Sequence[tuple[float, float] | None]:
        asked.extend(addresses)
        return [None if "Mond" in one else PLACES[0] for one in addresses]

    done = ingest(path, plan, tmp_path / "out", geocode=geocode)
    assert "Gasstraße 4 03172 Guben" in asked
    assert done.geometry is not None
    assert done.geometry.count == 2
    assert [(one.code, one.facts["rows"]) for one in done.problems] == [("address_not_found", [4])]
    with pytest.raises(TableError) as caught:
        ingest(path, plan, tmp_path / "other")
    assert caught.value.code == "no_geocoder"


def test_small_numbers_called_x_and_y_are_no_places(write: Write, read: Reader) -> None:
    assert read(write("a.csv", "x;y\n1;2\n3;4\n")).survey.plan.geometry is None


@given(st.floats(-89.9, 89.9), st.floats(-179.9, 179.9))
def test_degrees_are_read_as_they_were_written(lat: float, lon: float) -> None:
    def dms(value: float, letters: str) -> str:
        seconds = round(abs(value) * 3600, 2)
        return (
            f"{int(seconds // 3600)}°{int(seconds // 60 % 60):02}'{seconds % 60:05.2f}\"{letters[value < 0]}"
        )

    read_lon, read_lat = parse_pair(f"{dms(lat, 'NS')} {dms(lon, 'EW')}")
    assert abs(read_lat - lat) < 1e-5
    assert abs(read_lon - lon) < 1e-5


@given(st.text(max_size=150))
def test_no_text_breaks_the_reading_of_coordinates(text: str) -> None:
    for parse in (parse_angle, parse_pair):
        try:
            parse(text)
        except NoPlace:
            continue
