"""Areas and addresses: bringing in, finding."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from shapely.geometry.base import BaseGeometry

from stadtkern.base.errors import BadInput
from stadtkern.places import crs, views
from stadtkern.places.folding import folded_words
from stadtkern.places.models import Address, AddressWord, Area
from stadtkern.places.queries import PAGE, search_addresses
from stadtkern.places.services import IMPORTERS, import_addresses, import_areas

SHARED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "data"
SQUARE = shapely.box(14.6, 51.9, 14.8, 52.0)


def geojson(path: Path, *features: tuple[dict[str, Any], BaseGeometry | None]) -> Path:
    rows = [
        {
            "type": "Feature",
            "properties": values,
            "geometry": None if shape is None else shapely.geometry.mapping(shape),
        }
        for values, shape in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    return path


def write(path: Path, srid: int | None, rows: list[tuple[dict[str, str], BaseGeometry]]) -> Path:
    names = list(rows[0][0])
    shapes = [
        shape if srid in {None, 4326} else crs.transform(shape, srid, source=4326) for _values, shape in rows
    ]
    pyogrio.raw.write(
        path,
        np.array(shapely.to_wkb(shapes), dtype=object),
        [np.array([values[name] for values, _shape in rows], dtype=object) for name in names],
        names,
        geometry_type=shapes[0].geom_type,
        crs=f"EPSG:{srid}" if srid else None,
        encoding="UTF-8" if path.suffix == ".shp" else None,
    )
    return path


def shapefile_zip(folder: Path, srid: int, rows: list[tuple[dict[str, str], BaseGeometry]]) -> Path:
    write(folder / "areas.shp", srid, rows)
    packed = folder / "areas.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in folder.glob("areas.*"):
            if part != packed:
                archive.write(part, part.name)
    return packed


def address(street: str, number: str = "", **values: Any) -> Address:  # noqa: ANN401
    values = {"postcode": "03172", "place": "Guben", "point": Point(14.7, 51.95, srid=4326), **values}
    return Address.objects.create(street=street, house_number=number, **values)


def found(text: str) -> list[str]:
    return [f"{a.street} {a.house_number}".strip() for a in Address.objects.search(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Frankfurter Straße 12", "FRANKFURTER STR. 12"),
        ("Frankfurter Strasse 12", "frankfurter str 12"),
        ("Bahnhofstraße", "Bahnhofstr."),
        ("ul. Śląska", "Slaska"),
        ("ulica Łużycka 3", "luzycka 3"),
        ("Müllerweg", "Muellerweg"),
        ("Dwórnišćowa droga", "Dwornisczowa droga".replace("cz", "c")),
        ("Gubener Straße 12 a", "Gubener Str. 12a"),
        ("Straße der Jugend", "Str. der Jugend"),
        ("Berliner Platz", "Berliner Pl."),
        ("al. Jana Pawła II", "Jana Pawla II"),
    ],
)
def test_spellings_of_one_street_fold_to_the_same(one: str, other: str) -> None:
    assert folded_words(one) == folded_words(other)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_folding_takes_any_text_and_is_stable(text: str) -> None:
    words = folded_words(text)
    assert all(word.isascii() and word.isalnum() for word in words)
    assert folded_words(" ".join(words)) == words


@pytest.mark.django_db
def test_search_finds_in_any_spelling_and_order() -> None:
    address("Frankfurter Straße", "12")
    address("Straße der Jugend", "3")
    address("ul. Śląska", "3", place="Gubin", postcode="66-620")
    for text in (
        "Frankfurter Str 12",
        "frankfurter strasse 12",
        "frank",
        "guben frankfurter",
        "12 Frankf",
        "frankfurter stra",
    ):
        assert found(text) == ["Frankfurter Straße 12"], text
    assert found("ul. Slaska") == found("śląska gubin") == found("slas 66-620") == ["ul. Śląska 3"]
    assert found("jugend 3") == ["Straße der Jugend 3"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["", "  ", "%", "_", "'; DROP TABLE", "\x00", "frankfurter nowhere", "ł" * 5000]
)
def test_search_for_nonsense_finds_nothing(text: str) -> None:
    address("Frankfurter Straße", "12")
    assert found(text) == []


@pytest.mark.django_db
def test_numbers_come_in_the_order_of_numbers() -> None:
    for number in ("10", "9", "9a", "1-3", "100"):
        address("Am Markt", number)
    assert found("markt") == [f"Am Markt {number}" for number in ("1-3", "9", "9a", "10", "100")]


@pytest.mark.django_db
def test_changed_address_is_found_by_its_new_words_only() -> None:
    house = address("Alter Weg", "1")
    house.street = "Neuer Weg"
    house.save()
    assert found("alter") == []
    assert found("neuer weg") == ["Neuer Weg 1"]


@pytest.mark.django_db
def test_search_is_paged_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(PAGE + 5):
        address("Am Markt", str(number + 1))
    with django_assert_num_queries(1):
        first = search_addresses("markt")
    assert (len(first.items), first.next_page) == (PAGE, 2)
    second = search_addresses("markt", page="2")
    assert (len(second.items), second.next_page, second.items[0].house_number) == (5, None, str(PAGE + 1))
    for page in ("0", "-1", "x", "²", "99999999", "9" * 5000):
        with pytest.raises(BadInput, match="page must be"):
            search_addresses("markt", page=page)


@pytest.mark.django_db
def test_interface_has_an_address_and_names_a_bad_page(client: Client) -> None:
    address("Uferstraße", "1")
    assert client.get("/api/v1/addresses", {"q": "ufer"}).json()["items"][0]["street"] == "Uferstraße"
    assert client.get("/api/v1/addresses", {"q": "ufer", "page": "x"}).status_code == 422
    assert client.post("/api/v1/addresses").status_code == 405


@pytest.mark.django_db
def test_interface_answers_json_with_the_way_to_the_next_page(rf: RequestFactory) -> None:
    for number in range(PAGE + 1):
        address("Uferstraße", str(number + 1))
    body = json.loads(views.addresses(rf.get("/api/v1/addresses", {"q": "uferstr & 2"})).content)
    assert body["items"][0]["label"] == "Uferstraße 2, 03172 Guben"
    body = json.loads(views.addresses(rf.get("/api/v1/addresses", {"q": "ufer"})).content)
    assert body["next"] == "/api/v1/addresses?q=ufer&page=2"
    assert body["items"][0] | {"label": ""} == {
        "label": "",
        "street": "Uferstraße",
        "house_number": "1",
        "postcode": "03172",
        "place": "Guben",
        "area": None,
        "lon": 14.7,
        "lat": 51.95,
    }


AREA_ROWS = [
    ({"GEN": "Guben", "AGS": "12071160"}, SQUARE),
    ({"GEN": "Schenkendöbern", "AGS": "12071337"}, shapely.box(14.5, 51.8, 14.6, 51.9)),
]


@pytest.mark.django_db
@pytest.mark.parametrize("srid", sorted(crs.SUPPORTED))
def test_areas_come_from_each_format_in_each_system(tmp_path: Path, srid: int) -> None:
    for file in (write(tmp_path / "areas.gpkg", srid, AREA_ROWS), shapefile_zip(tmp_path, srid, AREA_ROWS)):
        Area.objects.all().delete()
        report = import_areas(file)
        assert (report.read, report.created, report.rejected) == (2, 2, [])
        guben = Area.objects.get(slug="guben")
        assert (guben.kind, guben.code, str(guben)) == ("town", "12071160", "Guben")
        assert guben.geometry.srid == 4326
        assert guben.geometry.extent == pytest.approx((14.6, 51.9, 14.8, 52.0), abs=0.002)
        assert str(Area.objects.get(code="12071337")) == "Schenkendöbern"


@pytest.mark.django_db
def test_second_import_changes_instead_of_doubling(tmp_path: Path) -> None:
    import_areas(write(tmp_path / "a.gpkg", 4326, AREA_ROWS))
    moved = [({"GEN": "Guben (neu)", "AGS": "12071160"}, shapely.box(14.6, 51.9, 14.9, 52.0))]
    report = import_areas(write(tmp_path / "b.gpkg", 4326, moved))
    assert (report.created, report.updated, Area.objects.count()) == (0, 1, 2)
    guben = Area.objects.get(code="12071160")
    assert (guben.slug, str(guben), guben.geometry.extent[2]) == ("guben", "Guben (neu)", 14.9)


@pytest.mark.django_db
def test_bad_rows_are_named_and_good_ones_kept(tmp_path: Path) -> None:
    bow = shapely.Polygon([(14, 51), (15, 52), (15, 51), (14, 52)])
    file = geojson(
        tmp_path / "areas.geojson",
        ({"name": "Gut"}, SQUARE),
        ({"name": "Ohne Umriss"}, None),
        ({"name": ""}, SQUARE),
        ({"name": "Punkt"}, shapely.Point(14, 51)),
        ({"name": "Mars"}, shapely.box(500, 51, 501, 52)),
        ({"name": "Schleife"}, bow),
        ({"name": "Gut"}, SQUARE),
        ({"name": "Dorf", "kind": "village"}, SQUARE),
        ({"name": "Leer"}, shapely.Polygon()),
        ({"name": "Lang", "code": "1" * 20}, SQUARE),
    )
    report = import_areas(file)
    assert (report.read, report.created) == (10, 2)
    assert {row.row: row.reason for row in report.rejected} == {
        2: "no geometry",
        3: "no name",
        4: "not an area but a Point",
        5: "the geometry lies outside of the earth: is the coordinate system right?",
        7: "the same as in row 1",
        8: "unknown kind of area 'village'",
        9: "the geometry is empty",
        10: "the official number '11111111111111111111' is too long",
    }
    repaired = Area.objects.get(slug="schleife").geometry
    assert repaired.valid
    assert repaired.area == pytest.approx(0.5)


@pytest.mark.django_db
def test_dry_run_reports_and_writes_nothing(tmp_path: Path) -> None:
    file = write(tmp_path / "areas.gpkg", 25833, AREA_ROWS)
    report = import_areas(file, dry_run=True)
    assert (report.created, report.dry_run) == (2, True)
    assert not Area.objects.exists()


@pytest.mark.django_db
def test_failure_while_storing_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_words: object, **_options: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(AddressWord.objects, "bulk_create", fail)
    file = geojson(
        tmp_path / "a.geojson", ({"strasse": "Am Markt", "hausnummer": "1"}, shapely.Point(14.7, 51.9))
    )
    with pytest.raises(OSError, match="disk full"):
        import_addresses(file)
    assert not Address.objects.exists()


@pytest.mark.django_db
def test_area_lies_in_the_next_larger_one(tmp_path: Path) -> None:
    import_areas(
        geojson(
            tmp_path / "areas.geojson",
            ({"name": "Altstadt", "kind": "quarter"}, shapely.box(14.70, 51.95, 14.72, 51.96)),
            ({"name": "Guben", "code": "12071160"}, SQUARE),
            ({"name": "Spree-Neiße", "code": "12071"}, shapely.box(14, 51.5, 15, 52.1)),
            ({"name": "Deutschland", "name_pl": "Niemcy", "kind": "country"}, shapely.box(6, 47, 15.1, 55)),
        )
    )
    parents = dict(Area.objects.values_list("slug", "parent__slug"))
    assert parents["altstadt"] == "guben"
    assert parents["guben"] == Area.objects.get(code="12071").slug
    assert Area.objects.get(code="12071").parent == Area.objects.get(kind="country")


@pytest.mark.django_db
def test_addresses_get_point_area_and_words(tmp_path: Path) -> None:
    area = Area.objects.create(
        kind="town",
        slug="guben",
        name={"de": "Guben"},
        geometry=MultiPolygon(Polygon.from_bbox((14.6, 51.9, 14.8, 52)), srid=4326),
    )
    rows: list[tuple[dict[str, Any], BaseGeometry | None]] = [
        (
            {"STN": "Frankfurter Straße", "HNR": 12, "ADZ": "a", "PLZ": "03172", "ONM": "Guben"},
            shapely.Point(14.71, 51.95),
        ),
        (
            {"STN": "Uferstraße", "HNR": 1, "PLZ": "03172", "ONM": "Guben"},
            shapely.box(14.72, 51.95, 14.73, 51.96),
        ),
        ({"STN": "Śląska", "HNR": 3, "PLZ": "66-620", "ONM": "Gubin"}, shapely.Point(14.9, 51.95)),
        ({"STN": "", "HNR": 3}, shapely.Point(14.9, 51.95)),
        ({"STN": "Uferstraße", "HNR": 1, "PLZ": "03172", "ONM": "Guben"}, shapely.Point(14.9, 51.95)),
        ({"STN": "x" * 200, "HNR": 1}, shapely.Point(14.9, 51.95)),
    ]
    file = geojson(tmp_path / "a.geojson", *rows)
    report = import_addresses(file)
    assert (report.created, [row.row for row in report.rejected]) == (3, [4, 5, 6])
    assert report.rejected[2].reason == "street is longer than 150 letters"
    house = Address.objects.search("frankfurter str 12a guben").get()
    assert (house.area, house.number_order, house.point.coords) == (area, 12, (14.71, 51.95))
    assert Address.objects.search("ufer").get().area == area
    assert Address.objects.search("slaska").get().area is None
    again = import_addresses(file)
    assert (again.created, again.updated, Address.objects.count()) == (0, 3, 3)


@pytest.mark.django_db
def test_csv_with_wkt_needs_its_system_named(tmp_path: Path) -> None:
    file = tmp_path / "streets.csv"
    file.write_text(
        'Name,Postleitzahl,Geometry\nAckerweg,85622,"MULTILINESTRING ((11.76 48.13, 11.77 48.14))"\n'
    )
    with pytest.raises(BadInput, match="does not say in which coordinate system"):
        import_addresses(file)
    report = import_addresses(file, srid=4326)
    assert (report.created, report.rejected) == (1, [])
    assert Address.objects.get().postcode == "85622"


@pytest.mark.parametrize(
    "name", ["nothing.geojson", "text.geojson", "table.xlsx", "cut.zip", "empty.zip", "none.gpkg"]
)
def test_useless_file_gives_one_clear_line(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    contents = {
        "text.geojson": b"<html>404",
        "table.xlsx": b"PK",
        "cut.zip": b"PK\x03\x04cut",
        "empty.zip": buffer.getvalue(),
        "none.gpkg": b"SQLite format 3\x00",
    }
    if name in contents:
        file.write_bytes(contents[name])
    with pytest.raises(BadInput, match=Path(name).stem) as problem:
        import_areas(file)
    assert "\n" not in str(problem.value)


def test_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stadtkern.places.files.LARGEST", 1000)
    file = tmp_path / "bomb.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("areas.shp", b"0" * 2000)
    with pytest.raises(BadInput, match="would fill"):
        import_areas(file)


@pytest.mark.django_db
def test_command_names_rows_and_counts(tmp_path: Path) -> None:
    file = geojson(tmp_path / "areas.geojson", ({"name": "Guben"}, SQUARE), ({"name": "Leer"}, None))
    out, err = io.StringIO(), io.StringIO()
    call_command("import_places", "areas", str(file), dry_run=True, stdout=out, stderr=err)
    assert out.getvalue() == "2 rows read: 1 would be created, 0 would be updated, 1 left out\n"
    assert err.getvalue() == "row 2: no geometry\n"
    with pytest.raises(CommandError, match="there is no file"):
        call_command("import_places", "areas", "nowhere.geojson")
    assert set(IMPORTERS) == {"areas", "addresses"}


@pytest.mark.django_db
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the collected public files")
def test_real_boundaries_of_both_banks_come_in() -> None:
    german = import_areas(SHARED / "guben_region" / "gemeinden_region.geojson")
    polish = import_areas(SHARED / "guben_region" / "gminy_region.geojson")
    assert german.rejected == polish.rejected == []
    guben = Area.objects.get(code="12071160")
    assert guben.geometry.covers(Point(14.7167, 51.95, srid=4326))
    assert Area.objects.filter(kind="town", geometry__covers=Point(14.72, 51.95, srid=4326)).count() >= 1
    counties = import_areas(SHARED / "boundaries_pl" / "poland.counties.json")
    assert counties.created > 370
    assert len(counties.rejected) <= 2


@pytest.mark.django_db
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the collected public files")
def test_real_streets_of_a_town_come_in() -> None:
    report = import_addresses(SHARED / "small_town_vaterstetten" / "osmStrassen.csv", srid=4326)
    assert report.created > 200
    assert report.created + len(report.rejected) == report.read
    assert "Ackerweg" in found("acker")


def test_only_offered_systems_are_served() -> None:
    assert crs.require_supported(25833) == 25833
    with pytest.raises(BadInput, match="EPSG:31467 is not offered"):
        crs.require_supported(31467)
    with pytest.raises(BadInput):
        crs.transform(shapely.Point(1, 1), 25833, source=999999)
    with pytest.raises(BadInput, match="does not say"):
        crs.transform(shapely.Point(1, 1), 25833)
    with pytest.raises(BadInput, match="outside"):
        crs.transform(shapely.Point(0, 1e9), 25833, source=4326)


@given(lon=st.floats(6, 24), lat=st.floats(47, 55), srid=st.sampled_from(sorted(crs.SUPPORTED)))
@settings(deadline=None, max_examples=60)
def test_there_and_back_is_the_same_place(lon: float, lat: float, srid: int) -> None:
    there = crs.transform(shapely.Point(lon, lat, 35.5), srid, source=4326)
    back = crs.transform(there, 4326)
    assert (back.x, back.y, back.z) == pytest.approx((lon, lat, 35.5), abs=1e-6)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "names"),
    [
        ('{"de": "Süd", "pl": "Południe", "fr": "Sud"}', {"de": "Süd", "pl": "Południe"}),
        ('{"fr": "Sud"}', None),
        ("[1]", {"de": "[1]"}),
        ("{", {"de": "{"}),
    ],
)
def test_names_may_be_an_object_by_language(tmp_path: Path, name: str, names: dict[str, str] | None) -> None:
    shape = {"type": "Polygon", "coordinates": [[[14, 51], [15, 51], [15, 52], [14, 51]]]}
    value = json.loads(name) if names is None or len(names) > 1 else name
    feature = {"type": "Feature", "properties": {"name": value}, "geometry": shape}
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    import_areas(file)
    assert [area.name for area in Area.objects.all()] == ([names] if names else [])
