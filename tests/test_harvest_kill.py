"""A harvest goes on after `kill -9` at any moment: nothing is lost, nothing is done twice.

`STADTKERN_KILL_ROUNDS=20` kills more often, `STADTKERN_KILL_SEED` repeats a run.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stadtkern.harvest.conftest import Catalogue, ckan, package
from tests.servers import Postgres
from tests.towns import DJANGO, ROOT, Town

ROUNDS = int(os.environ.get("STADTKERN_KILL_ROUNDS", "4"))
SEED = int(os.environ.get("STADTKERN_KILL_SEED", str(time.time_ns() % 1_000_000)))
RECORDS = 1200
pytestmark = [pytest.mark.slow, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

SETUP = (
    DJANGO
    + """
import sys
from stadtkern.catalogue.models import Agent
from stadtkern.governance.models import DataProfile
from stadtkern.harvest.models import HarvestSource
from stadtkern.people.models import Organisation
town = Organisation.objects.create(slug="town", name={"de": "Stadt"})
profile = DataProfile.objects.create(slug="other", title={"de": "Daten anderer"}, owner=town)
HarvestSource.objects.create(name="Land", kind="ckan", url=sys.argv[1], profile=profile, page_size=40,
                             publisher=Agent.objects.create(slug="town", name={"de": "Stadt"}))
"""
)
WORK = (
    DJANGO
    + """
import time
from stadtkern.harvest.models import HarvestRun
from stadtkern.harvest.services import work_on_due
print("ready", flush=True)
while not HarvestRun.objects.filter(state="done").exists():
    work_on_due()
    time.sleep(0.05)
"""
)
LOOK = (
    DJANGO
    + """
import json
from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.harvest.models import HarvestRecord, HarvestResult, HarvestRun
run = HarvestRun.objects.get()
print(json.dumps({
    "state": run.state, "problem": run.problem, "created": run.created, "changed": run.changed, "same": run.same,
    "refused": run.refused, "rows": run.rows, "pages": run.pages, "datasets": Dataset.objects.count(),
    "identifiers": Dataset.objects.values("identifier").distinct().count(),
    "distributions": Distribution.objects.count(), "records": HarvestRecord.objects.count(),
    "results": HarvestResult.objects.count(),
}))
"""
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a database; empty: SQLite in the folder of the town."""
    if request.param == "sqlite":
        yield ""
        return
    if Postgres.programs() is None:
        pytest.skip("PostgreSQL with PostGIS is not installed")
    server = Postgres()
    server.make()
    server.start()
    yield server.url
    server.remove()


@pytest.fixture
def server() -> Iterator[Catalogue]:
    """Give a catalogue that takes a moment for each page."""
    found = Catalogue()
    whole = ckan([package(number) for number in range(1, RECORDS + 1)])

    def answer(path: str, query: dict[str, str]) -> object:
        time.sleep(0.02)
        return whole(path, query)

    found.answer = answer  # type: ignore[assignment]  # the same, slower
    yield found
    found.stop()


def test_a_harvest_survives_being_killed(tmp_path: Path, server: Catalogue, database_url: str) -> None:
    town = Town(tmp_path, database_url=database_url, more={"STADTKERN_ALLOW_PRIVATE_HOSTS": server.url[7:]})
    town.migrate()
    town.python("-c", SETUP, server.url)
    chance = random.Random(SEED)  # noqa: S311  # no secret
    for _round in range(ROUNDS):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORK], env=town.environment(), cwd=ROOT, stdout=subprocess.PIPE
        )
        assert worker.stdout is not None
        worker.stdout.readline()
        time.sleep(chance.uniform(0.05, 2.5))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    town.python("-c", WORK)
    found = json.loads(town.python("-c", LOOK))
    assert found == {
        "state": "done",
        "problem": "",
        "created": RECORDS,
        "changed": 0,
        "same": 0,
        "refused": 0,
        "rows": RECORDS,
        "pages": RECORDS // 40,
        "datasets": RECORDS,
        "identifiers": RECORDS,
        "distributions": RECORDS,
        "records": RECORDS,
        "results": RECORDS,
    }, f"STADTKERN_KILL_SEED={SEED}"
