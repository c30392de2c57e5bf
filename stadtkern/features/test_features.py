"""Collections: filled as a whole, asked by box, time and property; on both databases."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db.models import Q
from django.db.models.lookups import Exact, GreaterThan
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from stadtkern.base.errors import NotFound
from stadtkern.features import access, collections, services, tiles
from stadtkern.features.boxes import Span, mercator
from stadtkern.features.collections import Wanted
from stadtkern.features.models import Feature, FeatureCollection, FeatureSet
from stadtkern.features.services import Described, NewFeature
from stadtkern.places.models import Address, Area

pytestmark = pytest.mark.django_db
TILE = tuple(int(place * 2**10) for place in mercator(14.75, 51.95))
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TREES = Described(source="test", reference=1, title={"de": "Bäume", "en": "Trees"}, revision="1")


@pytest.fixture(autouse=True)
def readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody read what the tests fill."""
    monkeypatch.setattr(access, "_sources", {"test": lambda _request: [1, 2]})


def trees(count: int = 100) -> Iterator[NewFeature]:
    """Yield a row of trees from west to east, one an hour."""
    for number in range(count):
        point = shapely.Point(14.7 + number / 1000, 51.95)
        facts = {"name": f"Linde {number}", "height": number / 2, "felled": number % 2 == 0}
        yield NewFeature(point, facts, start=NOON + timedelta(hours=number))


def test_what_was_loaded_is_described() -> None:
    loaded = services.replace("trees", trees(), about=TREES)
    assert loaded.count == 100
    about = collections.get("trees").about()
    assert about.count == 100
    assert about.bounds == pytest.approx((14.7, 51.95, 14.799, 51.95))
    assert about.span == (NOON, NOON + timedelta(hours=99))
    assert about.geometries == ["Point"]
    kinds = {name: one.kind for name, one in collections.get("trees").properties().items()}
    assert kinds == {"name": "string", "height": "number", "felled": "boolean"}


def test_pages_follow_each_other_without_gap_or_repeat() -> None:
    services.replace("trees", trees(), about=TREES)
    one, after, seen = collections.get("trees"), 0, []
    while after is not None:
        page = one.page(Wanted(limit=7, after=after, box=(14.7095, 51, 14.7805, 52)))
        seen += [row.key for row in page.rows]
        after = page.after
    assert seen == list(range(11, 82))


def test_a_new_loading_replaces_the_old_one_at_once(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    services.replace("trees", trees(), about=TREES)
    first = collections.get("trees").about().revision
    half = services.replace(
        "trees", trees(50), about=Described(source="test", reference=1, title={"de": "x"}, revision="2")
    )
    assert half.count == 50
    assert collections.get("trees").about().revision != first
    assert Feature.objects.count() == 50
    with django_assert_max_num_queries(5):
        assert not services.replace(
            "trees", trees(50), about=Described(source="test", reference=1, title={"de": "x"}, revision="2")
        ).is_fresh


def test_a_loading_that_breaks_leaves_the_old_one() -> None:
    services.replace("trees", trees(), about=TREES)

    def broken() -> Iterator[NewFeature]:
        yield from trees(services.BATCH + 1)
        raise ValueError("the file ends here")

    with pytest.raises(ValueError, match="ends here"):
        services.replace(
            "trees", broken(), about=Described(source="test", reference=1, title={}, revision="3")
        )
    assert collections.get("trees").about().count == 100
    assert (Feature.objects.count(), FeatureSet.objects.count()) == (100, 1)


def test_what_was_interrupted_long_ago_is_swept() -> None:
    services.replace("trees", trees(), about=TREES)
    left = FeatureSet.objects.create(collection=FeatureCollection.objects.get())
    services._insert([(left.pk, 1, 0, None, None, None, None, None, None, "", "{}", "null", None)])  # noqa: SLF001
    assert services.sweep(datetime.now(UTC)) == 0
    assert services.sweep(datetime.now(UTC) + timedelta(days=2)) == 1
    assert collections.get("trees").about().count == 100


def test_a_removed_collection_is_gone() -> None:
    services.replace("trees", trees(), about=TREES)
    assert services.remove("test", 1)
    assert not services.remove("test", 1)
    with pytest.raises(NotFound):
        collections.get("trees")
    assert Feature.objects.count() == 0


def test_who_may_not_read_does_not_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    services.replace("trees", trees(), about=TREES)
    assert "trees" in collections.names()
    monkeypatch.setattr(access, "_sources", {"test": lambda _request: [2], "other": lambda _request: [1]})
    assert "trees" not in collections.names()
    with pytest.raises(NotFound):
        collections.get("trees")


def test_times_and_conditions_are_asked_in_the_database() -> None:
    services.replace("trees", trees(), about=TREES)
    one = collections.get("trees")
    span = Span(NOON + timedelta(hours=10), NOON + timedelta(hours=12))
    assert [row.key for row in one.page(Wanted(span=span)).rows] == [11, 12, 13]
    height = one.properties()["height"].expression
    felled = one.properties()["felled"].expression
    condition = Q(GreaterThan(height, 48.0)) & Q(Exact(felled, "true"))
    assert [row.key for row in one.page(Wanted(condition=condition)).rows] == [99]


def test_features_without_a_place_are_kept_and_match_every_box() -> None:
    """17-069r4 requirement fc-bbox-response C."""
    features = [
        *trees(3),
        NewFeature(None, {"name": "nowhere"}),
        NewFeature(shapely.Point(), {"name": "empty"}),
    ]
    loaded = services.replace("trees", features, about=TREES)
    assert loaded.problems == [(5, "is empty")]
    rows = collections.get("trees").page(Wanted(box=(0, 0, 1, 1))).rows
    assert [row.key for row in rows] == [4, 5]
    assert rows[0].text == "null"


@pytest.mark.parametrize("point", [(200, 10), (10, 91), (float("inf"), 1), (float("nan"), 1)])
def test_what_does_not_lie_on_the_earth_is_left_out_with_a_note(point: tuple[float, float]) -> None:
    loaded = services.replace("trees", [NewFeature(shapely.Point(point), {})], about=TREES)
    assert loaded.problems
    assert collections.get("trees").about().bounds is None


def test_own_names_are_kept_and_found() -> None:
    features = [
        NewFeature(shapely.Point(1, 1), {}, key="DE-BB/1"),
        NewFeature(shapely.Point(1, 1), {}, key="7"),
    ]
    services.replace("trees", features, about=TREES)
    one = collections.get("trees")
    assert one.row("DE-BB/1") is not None
    assert one.row("7") is not None
    assert one.row("1") is None
    assert one.row("9" * 30) is None


def test_strange_properties_come_back_as_they_were() -> None:
    facts = {"a'b\\c": "ü", "d__e": None, "x.y": [1, {"z": "€"}], "": 10**15, "t": NOON}
    services.replace("trees", [NewFeature(shapely.Point(1, 1), facts)], about=TREES)
    (row,) = collections.get("trees").page(Wanted()).rows
    assert json.loads(row.properties) == {**facts, "t": "2026-06-01T12:00:00Z"}
    expression = collections.get("trees").properties()["a'b\\c"].expression
    assert collections.get("trees").page(Wanted(condition=Exact(expression, "ü"))).matched == 1
    services.replace(
        "quoted",
        [NewFeature(shapely.Point(1, 1), {'a"b': 1})],
        about=Described(source="test", reference=2, title={}),
    )
    assert list(collections.get("quoted").properties()) == ["a'b"]  # SQLite cannot ask for a quotation mark


DEGREES = [st.integers(-limit * 1000, limit * 1000).map(lambda n: n / 1000) for limit in (180, 90, 180, 90)]
BOXES = st.tuples(*DEGREES)


@pytest.fixture
def shapes() -> list[Any]:
    """Give points, lines and areas around the world, the same each time."""
    found = [shapely.Point(x, y) for x in range(-180, 181, 30) for y in range(-90, 91, 30)]
    found += [shapely.LineString([(x, -40), (x + 50, 40)]) for x in range(-180, 100, 35)]
    found += [shapely.Point(x, 10).buffer(12) for x in range(-150, 151, 50)]
    services.replace("shapes", [NewFeature(one, {}) for one in found], about=TREES)
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(box=BOXES)
def test_a_box_finds_what_touches_it(shapes: list[Any], box: tuple[float, ...]) -> None:
    west, south, east, north = box
    south, north = sorted((south, north))
    inside = (
        shapely.box(west, south, east, north)
        if west <= east
        else shapely.union(shapely.box(west, south, 180, north), shapely.box(-180, south, east, north))
    )
    expected = {number for number, one in enumerate(shapes, 1) if inside.intersects(one)}
    one = collections.get("shapes")
    for limit in (1000, 3):  # by the spatial index, and in the order of the rows
        page = one.page(Wanted(box=(west, south, east, north), limit=limit))
        found = {row.key for row in page.rows}
        assert found == expected if limit == 1000 else found == set(sorted(expected)[:3])


def test_a_wide_box_and_a_narrow_one_find_the_same() -> None:
    services.replace("trees", trees(1000), about=TREES)
    one = collections.get("trees")
    narrow = one.page(Wanted(box=(14.7495, 51, 14.7605, 52), limit=1000))
    wide = one.page(Wanted(box=(14.0, 51, 16, 52), limit=1000))
    assert len(narrow.rows) == 11
    assert len(wide.rows) == 1000
    assert one.about_how_many((14.0, 51, 16, 52)) == 1000


def test_tiles_are_kept_until_the_features_are_others(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    services.replace("trees", trees(), about=TREES)
    one = collections.get("trees")
    about = one.about()
    made = tiles.tile(one, about, 10, *TILE)
    assert made
    assert tiles.tile(one, about, 10, *TILE) == made
    assert len(list(tiles.folder().glob("*/*/*/*"))) == 1
    services.replace("trees", trees(5), about=Described(source="test", reference=1, title={}, revision="2"))
    assert not list(tiles.folder().glob("*/*/*/*"))
    settings.VECTOR_TILES_MOST_BYTES = 0
    again = collections.get("trees")
    tiles.tile(again, again.about(), 10, *TILE)
    tiles.prune()
    assert not list(tiles.folder().glob("*/*/*/*"))


def test_areas_and_addresses_are_collections_too() -> None:
    square = MultiPolygon(Polygon.from_bbox((14.6, 51.9, 14.8, 52.0)), srid=4326)
    area = Area.objects.create(slug="guben", kind="town", name={"de": "Guben"}, geometry=square)
    Address.objects.create(street="Frankfurter Straße", point=Point(14.71, 51.95, srid=4326), area=area)
    (row,) = collections.get("areas").page(Wanted(box=(14.7, 51.95, 14.71, 51.96))).rows
    assert json.loads(row.properties)["name"] == "Guben"
    (row,) = collections.get("addresses").page(Wanted()).rows
    assert json.loads(row.properties)["area"] == "guben"
    assert collections.get("areas").row(str(area.pk)) is not None
    assert collections.get("areas").page(Wanted(box=(0, 0, 1, 1))).matched == 0
