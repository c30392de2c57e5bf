"""Every real table at hand is read, or refused with a code; nothing breaks and nothing is lost unseen."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from stadtkern.tables import Aggregate, Hints, Query, Table, TableError, ingest, survey
from stadtkern.tables.conftest import GUBEN, TREES

SHARED = Path(os.environ.get("STADTKERN_SHARED", "../shared"))
ENDINGS = frozenset([".csv", ".tsv", ".xlsx", ".xls", ".ods", ".json", ".jsonl", ".geojson", ".gpkg", ".zip", ".kml", ".kmz", ".gpx", ".parquet", ".xml", ".gz", ".bz2"])  # fmt: skip
LARGEST = 8_000_000
KNOWN = {
    "gemeindeverzeichnis/AuszugGV4QAktuell.csv": (16068, 0),
    "gemeindeverzeichnis/zuordnung_plz_ort_landkreis.csv": (12883, 0),
    "charging/Ladesaeulenkarte_Datenbankauszug_25__2019-07-19.xlsx": (9689, 1),
    "boundaries_pl/poland.counties.json": (380, 0),
    "guben_region/imgw_gauges_20250701.csv": (47, 0),
    "weather/produkt_klima_Tageswerte_19570901_20121231_02667.txt": (20211, 0),
    "parking_dresden/Dresden.geojson": (61, 0),
    "dgm_tile_index/TH_DGM_tileindex_proj.gpkg.gz": (17126, 0),
}


def real_tables() -> list[Path]:
    """Return what may be a table; the largest of many alike are left out."""
    found = []
    for folder in ("data", "payloads"):
        for path in sorted((SHARED / folder).rglob("*")):
            is_alike = "bike_muenster" in path.parts and not path.name.startswith("2025-0")
            if (
                path.suffix.lower() in ENDINGS
                and path.is_file()
                and path.stat().st_size < LARGEST
                and not is_alike
            ):
                found.append(path)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("path", real_tables(), ids=lambda path: str(path)[-60:])
def test_real_table_is_read_or_refused_with_a_code(path: Path, tmp_path: Path) -> None:
    done = None
    with suppress(TableError):
        done = ingest(path, survey(path, name=path.name, hints=Hints(bbox=GUBEN)).plan, tmp_path / "out")
    if done is None:
        assert list(tmp_path.iterdir()) == []
        return
    table = Table(done.table_path)
    assert table.rows(Query(limit=5)).total == done.rows == len(table)
    assert table.aggregate(Aggregate()).rows == ((done.rows,),)


@pytest.mark.parametrize("name", KNOWN)
def test_known_tables_have_all_their_rows(name: str, tmp_path: Path) -> None:
    path = SHARED / "data" / name
    if not path.is_file():
        pytest.skip("needs the folder with real data (STADTKERN_SHARED)")
    done = ingest(path, survey(path, name=path.name, hints=Hints(bbox=GUBEN)).plan, tmp_path / "out")
    assert (done.rows, done.rejected_rows) == KNOWN[name]


def test_sample_of_our_own_is_read_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "trees.csv"
    path.write_text(TREES, encoding="cp1252", newline="")
    done = ingest(path, survey(path, name=path.name).plan, tmp_path / "out")
    assert (done.rows, done.rejected_rows) == (10, 4)
