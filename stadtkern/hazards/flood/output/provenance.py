"""Where a result comes from: version, settings and hashes of all files that went in."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from stadtkern import __version__
from stadtkern.hazards.flood.scenario.model import Scenario

BLOCK = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Provenance:
    """What went into a run."""

    version: str
    scenario: str
    """Name of the file."""
    title: str
    inputs: dict[str, str]
    """SHA-256 of every file by its path relative to the scenario."""
    settings: dict[str, Any]
    """Scheme, order, precision and Courant number."""

    @property
    def fingerprint(self) -> str:
        """One hash over all of it: equal runs have the same."""
        return hashlib.sha256(json.dumps(dataclasses.asdict(self), sort_keys=True).encode()).hexdigest()

    def tags(self) -> dict[str, str]:
        """Return the tags that every raster carries."""
        return {
            "SOFTWARE": f"Stadtkern {self.version}",
            "SCENARIO": self.scenario,
            "TITLE": self.title,
            "SETTINGS": json.dumps(self.settings, sort_keys=True),
            "INPUTS_SHA256": json.dumps(self.inputs, sort_keys=True),
            "FINGERPRINT": self.fingerprint,
        }


def provenance_of(scenario: Scenario) -> Provenance:
    """Hash all files of a scenario."""
    folder = scenario.path.parent
    paths = sorted({scenario.path, *files_in(scenario)})
    inputs = {relative(path, folder): sha256(path) for path in paths if path.is_file()}
    solver = dataclasses.asdict(scenario.solver)
    return Provenance(__version__, scenario.path.name, scenario.about.title, inputs, solver)


def files_in(value: object) -> list[Path]:
    """Return all paths within tables and lists."""
    if isinstance(value, Path):
        return [value]
    if dataclasses.is_dataclass(value):
        return [p for f in dataclasses.fields(value) for p in files_in(getattr(value, f.name))]
    if isinstance(value, tuple):
        return [p for item in value for p in files_in(item)]
    return []


def relative(path: Path, folder: Path) -> str:
    """Return a path relative to the scenario, or only its name: no path of a machine."""
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return path.name


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
