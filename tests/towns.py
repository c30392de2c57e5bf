"""A town in a directory of its own, with real processes that tests end or talk to from outside."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.migrated import migrated_file
from tests.servers import answers, free_port, until

ROOT = Path(__file__).parent.parent
START = 1_760_000_000
"""Second in which the first message was measured."""
DJANGO = """
import os, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
django.setup()
"""
SETUP = (
    DJANGO
    + """
from stadtkern.governance.models import DataProfile
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import new_key
from stadtkern.observations.models import Datastream, ObservedProperty, Sensor, Thing
from stadtkern.people.models import Organisation
options = {"topic": "town/bridge", "payload": "json", "thing": "bridge", "time": "t",
           "values": ["level = water_level [cm]"]}
source = Source.objects.create(slug="bridge", connector="mqtt_topic", title={"de": "Br"}, options=options)
profile = DataProfile.objects.create(
    slug="open", title={"en": "Open"}, purpose={"en": "Weather"}, legal_basis={"en": "Law"},
    owner=Organisation.objects.create(slug="town", name={"en": "Town"}), licence="dl-de/zero-2-0",
    is_published=True,
)
thing = Thing.objects.create(source="test", key="mast", name="Mast", description="On the square")
sensor = Sensor.objects.create(source="test", name="thermometer", description="", encoding_type="text/html")
air = ObservedProperty.objects.create(slug="air_temperature", unit="Cel", name={"en": "Air temperature"})
facts = {"thing": thing, "sensor": sensor, "observed_property": air, "unit": "Cel"}
public = Datastream.objects.create(key="test:public", name="public", profile=profile, **facts)
hidden = Datastream.objects.create(key="test:hidden", name="hidden", **facts)
print(new_key(source), public.pk, hidden.pk)
"""
)


@dataclass
class Town:
    """An installation in a directory of its own, with its processes."""

    home: Path
    mqtt_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    mqtt_url: str = ""
    database_url: str = ""
    more: dict[str, str] = field(default_factory=dict)
    """Further settings."""
    log_home: Path | None = None
    """Where the logs are, if not beside the data."""
    key: str = ""
    public: int = 0
    """Identifier of a datastream that everybody may read."""
    hidden: int = 0
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return the settings of this town."""
        given = {name: value for name, value in os.environ.items() if not name.startswith("STADTKERN_")}
        own = {
            "STADTKERN_DATA_DIR": str(self.home),
            "STADTKERN_PORT": str(self.web_port),
            "STADTKERN_MQTT_PORT": str(self.mqtt_port),
            "STADTKERN_MQTT_URL": self.mqtt_url,
            "PYTHONPATH": str(ROOT),
            **self.more,
        }
        return given | own | ({"STADTKERN_DATABASE_URL": self.database_url} if self.database_url else {})

    def make(self) -> None:
        """Make the database, the source and two datastreams."""
        self.migrate()
        self.key, public, hidden = self.python("-c", SETUP).split()
        self.public, self.hidden = int(public), int(hidden)

    def migrate(self) -> None:
        """Make all tables; on SQLite by a copy of those that other tests made."""
        made = migrated_file()
        if self.database_url or not made.exists():
            self.python("-m", "stadtkern", "migrate", "--verbosity", "0")
        else:
            self.home.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made, self.home / "stadtkern.sqlite3")

    def python(self, *words: str) -> str:
        """Run Python in this town and return what it printed."""
        command = [sys.executable, *words]
        return subprocess.run(
            command, check=True, env=self.environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True
        ).stdout

    def start(self, *names: str) -> None:
        """Start processes, both unless told which."""
        for name in names or ("ingest", "web"):
            with ((self.log_home or self.home) / f"{name}.log").open("ab") as log:
                command = [sys.executable, "-m", "stadtkern", name]
                self.processes[name] = subprocess.Popen(
                    command, env=self.environment(), cwd=ROOT, stdout=log, stderr=log
                )

    def wait(self, *names: str) -> None:
        """Wait until processes answer."""
        for name in names or tuple(self.processes):
            if name == "web":
                until(lambda: answers(self.web_port))
            elif not self.mqtt_url:
                until(lambda: answers(self.mqtt_port))
            else:
                until((self.home / "mqtt.sock").exists)

    def kill(self, *names: str) -> None:
        """End processes in the middle of whatever they do, all of them unless told which."""
        chosen = [
            self.processes.pop(name) for name in names or tuple(self.processes) if name in self.processes
        ]
        for process in chosen:
            process.send_signal(signal.SIGKILL)
        for process in chosen:
            process.wait()

    def rows(self, question: str) -> Sequence[tuple[object, ...]]:
        """Return the answer of the database."""
        if self.database_url:
            import psycopg  # noqa: PLC0415  # not needed for SQLite

            with psycopg.connect(self.database_url) as database:
                return database.execute(question).fetchall()
        with closing(sqlite3.connect(self.home / "stadtkern.sqlite3", timeout=30)) as database:
            return database.execute(question).fetchall()

    def stored(self, datastreams: str = "true") -> dict[int, float]:
        """Return the results in the database by number of the message; a result stored twice fails."""
        time = (
            "(extract(epoch from phenomenon_time))::bigint"
            if self.database_url
            else "phenomenon_time / 1000000"
        )
        rows = self.rows(f"SELECT {time}, result FROM observations_observation WHERE {datastreams}")  # noqa: S608  # our own words
        found = {int(str(at)) - START: float(str(result)) for at, result in rows}
        assert len(found) == len(rows), "a message was stored twice"
        return found
