"""A backup brings everything back, and a damaged one changes nothing."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("backup")  # one town for all tests here


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make a data directory with a database, a key and one uploaded file."""
    folder = tmp_path_factory.mktemp("town")
    with closing(sqlite3.connect(folder / "stadtkern.sqlite3")) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE organisation (slug TEXT)")
    (folder / "secret_key").write_text("first")
    (folder / "media").mkdir()
    (folder / "media" / "plan.txt").write_text("Chóśebuz")
    (folder / "archive" / "1-level").mkdir(parents=True)
    (folder / "archive" / "1-level" / "2025-05.parquet").write_bytes(b"PAR1")
    yield folder
    shutil.rmtree(folder)


def stadtkern(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one command in a data directory of its own."""
    environment = {
        k: v for k, v in os.environ.items() if k not in {"STADTKERN_DATABASE_URL", "STADTKERN_SECRET_KEY"}
    }
    environment["STADTKERN_DATA_DIR"] = str(folder)
    return subprocess.run(
        [sys.executable, "-m", "stadtkern", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def titles(folder: Path) -> list[str]:
    """Return what stands in the database."""
    with closing(sqlite3.connect(folder / "stadtkern.sqlite3")) as database:
        return [row[0] for row in database.execute("SELECT slug FROM organisation ORDER BY slug")]


def add(folder: Path, slug: str) -> None:
    """Add an organisation."""
    with closing(sqlite3.connect(folder / "stadtkern.sqlite3")) as database, database:
        database.execute("INSERT INTO organisation VALUES (?)", (slug,))


def test_restore_brings_database_files_and_key_back(town: Path, tmp_path: Path) -> None:
    """What was there at the time of the backup is there again, what came later is gone."""
    add(town, "before")
    key = (town / "secret_key").read_text()
    done = stadtkern(town, "backup", str(tmp_path / "b.tar.gz"))
    assert done.returncode == 0, done.stderr
    add(town, "after")
    (town / "media" / "plan.txt").write_text("changed")
    shutil.rmtree(town / "archive")
    (town / "secret_key").write_text("another")
    assert stadtkern(town, "restore", str(tmp_path / "b.tar.gz")).returncode == 1, (
        "must ask before it replaces"
    )
    done = stadtkern(town, "restore", str(tmp_path / "b.tar.gz"), "--yes")
    assert done.returncode == 0, done.stderr
    assert "before" in titles(town)
    assert "after" not in titles(town)
    assert (town / "media" / "plan.txt").read_text() == "Chóśebuz"
    assert (town / "archive" / "1-level" / "2025-05.parquet").read_bytes() == b"PAR1"
    assert (town / "secret_key").read_text() == key


@pytest.mark.parametrize("damage", ["cut", "no-archive", "changed"])
def test_a_damaged_backup_changes_nothing(town: Path, tmp_path: Path, damage: str) -> None:
    """The whole file is checked before anything is replaced; the message is one line."""
    good = tmp_path / "good.tar.gz"
    assert stadtkern(town, "backup", str(good)).returncode == 0
    bad = tmp_path / "bad.tar.gz"
    if damage == "cut":
        bad.write_bytes(good.read_bytes()[:-2000])
    elif damage == "no-archive":
        bad.write_text("<html>not found</html>")
    else:
        folder = tmp_path / "x"
        with tarfile.open(good) as archive:
            archive.extractall(folder, filter="data")
        (folder / "media" / "plan.txt").write_text("tampered")
        with tarfile.open(bad, "w:gz") as archive:
            for path in sorted(folder.rglob("*")):
                archive.add(path, str(path.relative_to(folder)), recursive=False)
    before = titles(town)
    done = stadtkern(town, "restore", str(bad), "--yes")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert titles(town) == before
    assert (town / "media" / "plan.txt").read_text() == "Chóśebuz"


def test_a_backup_is_for_its_owner_only(town: Path, tmp_path: Path) -> None:
    """It holds the key of the installation."""
    stadtkern(town, "backup", str(tmp_path / "b.tar.gz"))
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o077 == 0


def test_services_may_run_during_backup_and_restore(town: Path, tmp_path: Path) -> None:
    """An open connection sees the restored town, and what it writes afterwards is kept."""
    add(town, "kept")
    with closing(sqlite3.connect(town / "stadtkern.sqlite3", isolation_level=None)) as service:
        service.execute("INSERT INTO organisation VALUES ('open')")
        assert stadtkern(town, "backup", str(tmp_path / "b.tar.gz")).returncode == 0
        add(town, "too-late")
        done = stadtkern(town, "restore", str(tmp_path / "b.tar.gz"), "--yes")
        assert done.returncode == 0, done.stderr
        seen = {slug for (slug,) in service.execute("SELECT slug FROM organisation")}
        assert {"kept", "open"} <= seen
        assert "too-late" not in seen
        service.execute("INSERT INTO organisation VALUES ('afterwards')")
    assert "afterwards" in titles(town)
    with closing(sqlite3.connect(town / "stadtkern.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_database_that_is_broken_is_replaced(town: Path, tmp_path: Path) -> None:
    """That is what backups are for."""
    add(town, "survivor")
    assert stadtkern(town, "backup", str(tmp_path / "b.tar.gz")).returncode == 0
    (town / "stadtkern.sqlite3").write_bytes(b"no database " * 1000)
    done = stadtkern(town, "restore", str(tmp_path / "b.tar.gz"), "--yes")
    assert done.returncode == 0, done.stderr
    assert "survivor" in titles(town)
