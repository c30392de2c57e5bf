"""What is special about geometries on SQLite: the R*Tree, migrations, errors, several connections."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.contrib.gis.db import models
from django.contrib.gis.geos import Point, Polygon
from django.contrib.gis.measure import D
from django.db import DatabaseError, connection
from django.db.migrations.operations import (
    AddField,
    AlterField,
    AlterModelTable,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.expressions import F
from django.db.utils import ConnectionHandler

from stadtkern.places.models import Address
from stadtkern.places.sqlite.blobs import BadGeometry, bounds, dump, header, load
from stadtkern.places.sqlite.loose import AnyField, Connection, Node
from stadtkern.places.sqlite.rtree import is_part_of_tree

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="the R*Tree is that of SQLite")

SQUARE = Polygon.from_bbox((14, 51, 15, 52))
SQUARE.srid = 4326
CENTRE = Point(14.5, 51.5, srid=4326)


def plan(queryset: Node) -> str:
    return str(queryset.explain())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "lookup",
    [
        "intersects",
        "within",
        "contains",
        "contains_properly",
        "bboverlaps",
        "bbcontains",
        "contained",
        "covers",
        "coveredby",
        "touches",
        "crosses",
        "overlaps",
        "equals",
        "exact",
        "same_as",
    ],
)
def test_lookup_with_a_constant_goes_through_the_tree(lookup: str) -> None:
    seen = plan(Address.objects.filter(**{f"point__{lookup}": SQUARE}))
    assert "SCAN places_address__point__rtree VIRTUAL TABLE INDEX 2:" in seen
    assert "SEARCH places_address USING INTEGER PRIMARY KEY" in seen


@pytest.mark.django_db
@pytest.mark.parametrize("lookup", ["dwithin", "distance_lt", "distance_lte"])
def test_nearness_goes_through_the_tree(lookup: str) -> None:
    assert "__rtree VIRTUAL TABLE INDEX 2:" in plan(
        Address.objects.filter(**{f"point__{lookup}": (CENTRE, D(m=500))})
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "condition",
    [
        {"point__disjoint": SQUARE},
        {"point__relate": (SQUARE, "FF*FF****")},
        {"point__distance_gt": (CENTRE, D(m=500))},
        {"point__intersects": F("point")},
        {"point__equals": Polygon(srid=4326)},
    ],
)
def test_lookup_that_boxes_cannot_decide_looks_at_all_rows(condition: dict[str, Any]) -> None:
    assert "__rtree" not in plan(Address.objects.filter(**condition))


@pytest.mark.django_db
def test_address_search_goes_through_the_index_of_words() -> None:
    assert "SEARCH U0 USING COVERING INDEX places_word (word>? AND word<?)" in plan(
        Address.objects.search("frank")
    )


@pytest.mark.django_db
def test_tables_of_the_tree_are_nobodys_models() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        behind = {name for (name,) in cursor.fetchall() if is_part_of_tree(name)}
    assert {"places_address__point__rtree", "places_address__point__rtree_node"} <= behind
    assert not behind & set(connection.introspection.table_names())


@pytest.mark.django_db
def test_bad_blob_gives_a_clear_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT Area(x'0102')")
    assert "SQL function Area failed: BadGeometry: not a geometry: b'\\x01\\x02'" in caplog.text


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\x01",
        "text",
        5,
        b"\x02" * 30,
        b"\x01\xff\x00\x00\x00" + b"\x00" * 16,
        shapely.to_wkb(shapely.box(0, 0, 1, 1))[:-3],
    ],
)
def test_no_geometry_is_refused(blob: Node) -> None:
    with pytest.raises(BadGeometry):
        load(blob)


def test_header_and_bounds_of_both_byte_orders() -> None:
    point = shapely.set_srid(shapely.Point(3, 4), 4326)
    for order in (0, 1):
        blob = shapely.to_wkb(point, include_srid=True, byte_order=order)
        assert header(blob)[2] == 4326
        assert bounds(blob) == (3, 4, 3, 4)
    assert bounds(dump(shapely.Point())) is None
    assert bounds(dump(shapely.Polygon())) is None
    assert bounds(dump(shapely.Point(1, 2, 9))) == (1, 2, 1, 2)


class Migrator:
    """Applies migration operations to a database of its own, and takes them back."""

    def __init__(self, database: Connection) -> None:
        self.database = database
        self.states = [ProjectState()]
        self.done: list[Operation] = []

    def apply(self, *operations: Operation) -> None:
        """Go forwards."""
        for operation in operations:
            state = self.states[-1].clone()
            operation.state_forwards("town", state)
            with self.database.schema_editor() as editor:
                operation.database_forwards("town", editor, self.states[-1], state)
            self.states.append(state)
            self.done.append(operation)

    def back(self) -> None:
        """Take the last operation back."""
        state = self.states.pop()
        with self.database.schema_editor() as editor:
            self.done.pop().database_backwards("town", editor, state, self.states[-1])

    def model(self, name: str) -> Node:
        """Return the model as it stands now."""
        return self.states[-1].apps.get_model("town", name)

    def trees(self) -> dict[str, int]:
        """Return all R*Trees and how many entries they hold."""
        with self.database.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE '%\\_\\_rtree' ESCAPE '\\'")
            found = [name for (name,) in cursor.fetchall()]
            return {name: cursor.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in found}  # noqa: S608  # names out of the schema itself

    def leftovers(self) -> set[str]:
        """Return everything that belongs to an R*Tree."""
        with self.database.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE '%rtree%'")
            return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Any]:
    handler = ConnectionHandler({"default": other_database(tmp_path / "other.sqlite3")})
    database = handler["default"]
    yield database
    database.close()


def other_database(file: Path) -> dict[str, Any]:
    return {
        "ENGINE": "stadtkern.places.sqlite",
        "NAME": str(file),
        "OPTIONS": connection.settings_dict["OPTIONS"],
    }


@pytest.fixture
def migrator(database: Connection, django_db_blocker: Node) -> Iterator[Migrator]:
    with django_db_blocker.unblock():
        yield Migrator(database)


POINT: dict[str, Node] = {"srid": 4326, "null": True}


def tree_town(key: AnyField | None = None) -> CreateModel:
    key = key or models.BigAutoField(primary_key=True)
    return CreateModel(
        "Tree", [("id", key), ("kind", models.CharField(max_length=20)), ("spot", models.PointField(**POINT))]
    )


def plant(database: Connection, rows: int = 3) -> None:
    with database.cursor() as cursor:
        for number in range(rows):
            blob = dump(shapely.Point(number, number), 4326)
            cursor.execute(
                "INSERT INTO town_tree (id, kind, spot) VALUES (%s, 'oak', %s)", [number + 1, blob]
            )
        cursor.execute("INSERT INTO town_tree (id, kind, spot) VALUES (99, 'none', NULL)")


def test_renamed_table_and_column_keep_their_tree(migrator: Migrator, database: Connection) -> None:
    migrator.apply(tree_town())
    plant(database)
    migrator.apply(RenameField("Tree", "spot", "place"))
    assert migrator.trees() == {"town_tree__place__rtree": 3}
    migrator.apply(RenameModel("Tree", "Plant"))
    assert migrator.trees() == {"town_plant__place__rtree": 3}
    migrator.apply(AlterModelTable("Plant", "garden"))
    assert migrator.trees() == {"garden__place__rtree": 3}
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM garden WHERE id = 1")
        cursor.execute("UPDATE garden SET place = NULL WHERE id = 2")
    assert migrator.trees() == {"garden__place__rtree": 1}
    for _step in range(3):
        migrator.back()
    assert migrator.trees() == {"town_tree__spot__rtree": 1}
    migrator.back()
    assert migrator.leftovers() == set()


def test_remade_table_keeps_its_tree(migrator: Migrator, database: Connection) -> None:
    migrator.apply(tree_town())
    plant(database)
    migrator.apply(AlterField("Tree", "kind", models.TextField(null=True)))
    assert migrator.trees() == {"town_tree__spot__rtree": 3}
    migrator.apply(AddField("Tree", "height", models.FloatField(default=1.5)))
    migrator.apply(RemoveField("Tree", "kind"))
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO town_tree (spot, height) VALUES (%s, 2)", [dump(shapely.Point(7, 7), 4326)]
        )
    assert migrator.trees() == {"town_tree__spot__rtree": 4}
    migrator.back()
    migrator.back()
    assert migrator.trees() == {"town_tree__spot__rtree": 4}


def test_geometry_column_comes_and_goes(migrator: Migrator, database: Connection) -> None:
    migrator.apply(tree_town())
    plant(database)
    crown = models.PolygonField(srid=25833, null=True)
    migrator.apply(AddField("Tree", "crown", crown))
    migrator.apply(AddField("Tree", "trunk", models.PointField(srid=4326, default=Point(1, 1, srid=4326))))
    assert migrator.trees() == {
        "town_tree__spot__rtree": 3,
        "town_tree__crown__rtree": 0,
        "town_tree__trunk__rtree": 4,
    }
    migrator.apply(RemoveField("Tree", "spot"))
    assert set(migrator.trees()) == {"town_tree__crown__rtree", "town_tree__trunk__rtree"}
    for _step in range(3):
        migrator.back()
    assert migrator.trees() == {"town_tree__spot__rtree": 0}
    migrator.apply(AlterField("Tree", "spot", models.PointField(**POINT, spatial_index=False)))
    assert migrator.leftovers() == set()
    migrator.back()
    assert set(migrator.trees()) == {"town_tree__spot__rtree"}
    migrator.apply(DeleteModel("Tree"))
    assert migrator.leftovers() == set()


def test_null_becoming_forbidden_keeps_the_tree(migrator: Migrator, database: Connection) -> None:
    migrator.apply(tree_town())
    plant(database)
    migrator.apply(AlterField("Tree", "spot", models.PointField(srid=4326, default=Point(5, 5, srid=4326))))
    assert migrator.trees() == {"town_tree__spot__rtree": 4}


@pytest.mark.parametrize(
    "key", [models.CharField(max_length=9, primary_key=True), models.BigIntegerField(primary_key=True)]
)
def test_key_of_any_kind_has_a_tree(migrator: Migrator, database: Connection, key: AnyField) -> None:
    migrator.apply(tree_town(key))
    plant(database)
    with database.cursor() as cursor:
        cursor.execute("UPDATE town_tree SET id = '77' WHERE id = '2'")
        cursor.execute("DELETE FROM town_tree WHERE id = '1'")
    with database.cursor() as cursor:
        cursor.execute("VACUUM")
    assert migrator.trees() == {"town_tree__spot__rtree": 2}
    migrator.apply(AlterModelTable("Tree", "garden"))
    assert migrator.trees() == {"garden__spot__rtree": 2}
    tree = migrator.model("Tree")
    query = tree.objects.filter(spot__intersects=Polygon.from_bbox((0.5, 0.5, 3, 3))).values_list("id")
    sql, params = query.query.get_compiler(connection=database).as_sql()
    assert "__rtree" in sql
    with database.cursor() as cursor:
        assert {str(found) for (found,) in cursor.execute(sql, params).fetchall()} == {"77", "3"}


def test_changed_key_rebuilds_the_tree(migrator: Migrator, database: Connection) -> None:
    migrator.apply(tree_town())
    plant(database)
    migrator.apply(AlterField("Tree", "id", models.CharField(max_length=20, primary_key=True)))
    assert migrator.trees() == {"town_tree__spot__rtree": 3}
    assert "town_tree__spot__rtree_key" in migrator.leftovers()
    migrator.back()
    assert migrator.trees() == {"town_tree__spot__rtree": 3}
    assert "town_tree__spot__rtree_key" not in migrator.leftovers()


def test_readers_go_on_while_one_writes(migrator: Migrator, database: Connection, tmp_path: Path) -> None:
    migrator.apply(tree_town())
    counts: list[int] = []
    problems: list[Exception] = []
    stop = threading.Event()

    def read() -> None:
        reader = ConnectionHandler({"default": other_database(tmp_path / "other.sqlite3")})["default"]
        try:
            while not stop.is_set():
                with reader.cursor() as cursor:
                    cursor.execute(
                        "SELECT count(*), max(MbrMaxX(spot)) FROM town_tree WHERE id IN "
                        "(SELECT id FROM town_tree__spot__rtree WHERE xmin >= 0)"
                    )
                    counts.append(cursor.fetchone()[0])
        except DatabaseError as error:
            problems.append(error)
        finally:
            reader.close()

    threads = [threading.Thread(target=read) for _number in range(3)]
    for thread in threads:
        thread.start()
    with database.cursor() as cursor:
        for number in range(300):
            blob = dump(shapely.Point(number % 90, 1), 4326)
            cursor.execute("INSERT INTO town_tree (kind, spot) VALUES ('oak', %s)", [blob])
    stop.set()
    for thread in threads:
        thread.join()
    assert not problems
    assert counts
    assert migrator.trees() == {"town_tree__spot__rtree": 300}
