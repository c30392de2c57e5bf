"""Measure geometry columns on SQLite: filling, box search and nearness among 20,000 points.

Limits of the machine in the same run: the same rows and the same box search by the bare `sqlite3` module, in
two plain columns with an R*Tree and no Django above them.
"""

import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

POINTS, BOXES, ROUNDS = 20_000, 40, 5
WEST, SOUTH, EDGE = 14.0, 51.0, 0.05
Box = tuple[float, float, float, float]


def say(figure: str, value: float, unit: str, limit: float | None = None) -> None:
    """Print one figure as a JSON line, with the machine's limit and the ratio to it."""
    ratio = round(value / limit, 2) if limit else None
    limit = limit and round(limit, 3)
    line = {"bench": "spatial", "figure": figure, "value": round(value, 3), "unit": unit, "limit": limit}
    print(json.dumps({**line, "ratio": ratio}))


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median_ms(search: Callable[[Box], object], boxes: list[Box]) -> float:
    """Return the median time of a search in ms, over all boxes and rounds."""
    times = [seconds(lambda box=box: search(box)) for _ in range(ROUNDS) for box in boxes]
    return statistics.median(times) * 1000


def places(count: int) -> Iterator[tuple[float, float]]:
    """Return the same scattered points every time."""
    chance = random.Random(1)  # noqa: S311  # no secret
    return ((WEST + chance.random(), SOUTH + chance.random()) for _ in range(count))


def bare(file: Path) -> tuple[sqlite3.Connection, float]:
    """Return a bare R*Tree with the points, and how long it took to fill."""
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE spot (id INTEGER PRIMARY KEY, x REAL, y REAL)")
    database.execute("CREATE VIRTUAL TABLE tree USING rtree(id, xmin, xmax, ymin, ymax)")
    rows = [(number, x, y) for number, (x, y) in enumerate(places(POINTS), start=1)]

    def fill() -> None:
        with database:
            database.executemany("INSERT INTO spot VALUES (?, ?, ?)", rows)
            leaves = ((number, x, x, y, y) for number, x, y in rows)
            database.executemany("INSERT INTO tree VALUES (?, ?, ?, ?, ?)", leaves)

    return database, seconds(fill)


BARE = (
    "SELECT id, x, y FROM spot WHERE id IN (SELECT id FROM tree "
    "WHERE xmin <= ? AND xmax >= ? AND ymin <= ? AND ymax >= ?) AND x BETWEEN ? AND ? AND y BETWEEN ? AND ?"
)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STADTKERN_DATA_DIR"] = folder
        os.environ["STADTKERN_DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
        os.environ["STADTKERN_LOG_LEVEL"] = "WARNING"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
        import django  # noqa: PLC0415  # after the environment

        django.setup()
        measure(Path(folder))


def measure(folder: Path) -> None:
    """Measure both sides in `folder`."""
    from django.contrib.gis.db import models  # noqa: PLC0415  # after the setup
    from django.contrib.gis.geos import Point, Polygon  # noqa: PLC0415
    from django.contrib.gis.measure import D  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    class Spot(models.Model):
        point = models.PointField(srid=4326)

        class Meta:
            app_label = "places"

    with connection.schema_editor() as editor:
        editor.create_model(Spot)
    spots = [Spot(point=Point(x, y, srid=4326)) for x, y in places(POINTS)]
    filled = seconds(lambda: Spot.objects.bulk_create(spots, batch_size=500))
    database, limit = bare(folder / "bare.sqlite3")
    say("insert_20k", filled, "s", limit)

    corners = [(WEST + (x - WEST) * 0.95, SOUTH + (y - SOUTH) * 0.95) for x, y in places(BOXES)]
    boxes = [(x, y, x + EDGE, y + EDGE) for x, y in corners]

    def window(box: Box) -> Polygon:
        polygon = Polygon.from_bbox(box)
        polygon.srid = 4326
        return polygon

    def raw(box: Box) -> int:
        west, south, east, north = box
        return len(database.execute(BARE, (east, west, north, south, west, east, south, north)).fetchall())

    def orm(box: Box) -> int:
        return len(Spot.objects.filter(point__intersects=window(box)).values_list("pk", "point"))

    if [raw(box) for box in boxes] != [orm(box) for box in boxes]:
        raise SystemExit("both sides must find the same rows")

    def count(lookup: str, box: Box) -> int:
        return Spot.objects.filter(**{f"point__{lookup}": window(box)}).count()

    def scan() -> None:
        with connection.cursor() as cursor:
            constant = connection.ops.Adapter(window(boxes[0]))
            cursor.execute("SELECT count(*) FROM places_spot WHERE Intersects(point, %s)", [constant])
            cursor.fetchall()

    def near(box: Box) -> int:
        return Spot.objects.filter(point__dwithin=(Point(box[0], box[1], srid=4326), D(m=1000))).count()

    limit = median_ms(raw, boxes)
    say("box_rows", median_ms(orm, boxes), "ms", limit)
    counts = {
        name: median_ms(lambda box, name=name: count(name, box), boxes)
        for name in ("intersects", "bboverlaps")
    }
    for name, figure in counts.items():
        say(f"count_{name}", figure, "ms", limit)
    say("count_dwithin_1km", median_ms(near, boxes), "ms", limit)
    say("all_rows_compared_without_tree", seconds(scan) * 1000, "ms")
    database.close()


if __name__ == "__main__":
    main()
