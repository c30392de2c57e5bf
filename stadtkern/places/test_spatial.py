"""Geometry columns mean the same on SQLite and on PostGIS: this module passes on both."""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
import shapely
from django.apps.registry import Apps
from django.contrib.gis.db import models
from django.contrib.gis.db.models import Collect, Extent, MakeLine, Union
from django.contrib.gis.db.models import functions as gis
from django.contrib.gis.geos import (
    GEOSGeometry,
    LineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)
from django.contrib.gis.measure import D
from django.db import DataError, IntegrityError, InternalError, connection, transaction
from django.db.models import F, Q, Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from stadtkern.places.crs import ELLIPSOID, transform
from stadtkern.places.functions import Buffer
from stadtkern.places.sqlite.loose import Node

registry = Apps()
GUBEN, GUBIN, COTTBUS = (
    Point(14.7167, 51.9500, srid=4326),
    Point(14.7333, 51.9500, srid=4326),
    Point(14.3329, 51.7563, srid=4326),
)


class Spot(models.Model):
    """Something with a shape in degrees."""

    name = models.CharField(max_length=20)
    shape = models.GeometryField(srid=4326, null=True)

    objects: ClassVar[Node] = models.Manager()

    class Meta:
        app_label = "places"
        apps = registry


class Station(models.Model):
    """A point known by a text key."""

    code = models.CharField(max_length=20, primary_key=True)
    point = models.PointField(srid=4326, geography=True, null=True)

    objects: ClassVar[Node] = models.Manager()

    class Meta:
        app_label = "places"
        apps = registry


class Plot(models.Model):
    """An area in metres."""

    area = models.PolygonField(srid=25833)

    objects: ClassVar[Node] = models.Manager()

    class Meta:
        app_label = "places"
        apps = registry


MODELS = (Spot, Station, Plot)


@pytest.fixture(scope="module", autouse=True)
def tables(django_db_setup: None, django_db_blocker: Node) -> Iterator[None]:
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            for model in MODELS:
                editor.create_model(model)
        yield
        with connection.schema_editor() as editor:
            for model in MODELS:
                editor.delete_model(model)


def metres_between(one: Point, other: Point) -> float:
    return float(ELLIPSOID.inv(one.x, one.y, other.x, other.y)[2])


def box(west: float, south: float, east: float, north: float, srid: int = 4326) -> Polygon:
    polygon = Polygon.from_bbox((west, south, east, north))
    polygon.srid = srid
    return polygon


def spots(**shapes: str | None) -> None:
    Spot.objects.bulk_create(
        Spot(name=name, shape=wkt and GEOSGeometry(wkt, srid=4326)) for name, wkt in shapes.items()
    )


def names(**lookup: Node) -> set[str]:
    return set(Spot.objects.filter(**lookup).values_list("name", flat=True))


SHAPES = {
    "inside": "POINT (14.5 51.5)",
    "corner": "POINT (14 51)",
    "outside": "POINT (15.5 51.5)",
    "crossing": "LINESTRING (13.5 51.5, 15.5 51.5)",
    "neighbour": "POLYGON ((15 51, 16 51, 16 52, 15 52, 15 51))",
    "overlapping": "POLYGON ((14.5 51.5, 15.5 51.5, 15.5 52.5, 14.5 52.5, 14.5 51.5))",
    "same": "POLYGON ((14 51, 14 52, 15 52, 15 51, 14 51))",
    "around": "POLYGON ((13 50, 16 50, 16 53, 13 53, 13 50))",
    "many": "MULTIPOINT ((14.2 51.2), (20 20))",
    "diagonal": "LINESTRING (12 51, 15 54.5)",
    "empty": "POLYGON EMPTY",
    "nothing": None,
}
SQUARE = box(14, 51, 15, 52)
EXPECTED = {
    "intersects": {"inside", "corner", "crossing", "neighbour", "overlapping", "same", "around", "many"},
    "within": {"inside", "same"},
    "coveredby": {"inside", "corner", "same"},
    "contains": {"same", "around"},
    "covers": {"same", "around"},
    "contains_properly": {"around"},
    "touches": {"corner", "neighbour"},
    "crosses": {"crossing", "many"},
    "overlaps": {"overlapping"},
    "equals": {"same"},
    "disjoint": {"outside", "diagonal", "empty"},
    "bboverlaps": {
        "inside",
        "corner",
        "crossing",
        "neighbour",
        "overlapping",
        "same",
        "around",
        "many",
        "diagonal",
    },
    "bbcontains": {"same", "around", "diagonal"},
    "contained": {"inside", "corner", "same"},
}


BY_BOX = {"bboverlaps", "bbcontains", "contained"}


@pytest.mark.django_db
@pytest.mark.parametrize("lookup", EXPECTED)
def test_lookup_finds_what_the_shapes_say(lookup: str) -> None:
    spots(**SHAPES)
    found = names(**{f"shape__{lookup}": SQUARE})
    if lookup in BY_BOX:
        found.discard(
            "empty"
        )  # PostGIS counts the box of an empty shape as part of every box, we as part of none
    assert found == EXPECTED[lookup]


@pytest.mark.django_db
@pytest.mark.parametrize("lookup", sorted(set(EXPECTED) - BY_BOX))
def test_excluding_gives_all_others(lookup: str) -> None:
    spots(**SHAPES)
    others = set(Spot.objects.exclude(**{f"shape__{lookup}": SQUARE}).values_list("name", flat=True))
    assert others == set(SHAPES) - EXPECTED[lookup]


@pytest.mark.django_db
def test_relate_takes_a_pattern() -> None:
    spots(**SHAPES)
    assert names(shape__relate=(SQUARE, "T*F**F***")) == {"inside", "same"}
    with pytest.raises(ValueError, match="pattern"):
        names(shape__relate=(SQUARE, "nonsense"))


@pytest.mark.django_db
def test_isvalid_and_isempty() -> None:
    spots(good="POINT (1 1)", bow="POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))", empty="POLYGON EMPTY", nothing=None)
    assert names(shape__isvalid=False) == {"bow"}
    assert names(shape__isempty=True) == {"empty"}
    assert names(shape__isnull=True) == {"nothing"}


@pytest.mark.django_db
def test_lookups_join_by_or_and_by_column() -> None:
    spots(**SHAPES)
    either = Spot.objects.filter(Q(shape__within=SQUARE) | Q(name="outside"))
    assert set(either.values_list("name", flat=True)) == {"inside", "same", "outside"}
    assert Spot.objects.filter(shape__equals=F("shape")).count() == len(SHAPES) - 1


@pytest.mark.django_db
def test_subquery_gives_the_geometry_to_compare_with() -> None:
    spots(**SHAPES)
    square = Spot.objects.filter(name="same").values("shape")[:1]
    assert names(shape__within=square) == EXPECTED["within"]


@pytest.mark.django_db
def test_constant_in_another_system_is_brought_to_that_of_the_column() -> None:
    spots(guben=GUBEN.wkt, cottbus=COTTBUS.wkt)
    around_guben = GUBEN.transform(25833, clone=True).buffer(500)
    assert names(shape__within=around_guben) == {"guben"}


@pytest.mark.django_db
def test_geometry_comes_back_as_it_was_stored() -> None:
    shape = MultiPolygon(Polygon(((0.1, 0.2), (1 / 3, 0), (1, 1.123456789012345), (0.1, 0.2))), srid=4326)
    spot = Spot.objects.create(name="exact", shape=shape)
    spot.refresh_from_db()
    assert spot.shape is not None
    assert spot.shape.ewkb == shape.ewkb
    assert Spot.objects.get(shape=shape) == spot


@pytest.mark.django_db
def test_column_refuses_other_kinds_and_bytes() -> None:
    wrong = ["POINT (1 1)", "MULTIPOINT ((1 1))", "LINESTRING (1 1, 2 2)"]
    blobs = [
        shapely.to_wkb(shapely.set_srid(shapely.from_wkt(wkt), 25833), include_srid=True) for wkt in wrong
    ]
    blobs.append(shapely.to_wkb(shapely.set_srid(shapely.box(0, 0, 1, 1), 4326), include_srid=True))
    for blob in (*blobs, b"\x01\x02 not a geometry"):
        with (
            pytest.raises((IntegrityError, DataError, InternalError)),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("INSERT INTO places_plot (area) VALUES (%s)", [blob])
    assert not Plot.objects.exists()


@pytest.mark.django_db
def test_update_and_delete_are_seen_by_the_next_search() -> None:
    spots(a="POINT (14.5 51.5)", b=None)
    Spot.objects.filter(name="a").update(shape=Point(0, 0, srid=4326))
    assert names(shape__intersects=SQUARE) == set()
    Spot.objects.filter(name="b").update(shape=Point(14.1, 51.1, srid=4326))
    assert names(shape__intersects=SQUARE) == {"b"}
    Spot.objects.filter(name="b").update(shape=None)
    assert names(shape__intersects=SQUARE) == set()
    Spot.objects.update(shape=Point(14.1, 51.1, srid=4326))
    Spot.objects.filter(name="a").delete()
    assert names(shape__intersects=SQUARE) == {"b"}


@pytest.mark.django_db
def test_bulk_update_and_upsert_are_seen_by_the_next_search() -> None:
    Station.objects.bulk_create([Station(code=f"s{n}", point=Point(0, n, srid=4326)) for n in range(5)])
    fresh = [Station(code=f"s{n}", point=Point(14.5, 51.5, srid=4326)) for n in (1, 7)]
    Station.objects.bulk_create(fresh, update_conflicts=True, unique_fields=["code"], update_fields=["point"])
    moved = Station.objects.get(code="s2")
    moved.point = Point(14.6, 51.6, srid=4326)
    Station.objects.bulk_update([moved], ["point"])
    found = Station.objects.filter(point__coveredby=SQUARE).order_by("code")
    assert [station.code for station in found] == ["s1", "s2", "s7"]
    Station.objects.filter(code="s7").delete()
    assert Station.objects.filter(point__intersects=SQUARE).count() == 2


@pytest.mark.django_db
def test_within_metres_of_a_point_in_degrees() -> None:
    spots(guben=GUBEN.wkt, gubin=GUBIN.wkt, cottbus=COTTBUS.wkt, nothing=None)
    metres = metres_between(GUBEN, GUBIN)
    assert names(shape__dwithin=(GUBEN, D(m=metres + 0.01))) == {"guben", "gubin"}
    assert names(shape__dwithin=(GUBEN, D(m=metres - 0.01))) == {"guben"}
    assert names(shape__dwithin=(GUBEN.transform(25833, clone=True), D(km=5))) == {"guben", "gubin"}
    assert names(shape__dwithin=(GUBEN, 0.1)) == {"guben", "gubin"}


@pytest.mark.django_db
def test_within_metres_of_a_geography_with_a_text_key() -> None:
    for code, point in (("guben", GUBEN), ("gubin", GUBIN), ("cottbus", COTTBUS), ("nothing", None)):
        Station.objects.create(code=code, point=point)
    near = Station.objects.filter(point__dwithin=(GUBEN, D(km=2)))
    assert {station.code for station in near} == {"guben", "gubin"}
    assert Station.objects.filter(point__dwithin=(GUBEN, 2000)).count() == 2
    distances = Station.objects.annotate(d=gis.Distance("point", GUBEN)).order_by("d")
    assert [station.code for station in distances] == ["guben", "gubin", "cottbus", "nothing"]
    by_code = {station.code: station.d for station in distances}
    assert by_code["nothing"] is None
    assert by_code["cottbus"].m == pytest.approx(metres_between(GUBEN, COTTBUS), abs=0.001)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("comparison", "expected"),
    [("lt", {"guben"}), ("lte", {"guben"}), ("gt", {"gubin", "cottbus"}), ("gte", {"gubin", "cottbus"})],
)
def test_distance_comparison_in_metres(comparison: str, expected: set[str]) -> None:
    spots(guben=GUBEN.wkt, gubin=GUBIN.wkt, cottbus=COTTBUS.wkt, nothing=None)
    assert names(**{f"shape__distance_{comparison}": (GUBEN, D(km=1))}) == expected


@pytest.mark.django_db
def test_distance_from_a_river_is_near_the_truth() -> None:
    river = LineString((14.70, 51.90), (14.72, 51.95), (14.70, 52.00), srid=4326)
    Spot.objects.create(name="river", shape=river)
    measured = Spot.objects.annotate(d=gis.Distance("shape", COTTBUS)).get().d.m
    flat = shapely.distance(
        transform(shapely.from_wkt(river.wkt), 25833, source=4326),
        transform(shapely.from_wkt(COTTBUS.wkt), 25833, source=4326),
    )
    assert measured == pytest.approx(flat, rel=0.005)


@pytest.mark.django_db
def test_area_and_lengths_in_the_plane() -> None:
    plot = Plot.objects.create(area=box(480000, 5750000, 480030, 5750040, 25833))
    measured = Plot.objects.annotate(
        size=gis.Area("area"),
        edge=gis.Perimeter("area"),
        far=gis.Distance("area", Point(480100, 5750000, srid=25833)),
    ).get(pk=plot.pk)
    assert measured.size.sq_m == pytest.approx(1200)
    assert measured.edge.m == pytest.approx(140)
    assert measured.far.m == pytest.approx(70)
    assert Plot.objects.filter(area__dwithin=(Point(480100, 5750000, srid=25833), D(m=70))).exists()
    assert not Plot.objects.filter(area__distance_lt=(Point(480100, 5750000, srid=25833), D(m=70))).exists()


@pytest.mark.django_db
def test_length_of_a_line_in_degrees_is_metres() -> None:
    spots(line=f"LINESTRING ({GUBEN.x} {GUBEN.y}, {GUBIN.x} {GUBIN.y})")
    length = Spot.objects.annotate(length=gis.Length("shape")).get().length
    assert length.m == pytest.approx(metres_between(GUBEN, GUBIN), abs=0.001)


def reads(function: Node) -> Node:
    return Spot.objects.annotate(result=function).get().result


OTHER = Value(box(0.5, 0, 2, 1), output_field=models.GeometryField(srid=4326))
SHAPE_FUNCTIONS: dict[str, tuple[Any, str]] = {
    "centroid": (gis.Centroid("shape"), "POINT (0.5 0.5)"),
    "envelope": (gis.Envelope("shape"), "POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0))"),
    "union": (gis.Union("shape", OTHER), "POLYGON ((0 0, 0 1, 2 1, 2 0, 0 0))"),
    "intersection": (gis.Intersection("shape", OTHER), "POLYGON ((0.5 0, 0.5 1, 1 1, 1 0, 0.5 0))"),
    "difference": (gis.Difference("shape", OTHER), "POLYGON ((0 0, 0 1, 0.5 1, 0.5 0, 0 0))"),
    "symdifference": (
        gis.SymDifference("shape", OTHER),
        "MULTIPOLYGON (((0 0, 0 1, 0.5 1, 0.5 0, 0 0)), ((1 0, 1 1, 2 1, 2 0, 1 0)))",
    ),
    "translate": (gis.Translate("shape", 2, 3), "POLYGON ((2 3, 2 4, 3 4, 3 3, 2 3))"),
    "scale": (gis.Scale("shape", 2, 3), "POLYGON ((0 0, 0 3, 2 3, 2 0, 0 0))"),
    "snap": (gis.SnapToGrid("shape", 2), "POLYGON EMPTY"),
    "makevalid": (gis.MakeValid("shape"), "POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0))"),
    "closest": (gis.ClosestPoint("shape", Value(Point(5, 0.5, srid=4326))), "POINT (1 0.5)"),
    "reverse": (gis.Reverse("shape"), "POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0))"),
    "clockwise": (gis.ForcePolygonCW("shape"), "POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0))"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(SHAPE_FUNCTIONS) - {"snap"}))
def test_function_gives_the_shape(name: str) -> None:
    spots(square="POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))")
    function, wkt = SHAPE_FUNCTIONS[name]
    result = reads(function)
    result = result if isinstance(result, GEOSGeometry) else GEOSGeometry(memoryview(result))
    assert result.equals(GEOSGeometry(wkt))
    assert result.srid in {4326, None}


@pytest.mark.django_db
def test_function_gives_the_figure() -> None:
    spots(line="LINESTRING (0.123456789 0, 0 1, 3 1)")
    assert reads(gis.NumPoints("shape")) == 3
    assert reads(gis.NumGeometries("shape")) == 1
    assert reads(gis.LineLocatePoint("shape", Value(Point(3, 1, srid=4326)))) == 1
    assert reads(gis.IsValid("shape")) is True
    assert shapely.from_wkt(reads(gis.AsWKT("shape"))).equals(
        shapely.from_wkt("LINESTRING (0.123456789 0, 0 1, 3 1)")
    )
    assert shapely.from_wkb(bytes(reads(gis.AsWKB("shape")))).length == pytest.approx(4.007592, abs=1e-6)
    assert reads(Buffer("shape", 0.5)).geom_type == "Polygon"
    assert reads(gis.PointOnSurface("shape")).geom_type == "Point"
    snapped = reads(gis.SnapToGrid("shape", 0.1))
    assert snapped.coords[0] == pytest.approx((0.1, 0))


@pytest.mark.django_db
def test_geojson_rounds_and_names_box_and_system() -> None:
    spots(point="POINT (14.123456789 51)")
    assert json.loads(reads(gis.AsGeoJSON("shape", precision=3))) == {
        "type": "Point",
        "coordinates": [14.123, 51],
    }
    full = json.loads(reads(gis.AsGeoJSON("shape", bbox=True, crs=True, precision=2)))
    assert full["bbox"] == [14.12, 51, 14.12, 51]
    assert full["crs"]["properties"]["name"] == "EPSG:4326"


@pytest.mark.django_db
def test_azimuth_runs_clockwise_from_north() -> None:
    spots(point="POINT (0 0)")
    assert reads(gis.Azimuth("shape", Value(Point(1, 0, srid=4326)))) == pytest.approx(math.pi / 2)
    assert reads(gis.Azimuth("shape", Value(Point(0, 0, srid=4326)))) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("srid", "x", "y"),
    [
        (25833, 480534.81, 5755419.85),
        (25832, 892900.52, 5770330.40),
        (3857, 1638255.55, 6789136.02),
        (2180, 206039.6, 470500.0),
    ],
)
def test_transform_agrees_with_proj(srid: int, x: float, y: float) -> None:
    Spot.objects.create(name="guben", shape=GUBEN)
    moved = reads(gis.Transform("shape", srid))
    expected = transform(shapely.Point(*GUBEN.coords), srid, source=4326)
    assert moved.srid == srid
    assert moved.coords == pytest.approx((expected.x, expected.y), abs=0.01)
    assert abs(moved.x - x) < 20_000  # the axes are not swapped
    assert abs(moved.y - y) < 20_000


@pytest.mark.django_db
def test_null_gives_null() -> None:
    spots(nothing=None)
    for function in (
        gis.Centroid("shape"),
        gis.Distance("shape", GUBEN),
        gis.AsGeoJSON("shape"),
        gis.Transform("shape", 3857),
    ):
        assert reads(function) is None


@pytest.mark.django_db
def test_aggregates_pass_over_null() -> None:
    assert Spot.objects.aggregate(Extent("shape"), Union("shape"), Collect("shape")) == {
        "shape__extent": None,
        "shape__union": None,
        "shape__collect": None,
    }
    spots(a="POINT (1 5)", b="POINT (3 2)", c=None)
    assert Spot.objects.aggregate(box=Extent("shape"))["box"] == (1, 2, 3, 5)
    assert Spot.objects.aggregate(box=Extent("shape", filter=Q(name="a")))["box"] == (1, 5, 1, 5)
    both = MultiPoint(Point(1, 5), Point(3, 2))
    assert Spot.objects.aggregate(all=Union("shape"))["all"].equals(both)
    assert Spot.objects.aggregate(all=Collect("shape"))["all"].equals(both)
    assert len(Spot.objects.order_by("name").aggregate(line=MakeLine("shape"))["line"].coords) == 2


coordinate = st.integers(-40, 40).map(lambda n: n / 4)
points = st.tuples(coordinate, coordinate).map(shapely.Point)
lines = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=4, unique=True).map(
    shapely.LineString
)
boxes = st.tuples(coordinate, coordinate, coordinate, coordinate).filter(
    lambda c: c[0] != c[2] and c[1] != c[3]
)
boxes_as_shapes = boxes.map(
    lambda c: shapely.box(min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3]))
)
shapes = st.one_of(points, lines, boxes_as_shapes)
BRUTE: dict[str, Callable[[BaseGeometry, BaseGeometry], bool]] = {
    "intersects": shapely.intersects,
    "within": shapely.within,
    "contains": shapely.contains,
    "covers": shapely.covers,
    "coveredby": shapely.covered_by,
    "touches": shapely.touches,
    "crosses": shapely.crosses,
    "overlaps": shapely.overlaps,
    "equals": shapely.equals,
}
drawn = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.django_db
@drawn
@given(stored=st.lists(shapes, min_size=1, max_size=12), asked=shapes)
def test_lookups_agree_with_comparing_each_row(stored: list[BaseGeometry], asked: BaseGeometry) -> None:
    Spot.objects.all().delete()
    spots(**{str(number): shape.wkt for number, shape in enumerate(stored)})
    constant = GEOSGeometry(asked.wkt, srid=4326)
    for lookup, holds in BRUTE.items():
        expected = {str(number) for number, shape in enumerate(stored) if holds(shape, asked)}
        assert names(**{f"shape__{lookup}": constant}) == expected, lookup


@pytest.mark.django_db
@drawn
@given(
    stored=st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=12),
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    metres=st.floats(0, 3_000_000),
)
def test_nearness_agrees_with_measuring_each_row(
    stored: list[tuple[float, float]], lon: float, lat: float, metres: float
) -> None:
    Spot.objects.all().delete()
    spots(**{str(number): f"POINT ({x} {y})" for number, (x, y) in enumerate(stored)})
    far = {str(number): ELLIPSOID.inv(x, y, lon, lat)[2] for number, (x, y) in enumerate(stored)}
    found = names(shape__dwithin=(Point(lon, lat, srid=4326), D(m=metres)))
    sure = {name for name, distance in far.items() if distance < metres - 0.01}
    maybe = {name for name, distance in far.items() if distance <= metres + 0.01}
    assert sure <= found <= maybe
