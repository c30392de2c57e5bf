"""GDAL's own drivers, and with them QGIS, read our interfaces and downloads, over HTTP from a running server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from stadtkern.features.boxes import mercator
from tests.servers import free_port, until
from tests.towns import Town

ROOT = Path(__file__).parent.parent
FILL = """
import shapely, django
django.setup()
from stadtkern.catalogue.models import Agent, Dataset, Distribution
from stadtkern.features import services
from stadtkern.features.services import Described, NewFeature
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Organisation
words = {"de": "Bäume"}
owner = Organisation.objects.create(slug="stadtgruen-test", name=words)
profile = DataProfile.objects.create(slug="baeume", title=words, purpose=words, legal_basis=words, owner=owner,
                                     licence="dl-de/by-2-0", is_published=True)
agent = Agent.objects.create(slug="stadt-test", name=words)
dataset = Dataset.objects.create(slug="baeume", title=words, description=words, profile=profile, publisher=agent, live=True)
table = Distribution.objects.create(dataset=dataset, slug="liste")
trees = [NewFeature(shapely.Point(14.7 + n / 10000, 51.95), {"name": f"Käthe {n}", "height": n / 2, "number": n}) for n in range(2500)]
services.replace(table.name, trees, about=Described(source="catalogue", reference=table.pk, title=words))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a web server of an empty town with one layer; return its address."""
    port = free_port()
    settings = {
        "STADTKERN_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "STADTKERN_LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "stadtkern.config.settings",
    }
    town = Town(tmp_path_factory.mktemp("gdal"), web_port=port, more=settings)
    town.migrate()
    town.python("-c", FILL)
    started = subprocess.Popen([sys.executable, "-m", "stadtkern", "web"], env=town.environment(), cwd=ROOT)
    url = f"http://127.0.0.1:{port}"

    def is_up() -> bool:
        try:
            return httpx.get(f"{url}/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    try:
        until(is_up)
        yield url
    finally:
        started.terminate()
        started.wait()


def test_oapif_lists_our_layers(server: str) -> None:
    names = {name for name, _kind in pyogrio.list_layers(f"OAPIF:{server}/ogc")}
    assert {"baeume--liste", "areas", "addresses"} <= names


def test_oapif_reads_all_features_page_by_page(server: str) -> None:
    facts = pyogrio.read_info(f"OAPIF:{server}/ogc", layer="baeume--liste")
    assert facts["features"] == 2500
    assert dict(zip(facts["fields"], facts["dtypes"], strict=True))["height"] == "float64"
    _meta, _ids, shapes, columns = pyogrio.raw.read(f"OAPIF:{server}/ogc", layer="baeume--liste")
    points = shapely.from_wkb(shapes)
    assert len(points) == 2500
    assert shapely.equals_exact(points[100], shapely.Point(14.71, 51.95), 1e-7)
    assert columns[list(_meta["fields"]).index("name")][0] == "Käthe 0"


def test_oapif_asks_for_a_box(server: str) -> None:
    box = (14.70995, 51.9, 14.71055, 52.0)
    _meta, _ids, shapes, _columns = pyogrio.raw.read(f"OAPIF:{server}/ogc", layer="baeume--liste", bbox=box)
    assert len(shapes) == 6


@pytest.mark.parametrize("code", [25833, 3857, 2180])
def test_oapif_reads_other_coordinates_as_we_mean_them(server: str, code: int) -> None:
    options = {"CRS": f"EPSG:{code}"}
    meta, _ids, shapes, _columns = pyogrio.raw.read(
        f"OAPIF:{server}/ogc", layer="baeume--liste", max_features=1, **options
    )
    assert meta["crs"] == f"EPSG:{code}"
    (point,) = shapely.from_wkb(shapes)
    expected = Transformer.from_crs("OGC:CRS84", f"EPSG:{code}", always_xy=True).transform(14.7, 51.95)
    assert (point.x, point.y) == pytest.approx(expected, abs=0.01)


def test_oapif_lets_us_filter(server: str) -> None:
    _meta, _ids, shapes, _columns = pyogrio.raw.read(
        f"OAPIF:{server}/ogc", layer="baeume--liste", where="name = 'Käthe 7'"
    )
    assert len(shapes) == 1


def test_mvt_driver_reads_our_tiles(server: str, tmp_path: Path) -> None:
    x, y = (int(place * 2**12) for place in mercator(14.71, 51.95))
    tile = tmp_path / "0.pbf"
    tile.write_bytes(
        httpx.get(f"{server}/ogc/collections/baeume--liste/tiles/WebMercatorQuad/12/{y}/{x}").content
    )
    facts = pyogrio.read_info(tile, X=str(x), Y=str(y), Z="12")
    assert facts["features"] > 10


def test_geojson_driver_reads_a_download(server: str, tmp_path: Path) -> None:
    file = tmp_path / "trees.geojson"
    file.write_bytes(httpx.get(f"{server}/ogc/collections/baeume--liste/items?limit=1000&f=json").content)
    assert pyogrio.read_info(file)["features"] == 1000
