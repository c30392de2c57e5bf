"""Editors keep areas and addresses in the browser."""

import csv
import io
import json
from pathlib import Path

import pytest
from auditlog.models import LogEntry
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from stadtkern.people.models import User
from stadtkern.people.services import add_person
from stadtkern.places.models import Address, Area
from stadtkern.places.services import import_addresses, import_areas
from stadtkern.places.trail import short_outline

pytestmark = pytest.mark.django_db
PASSWORD = "Neisse-Bruecke-1908"
SQUARE = Polygon.from_bbox((14.70, 51.94, 14.74, 51.97))


def somebody(client: Client, role: str = "editor") -> User:
    """Sign somebody with this role in."""
    user = add_person(f"{role}@guben.example", password=PASSWORD, roles=[role], language="en")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def area(slug: str = "altstadt", name: str = "Altstadt West", **more: object) -> Area:
    """Return a stored area."""
    facts = {"kind": "quarter", "name": {"de": name}, "geometry": MultiPolygon(SQUARE, srid=4326)}
    return Area.objects.create(slug=slug, **facts | more)


def upload(*features: dict[str, object], name: str = "areas.geojson") -> SimpleUploadedFile:
    """Return a GeoJSON file."""
    body = json.dumps({"type": "FeatureCollection", "features": features})
    return SimpleUploadedFile(name, body.encode())


def square(**properties: object) -> dict[str, object]:
    """Return a feature with an outline."""
    return {"type": "Feature", "properties": properties, "geometry": json.loads(SQUARE.geojson)}


def point(lon: float, lat: float, **properties: object) -> dict[str, object]:
    """Return a feature at a point."""
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_editor_draws_an_area_from_a_file_and_changes_its_name(client: Client) -> None:
    somebody(client)
    town = area("guben", "Guben", kind="town")
    form = {"kind": "quarter", "slug": "obersprucke", "name_de": "Obersprucke", "code": ""}
    answer = client.post("/admin/area/new/", {**form, "outline": upload(square())})
    assert answer.status_code == 302, answer.context["form"].errors
    made = Area.objects.get(slug="obersprucke")
    assert (made.parent, made.geometry.num_points) == (town, 5)
    answer = client.post(f"/admin/area/edit/{made.pk}/", {**form, "name_de": "Obersprucke Nord"})
    assert answer.status_code == 302, answer.context["form"].errors
    made.refresh_from_db()
    assert (made.name["de"], made.geometry.num_points) == ("Obersprucke Nord", 5)
    trail = LogEntry.objects.get_for_object(made)
    assert [entry.get_action_display() for entry in trail] == ["update", "create"]
    assert "Obersprucke Nord" in trail[0].changes["name"][1]
    assert len(trail[1].changes["geometry"][1]) < 20


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (upload(square(), square()), "exactly one area"),
        (upload(point(14.7, 51.9)), "not an area but a Point"),
        (SimpleUploadedFile("a.geojson", b"<html>"), "cannot be read"),
        (SimpleUploadedFile("../../etc/a.exe", b"MZ"), "is none of"),
        (None, "Dieses Feld ist zwingend erforderlich"),
    ],
)
def test_outline_that_is_none_is_told_at_the_field(
    client: Client, file: SimpleUploadedFile | None, message: str
) -> None:
    somebody(client)
    form = {"kind": "quarter", "slug": "a", "name_de": "Mückenhain", **({"outline": file} if file else {})}
    answer = client.post("/admin/area/new/", form, HTTP_ACCEPT_LANGUAGE="de")
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {"outline"}
    assert file is None or message in str(answer.context["form"].errors["outline"])
    assert "Mückenhain" in answer.content.decode()
    assert not Area.objects.exists()


def test_address_finds_its_quarter_and_is_found_in_any_spelling(client: Client) -> None:
    somebody(client)
    quarter = area()
    form = {"street": "Frankfurter Straße", "house_number": "12a", "postcode": "03172", "place": "Guben"}
    answer = client.post("/admin/address/new/", {**form, "longitude": "14.72", "latitude": "51.95"})
    assert answer.status_code == 302, answer.context["form"].errors
    made = Address.objects.get()
    assert (made.area, made.point.x) == (quarter, 14.72)
    assert "12a" in client.get("/admin/address/?q=frankfurter+str+12a").content.decode()
    assert "12a" not in client.get("/admin/address/?q=berliner").content.decode()
    client.post(f"/admin/address/edit/{made.pk}/", {**form, "longitude": "15.5", "latitude": "51.95"})
    made.refresh_from_db()
    assert made.area is None


def test_bad_position_is_told_and_nothing_typed_is_lost(client: Client) -> None:
    somebody(client)
    form = {"street": "Ulica Śląska", "longitude": "514.7", "latitude": "nan"}
    answer = client.post("/admin/address/new/", form)
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {"longitude", "latitude"}
    assert "Ulica Śląska" in answer.content.decode()


def test_areas_are_found_by_any_name(client: Client) -> None:
    somebody(client)
    area("guben", name="Guben", code="12071160")
    area("gubin", name="Gubin", code="0802011")
    area("luebben", name="Lübben")
    for text, slug in (("lubben", "luebben"), ("Lübben", "luebben"), ("12071", "guben"), ("GUBI", "gubin")):
        answer = client.get("/admin/area/", {"q": text})
        assert [one.slug for one in answer.context["object_list"]] == [slug], text


def test_file_is_checked_first_and_then_imported(client: Client) -> None:
    editor = somebody(client)
    rows = [point(14.72, 51.95, street="Markt", house_number=str(n)) for n in range(3)]
    rows.append(point(14.72, 51.95, house_number="9"))
    page = client.post(
        "/admin/places/addresses/import/", {"file": upload(*rows), "dry_run": "on"}
    ).content.decode()
    assert "no street" in page
    assert not Address.objects.exists()
    answer = client.post("/admin/places/addresses/import/", {"file": upload(*rows, name="=markt.geojson")})
    assert answer.context["report"].created == Address.objects.count() == 3
    line = LogEntry.objects.get(actor=editor)
    assert line.object_repr == "=markt.geojson: +3, ~0"
    assert "=markt.geojson" in client.get("/admin/reports/audit-trail/").content.decode()


@pytest.mark.parametrize("kind", ["areas", "addresses"])
def test_broken_file_is_told_at_the_field(client: Client, kind: str) -> None:
    somebody(client)
    file = SimpleUploadedFile("a.zip", b"PK\x03\x04 cut off")
    answer = client.post(f"/admin/places/{kind}/import/", {"file": file})
    assert answer.status_code == 422
    assert "file" in answer.context["form"].errors


@pytest.mark.parametrize(("role", "status"), [("editor", 200), ("admin", 200), ("moderator", 302)])
def test_who_brings_files_in(client: Client, role: str, status: int) -> None:
    somebody(client, role)
    for path in ("places/areas/import/", "places/addresses/import/", "area/new/", "address/new/"):
        assert client.get(f"/admin/{path}").status_code == status, path


def test_citizens_see_nothing_of_it(client: Client) -> None:
    somebody(client, "citizen")
    for path in ("area/", "address/", "places/areas/areas.geojson", "places/addresses/addresses.geojson"):
        assert client.get(f"/admin/{path}").status_code in {302, 403}, path


def test_what_was_taken_out_can_be_brought_in_again(client: Client, tmp_path: Path) -> None:
    somebody(client)
    area(name="Süd \"<b>'", code="12071160")
    address = Address(street="Straße", house_number="1", place="Gubin", point=Point(14.72, 51.95, srid=4326))
    address.save()
    for kind, load in (("areas", import_areas), ("addresses", import_addresses)):
        answer = client.get(f"/admin/places/{kind}/{kind}.geojson")
        file = tmp_path / f"{kind}.geojson"
        file.write_bytes(answer.getvalue())
        report = load(file)
        assert (report.created, report.updated, report.rejected) == (0, 1, [])
    answer = client.get("/admin/address/?export=csv")
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    assert (row["street"], float(row["lon"])) == ("Straße", 14.72)


def test_lists_are_paged_in_a_constant_number_of_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    somebody(client)
    parent = area("guben", kind="town")
    for number in range(60):
        area(f"q{number}", parent=parent)
        Address(street="Markt", house_number=str(number), area=parent, point=Point(14.7, 51.9)).save()
    client.get("/admin/area/")
    for path in ("/admin/area/", "/admin/address/?p=2"):
        with django_assert_max_num_queries(16):
            assert client.get(path).status_code == 200


def test_outline_in_the_trail_is_a_mark() -> None:
    assert short_outline("None") == ""
    assert short_outline("POLYGON ((0 0))") != short_outline("POLYGON ((0 1))")
