"""What a demo remembers between two starts: when it began and what it plays."""

import json
import socket
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from stadtkern.base.clock import now

PROBE = ("www.pegelonline.wsv.de", 443)


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo town."""

    started: str
    mode: str
    """`live` reads the real sources, `replay` plays them on this machine."""
    flood: bool

    @property
    def start(self) -> datetime:
        """The time the demo was made, aware."""
        return datetime.fromisoformat(self.started)


def has_network() -> bool:
    """Return whether a live source can be reached within two seconds."""
    try:
        socket.create_connection(PROBE, timeout=2).close()
    except OSError:
        return False
    return True


def load(data_dir: Path) -> Demo | None:
    """Return the demo that lives in `data_dir`, None if there is none."""
    path = data_dir / "demo.json"
    return Demo(**json.loads(path.read_text())) if path.exists() else None


def create(data_dir: Path, *, mode: str, flood: bool) -> Demo:
    """Note down a new demo."""
    demo = Demo(now().isoformat(timespec="seconds"), mode, flood)
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / "demo.json").write_text(json.dumps(asdict(demo)))
    return demo
