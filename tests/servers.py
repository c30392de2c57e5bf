"""Servers of others that tests and benchmarks start for themselves: PostgreSQL and Mosquitto."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 30


def free_port() -> int:
    """Return a port that nobody uses."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until something is true."""
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Return whether somebody listens on a port."""
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def program(name: str) -> str | None:
    """Return the path of a program, also of one that only administrators have in theirs."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


@dataclass
class Mosquitto:
    """A Mosquitto that keeps everything for a client that is away, on disk where it has a folder."""

    folder: Path
    port: int = field(default_factory=free_port)
    lines: Sequence[str] = ()
    """Further lines of its configuration."""
    saves_always: bool = False
    """Whether each change is written to disk at once, so that it may be killed; takes long."""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        found = program("mosquitto")
        assert found is not None, "mosquitto is not installed"
        settings = self.folder / "mosquitto.conf"
        store = self.folder / "mosquitto"
        store.mkdir(exist_ok=True)
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "max_queued_messages 0"]
        lines += ["max_inflight_messages 1000", "persistence true", f"persistence_location {store}/"]
        if self.saves_always:
            lines += ["autosave_interval 1", "autosave_on_changes true"]
        lines += self.lines
        if os.getuid() == 0:  # it would become somebody who may not enter the folder, and save nothing
            lines.append("user root")
        settings.write_text("\n".join(lines) + "\n")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen([found, "-c", str(settings)], stdout=log, stderr=log)
        until(lambda: answers(self.port), seconds=START_SECONDS)

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End it."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None


class Postgres:
    """A PostgreSQL cluster in a folder of its own."""

    def __init__(self, *settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="stadtkern-pg-"))
        self.port = free_port()
        self.settings = settings
        self.owner: list[str] = []
        if os.getuid() == 0:  # PostgreSQL does not run as root
            shutil.chown(self.folder, "postgres")
            self.owner = ["runuser", "-u", "postgres", "--"]

    @staticmethod
    def programs() -> Path | None:
        """Return the folder of its programs; None: it is not installed, or PostGIS is not."""
        if not any(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
            return None
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        return found[-1].parent if found else None

    @property
    def url(self) -> str:
        """Address of its database."""
        return f"postgresql://stadtkern@127.0.0.1:{self.port}/postgres"

    def run(self, name: str, *words: str) -> None:
        """Run one of its programs."""
        programs = self.programs()
        assert programs is not None, "PostgreSQL with PostGIS is not installed"
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            command = [*self.owner, str(programs / name), *words]
            subprocess.run(command, check=True, stdout=log, stderr=log, cwd="/")

    @property
    def data(self) -> Path:
        """Folder of its data."""
        return self.folder / "data"

    def make(self) -> None:
        """Make the cluster."""
        words = ("-U", "stadtkern", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self.run("initdb", "-D", str(self.data), *words)

    def start(self) -> None:
        """Start it, or start it again, also after a crash, when its last processes may still be there."""
        options = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            f"unix_socket_directories={self.folder}",
        ]
        words = " ".join(f"-c {one}" for one in (*options, *self.settings))
        log = str(self.folder / "log")
        until(lambda: self._runs("pg_ctl", "-D", str(self.data), "-l", log, "-w", "-o", words, "start"))

    def _runs(self, *words: str) -> bool:
        try:
            self.run(*words)
        except subprocess.CalledProcessError:
            time.sleep(0.5)
            return False
        return True

    def stop(self) -> None:
        """End it at once, as a crash does; committed data are on disk."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.run("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop")

    def kill(self) -> None:
        """Kill the first of its processes; the others notice, and end."""
        number = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(number, signal.SIGKILL)
        until(lambda: not answers(self.port))
        time.sleep(0.5)

    def remove(self) -> None:
        """End it and delete its data."""
        if (self.data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder.parent / f"{self.folder.name}.log").unlink(missing_ok=True)
