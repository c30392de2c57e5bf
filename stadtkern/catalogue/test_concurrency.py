"""Two people at once, and a worker that is killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from stadtkern.catalogue.fixtures import TREES, _own_folder, make_table
from stadtkern.catalogue.models import Distribution, Version
from stadtkern.catalogue.services import files, versions, work
from stadtkern.people.models import User

__all__ = ["_own_folder"]
pytestmark = [pytest.mark.django_db(transaction=True)]
State = Version.State
ROOT = Path(__file__).parents[2]


@pytest.fixture
def alice() -> User:
    """Return an editor in a database that is really written to."""
    from conftest import person  # noqa: PLC0415
    from stadtkern.people.roles import create_roles  # noqa: PLC0415

    create_roles()
    return person("alice", "editor")


def at_once(count: int, function: Callable[[int], Any]) -> list[Any]:
    """Call a function in threads that begin together; return what they return or raise."""
    start, results = threading.Barrier(count), []

    def run(number: int) -> None:
        start.wait()
        try:
            results.append(function(number))
        except Exception as error:  # noqa: BLE001  # the test looks at it
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.skipif(connection.vendor == "sqlite", reason="threads share the database in memory; see below")
def test_uploads_at_once_get_different_numbers(alice: User) -> None:
    table = make_table(alice)
    results = at_once(6, lambda _number: versions.upload(table, BytesIO(TREES), "x.csv", by=alice))
    assert [one for one in results if isinstance(one, Exception)] == []
    assert sorted(one.number for one in results) == [1, 2, 3, 4, 5, 6]
    assert all(one.source_path.read_bytes() == TREES for one in results)


def test_only_one_worker_has_a_version() -> None:
    seen = []

    def hold(_number: int) -> None:
        with files.working_on(7) as is_mine:
            seen.append(is_mine)
            time.sleep(0.3)

    at_once(4, hold)
    assert sorted(seen) == [False, False, False, True]


def own_database(folder: Path) -> str:
    """Return the address of the database of this test, for other processes; SQLite gets a file of its own."""
    facts = connection.settings_dict
    if connection.vendor != "sqlite":
        return f"postgresql://{facts['USER']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"
    connection.ensure_connection()
    path = folder / "stadtkern.sqlite3"
    with closing(sqlite3.connect(path)) as target:
        connection.connection.backup(target)
    return f"sqlite:///{path}"


@dataclass(frozen=True)
class Run:
    """Steps in processes of their own."""

    begin: Callable[..., subprocess.Popen[str]]
    finish: Callable[..., str]

    def __call__(self, *words: str) -> str:
        """Run a step to its end and return what it printed."""
        return self.finish(*words)


SCRIPT = """
import sys
from pathlib import Path
from stadtkern.config.start import start_django
start_django()
from stadtkern.catalogue.services import work
verb = sys.argv[1]
if verb == "number":
    from io import BytesIO
    from stadtkern.catalogue.models import Distribution
    from stadtkern.catalogue.services import versions
    for _ in range(5):
        versions.upload(Distribution.objects.get(), BytesIO(b"a;b\\n1;2\\n"), "x.csv", by=None)
elif verb == "look":
    work.look_at_new()
elif verb == "read":
    print("begun", flush=True)
    work.read_large()
    work.read_small()
elif verb == "set-up":
    from stadtkern.catalogue.fixtures import make_profile
    from stadtkern.catalogue.models import Dataset, Distribution
    from stadtkern.catalogue.services.datasets import agent_of
    profile = make_profile()
    dataset = Dataset.objects.create(slug="big", title={"de": "x"}, profile=profile, publisher=agent_of(profile.owner), live=False)
    Distribution.objects.create(dataset=dataset, slug="big")
elif verb == "upload":
    from stadtkern.catalogue.models import Distribution
    from stadtkern.catalogue.services import versions
    versions.upload(Distribution.objects.get(), Path(sys.argv[2]), "big.csv", by=None)
elif verb == "confirm":
    from stadtkern.catalogue.models import Version
    from stadtkern.catalogue.services import versions
    from stadtkern.tables import Plan
    version = Version.objects.get()
    versions.confirm(version, Plan.from_json(version.plan), by=None)
elif verb == "state":
    from stadtkern.catalogue.models import Version
    for version in Version.objects.order_by("number"):
        print(version.number, version.state, version.rows, version.is_proposed, sorted(p.name for p in version.folder.iterdir()))
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs a step in a process of its own, with a database of its own."""
    script = tmp_path / "step.py"
    script.write_text(SCRIPT)
    folder = tmp_path / "data"
    folder.mkdir()
    names = {
        "STADTKERN_DATA_DIR": str(tmp_path / "data"),
        "PYTHONPATH": str(ROOT),
        "STADTKERN_LOG_LEVEL": "ERROR",
    }
    environment = {**os.environ, **names}
    environment["STADTKERN_DATABASE_URL"] = own_database(folder)

    def begin(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(script), *words],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def finish(*words: str) -> str:
        process = begin(*words)
        out, _nothing = process.communicate(timeout=300)
        assert process.returncode == 0
        return out

    return Run(begin, finish)


@pytest.mark.slow
def test_processes_number_versions_without_gaps_or_doubles(run: Run) -> None:
    run("set-up")
    processes = [run.begin("number") for _number in range(3)]
    assert [process.communicate(timeout=240)[0] for process in processes] == ["", "", ""]
    lines = run("state").splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(1, 16))


@pytest.mark.slow
def test_a_worker_killed_while_reading_leaves_nothing_half_done(run: Run, tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    with big.open("w") as file:
        file.write("Nr;Art;Höhe;Datum\n")
        for number in range(600_000):
            file.write(f"{number};Linde;{number % 40},5;03.10.{1950 + number % 70}\n")
    run("set-up")
    run("upload", str(big))
    run("look")
    run("confirm")
    worker = run.begin("read")
    assert worker.stdout is not None
    assert worker.stdout.readline().strip() == "begun"
    data = tmp_path / "data" / "datasets"
    for _moment in range(400):  # until it has really begun to write
        if list(data.rglob("table.parquet")) or list(data.rglob(".table-*")):
            break
        time.sleep(0.05)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    assert run("state").startswith("1 reading ")
    assert not list(data.glob("*/1/table"))
    run("read")
    assert run("state").strip() == "1 ready 600000 True ['source.csv', 'table']"


def test_an_interrupted_upload_leaves_nothing(alice: User) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 100:
                raise ConnectionResetError
            return super().read(60 if size is None or size > 60 else size)

    table = make_table(alice)
    with pytest.raises(Exception, match=r".*"):
        versions.upload(table, Broken(TREES), "x.csv", by=alice)
    assert not Version.objects.exists()
    assert list(files.new_path().parent.glob("*")) == []


def test_two_workers_read_each_file_once(alice: User) -> None:
    table = make_table(alice)
    for _number in range(2):
        versions.upload(Distribution.objects.get(pk=table.pk), BytesIO(TREES), "x.csv", by=alice)
    assert work.look_at_new() == 2
    assert work.look_at_new() == 0
