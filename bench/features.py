"""Measure features and vector tiles among a million features: 1,000 by box, and tiles of all zooms, over HTTP.

    python bench/features.py [--count 1000000] [--url postgresql://...] [--peers]

Each figure is the 95th percentile over requests to a running `stadtkern web`; tiles are drawn, not taken from the
cache. With `--peers` pygeoapi (PyPI, installed into a throwaway environment) serves the same features from SQLite in
the same run, by its own provider for SQLite and GeoPackage, else by the one for GeoJSON. The limit of the machine is
the same box search by the bare `sqlite3` module on an R*Tree with the finished text beside it.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent
WEST, SOUTH, REQUESTS, WANTED = 14.0, 51.5, 100, 1000
KINDS = ("Linde", "Eiche", "Ulme")
FILL = """
import sys, time, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from bench.features import fill
fill(int(sys.argv[1]))
"""


def say(figure: str, value: float, unit: str, **more: object) -> None:
    """Print one figure as a JSON line."""
    print(
        json.dumps({"bench": "features", "figure": figure, "value": round(value, 2), "unit": unit, **more}),
        flush=True,
    )


def trees(count: int) -> Iterator[tuple[float, float, dict[str, object]]]:
    """Return the same scattered trees every time: longitude, latitude, properties."""
    chance = random.Random(1)  # noqa: S311  # no secret
    for number in range(count):
        facts: dict[str, object] = {
            "name": f"Baum {number}",
            "kind": KINDS[number % 3],
            "height": number % 300 / 10,
            "year": 1900 + number % 120,
        }
        yield WEST + chance.random(), SOUTH + chance.random(), facts


def fill(count: int) -> None:
    """Load the trees as the layer of an open dataset, and say how long that took."""
    import shapely  # noqa: PLC0415  # in the process with the settings

    from stadtkern.catalogue.models import Agent, Dataset, Distribution  # noqa: PLC0415
    from stadtkern.features import services  # noqa: PLC0415
    from stadtkern.governance.models import DataProfile  # noqa: PLC0415
    from stadtkern.people.models import Organisation  # noqa: PLC0415

    words = {"de": "Bäume"}
    owner = Organisation.objects.create(slug="bench", name=words)
    profile = DataProfile.objects.create(
        slug="bench",
        title=words,
        purpose=words,
        legal_basis=words,
        owner=owner,
        licence="dl-de/zero-2-0",
        is_published=True,
    )
    agent = Agent.objects.create(slug="bench", name=words)
    dataset = Dataset.objects.create(
        slug="bench", title=words, description=words, profile=profile, publisher=agent, live=True
    )
    table = Distribution.objects.create(dataset=dataset, slug="trees")
    about = services.Described(source="catalogue", reference=table.pk, title=words)
    began = time.perf_counter()
    features = (services.NewFeature(shapely.Point(x, y), facts) for x, y, facts in trees(count))
    services.replace(table.name, features, about=about)
    say("loaded", count / (time.perf_counter() - began), "features/s", count=count)


def boxes(count: int) -> list[tuple[float, float, float, float]]:
    """Return boxes that hold about 1,000 of the trees each."""
    chance = random.Random(2)  # noqa: S311  # no secret
    edge = (WANTED / count) ** 0.5
    corners = [
        (WEST + chance.random() * (1 - edge), SOUTH + chance.random() * (1 - edge)) for _ in range(REQUESTS)
    ]
    return [(x, y, x + edge, y + edge) for x, y in corners]


def p95(times: list[float]) -> float:
    """Return the 95th percentile in milliseconds."""
    return statistics.quantiles(times, n=20)[-1] * 1000


class Browser:
    """One connection that is kept open."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def get(self, path: str) -> bytes:
        """Return the body of an answer."""
        self.connection.request("GET", path, headers={"Accept": "application/geo+json,*/*"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status not in {200, 204}:
            raise SystemExit(f"{path}: {answer.status} {body[:300]!r}")
        return body


def timed(work: Callable[[], object]) -> float:
    """Return how long something takes in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def items(browser: Browser, base: str, count: int) -> float:
    """Return the 95th percentile of 1,000 features by box, and check that they are that many."""
    paths = [f"{base}/items?f=json&limit={WANTED}&bbox={','.join(map(str, box))}" for box in boxes(count)]
    found = len(json.loads(browser.get(paths[0]))["features"])
    if not WANTED * 0.7 < found <= WANTED:
        raise SystemExit(f"expected about {WANTED} features, got {found}")
    return p95([timed(lambda path=path: browser.get(path)) for path in paths])


def tile_paths(base: str) -> list[str]:
    """Return tiles of all zooms from 6 to 17 over the trees, each once."""
    sys.path.insert(0, str(ROOT))
    from stadtkern.features.boxes import mercator  # noqa: PLC0415  # needs no settings

    chance, found = random.Random(3), {}  # noqa: S311  # no secret
    for number in range(REQUESTS * 3):
        zoom = 6 + number % 12
        x, y = (int(place * 2**zoom) for place in mercator(WEST + chance.random(), SOUTH + chance.random()))
        found[f"{base}/tiles/WebMercatorQuad/{zoom}/{y}/{x}"] = True
    return list(found)


@contextlib.contextmanager
def running(command: list[str], environment: Mapping[str, str], url: str, ready: str) -> Iterator[Browser]:
    """Run a server; give a connection to it once it answers."""
    started = subprocess.Popen(
        command, env=dict(environment), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        limit = time.monotonic() + 180
        while True:
            with contextlib.suppress(OSError):
                browser = Browser(url)
                browser.get(ready)
                break
            if time.monotonic() > limit or started.poll() is not None:
                raise SystemExit(f"{command[0]} does not answer")
            time.sleep(0.3)
        yield browser
    finally:
        started.terminate()
        started.wait()


def ours(folder: Path, count: int, url: str, port: int) -> float:
    """Fill, serve and measure ours; return the figure for 1,000 features by box."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("STADTKERN_")},
        "STADTKERN_DATA_DIR": str(folder),
        "STADTKERN_PORT": str(port),
        "STADTKERN_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "stadtkern.config.settings",
        "PYTHONPATH": str(ROOT),
        **({"STADTKERN_DATABASE_URL": url} if url else {}),
    }
    subprocess.run([sys.executable, "-c", FILL, str(count)], check=True, env=environment, cwd=ROOT)
    base = "/ogc/collections/bench--trees"
    with running(
        [sys.executable, "-m", "stadtkern", "web"], environment, f"http://127.0.0.1:{port}", "/healthz"
    ) as browser:
        browser.get(f"{base}/items?limit=1")
        database = "postgresql" if url else "sqlite"
        found = items(browser, base, count)
        say("items_1000_by_box_p95", found, "ms", database=database, count=count, budget=50)
        drawn = [timed(lambda path=path: browser.get(path)) for path in tile_paths(base)]
        say("tile_drawn_p95", p95(drawn), "ms", database=database, tiles=len(drawn), budget=50)
        kept = [timed(lambda path=path: browser.get(path)) for path in tile_paths(base)]
        say("tile_kept_p95", p95(kept), "ms", database=database, tiles=len(kept))
    return found


def bare(folder: Path, count: int) -> float:
    """Return the 95th percentile of the same box search by SQLite alone."""
    database = sqlite3.connect(folder / "bare.sqlite3")
    database.executescript(
        "PRAGMA journal_mode=OFF; CREATE TABLE tree (id INTEGER PRIMARY KEY, text TEXT); CREATE VIRTUAL TABLE place USING rtree(id, west, east, south, north);"
    )
    for number, (x, y, facts) in enumerate(trees(count), 1):
        text = json.dumps(
            {
                "type": "Feature",
                "id": number,
                "geometry": {"type": "Point", "coordinates": [x, y]},
                "properties": facts,
            }
        )
        database.execute("INSERT INTO tree VALUES (?, ?)", (number, text))
        database.execute("INSERT INTO place VALUES (?, ?, ?, ?, ?)", (number, x, x, y, y))
    database.commit()
    asked = "SELECT text FROM tree WHERE id IN (SELECT id FROM place WHERE west <= ? AND east >= ? AND south <= ? AND north >= ?) LIMIT 1000"
    return p95(
        [
            timed(lambda box=box: database.execute(asked, (box[2], box[0], box[3], box[1])).fetchall())
            for box in boxes(count)
        ]
    )


PYGEOAPI = """
server:
  bind: {{host: 127.0.0.1, port: {port}}}
  url: http://127.0.0.1:{port}
  mimetype: application/json; charset=UTF-8
  encoding: utf-8
  languages: [en-US]
  limits: {{default_items: 10, max_items: 10000}}
  map: {{url: "https://example.org/{{z}}/{{x}}/{{y}}.png", attribution: none}}
logging: {{level: ERROR}}
metadata:
  identification: {{title: b, description: b, keywords: [b], terms_of_service: none, url: "http://example.org"}}
  license: {{name: none}}
  provider: {{name: b, url: "http://example.org"}}
  contact: {{name: b}}
resources:
  trees:
    type: collection
    title: trees
    description: trees
    keywords: [trees]
    extents: {{spatial: {{bbox: [14, 51, 16, 53], crs: "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}}}}
    providers:
      - {{type: feature, name: {provider}, data: "{data}", id_field: {id_field}, table: trees, geom_field: geom}}
"""


def pygeoapi(folder: Path, count: int, port: int) -> tuple[float, str]:
    """Install, fill, serve and measure pygeoapi; return the same figure, and which of its providers answered."""
    python = folder / "peer" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "peer")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "-q", "pygeoapi", "waitress"], check=True)
    data = folder / "trees.geojson"
    with data.open("w") as file:
        file.write('{"type":"FeatureCollection","features":[')
        for number, (x, y, facts) in enumerate(trees(count), 1):
            feature = {
                "type": "Feature",
                "id": number,
                "geometry": {"type": "Point", "coordinates": [x, y]},
                "properties": facts,
            }
            file.write(("," if number > 1 else "") + json.dumps(feature))
        file.write("]}")
    package = folder / "trees.gpkg"
    import pyogrio  # noqa: PLC0415  # only here

    _meta, _ids, shapes, columns = pyogrio.raw.read(data)
    pyogrio.raw.write(
        package,
        shapes,
        columns,
        list(_meta["fields"]),
        layer="trees",
        driver="GPKG",
        geometry_type="Point",
        crs="EPSG:4326",
    )
    for provider, source in (("SQLiteGPKG", package), ("GeoJSON", data)):
        with contextlib.suppress(SystemExit):
            return _peer(folder, python, provider, source, count, port), provider
    raise SystemExit("pygeoapi does not answer")


def _peer(folder: Path, python: Path, provider: str, source: Path, count: int, port: int) -> float:  # noqa: PLR0913, PLR0917
    config, described = folder / "pygeoapi.yml", folder / "openapi.yml"
    config.write_text(
        PYGEOAPI.format(
            port=port, provider=provider, data=source, id_field="fid" if provider == "SQLiteGPKG" else "id"
        )
    )
    environment = {**os.environ, "PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(described)}
    program = str(python.parent / "pygeoapi")
    subprocess.run(
        [program, "openapi", "generate", str(config), "--output-file", str(described)],
        check=True,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    command = [str(python.parent / "waitress-serve"), f"--listen=127.0.0.1:{port}", "pygeoapi.flask_app:APP"]
    with running(
        command, environment, f"http://127.0.0.1:{port}", "/collections/trees/items?limit=1&f=json"
    ) as browser:
        return items(browser, "/collections/trees", count)


def main() -> None:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--count", type=int, default=1_000_000)
    given.add_argument("--url", default="", help="an empty PostgreSQL database with PostGIS; else SQLite")
    given.add_argument("--port", type=int, default=9350)
    given.add_argument("--peers", action="store_true", help="measure pygeoapi, too")
    given.add_argument(
        "--peers-count", type=int, default=0, help="features for pygeoapi and a second run of ours; 0: all"
    )
    words = given.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        limit = bare(folder, words.count)
        say("bare_sqlite_p95", limit, "ms", count=words.count)
        found = ours(folder / "ours", words.count, words.url, words.port)
        say("items_to_bare_sqlite", found / limit, "times")
        if words.peers:
            count = words.peers_count or words.count
            if count != words.count:
                found = ours(folder / "again", count, "", words.port)
            peer, provider = pygeoapi(folder, count, words.port + 1)
            say("pygeoapi_items_1000_by_box_p95", peer, "ms", provider=provider, count=count)
            say("times_as_fast_as_pygeoapi", peer / found, "times", provider=provider, count=count)


if __name__ == "__main__":
    main()
