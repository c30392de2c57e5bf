"""Checkpoints: all that a run has in memory, in one file that is whole or not there."""

import time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from stadtkern.hazards.flood.errors import BadScenario

NAME = "checkpoint.npz"
Arrays = dict[str, npt.NDArray[Any]]


class Keeper:
    """Writes a checkpoint when enough wall-clock time has passed since the last one."""

    def __init__(self, out: Path, fingerprint: str, interval: float) -> None:
        self.out, self.fingerprint, self.interval = out, fingerprint, interval
        self.last = time.monotonic()

    def is_due(self) -> bool:
        """Tell whether it is time for another one."""
        return time.monotonic() - self.last >= self.interval

    def write(self, solver: Arrays, probe: Arrays) -> Path:
        """Write a checkpoint; an earlier one is replaced when the new one is whole."""
        path = self.out / NAME
        partial = path.with_name(f".{NAME}.partial")
        arrays = {
            "fingerprint": np.array(self.fingerprint),
            **{f"solver/{k}": v for k, v in solver.items()},
            **probe,
        }
        with partial.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # the stub takes names of arrays for its switches
        partial.replace(path)
        self.last = time.monotonic()
        return path

    def read(self) -> tuple[Arrays, Arrays] | None:
        """Return the arrays of solver and probe, or None where there is no checkpoint.

        Raises
        ------
        BadScenario
            if it is broken, or belongs to a run with other input.
        """
        path = self.out / NAME
        if not path.exists():
            return None
        try:
            with path.open("rb") as body, np.load(body, allow_pickle=False) as file:
                kept = {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, BadZipFile) as error:
            raise BadScenario(
                f"{path}: is broken ({error}); allowed: a whole checkpoint, or no --resume"
            ) from error
        if str(kept.pop("fingerprint", "")) != self.fingerprint:
            raise BadScenario(
                f"{path}: belongs to a run with another scenario, other files or another version; "
                "allowed: the same "
                "input, or no --resume"
            )
        solver = {name.removeprefix("solver/"): v for name, v in kept.items() if name.startswith("solver/")}
        return solver, {name: v for name, v in kept.items() if not name.startswith("solver/")}

    def forget(self) -> None:
        """Delete the checkpoint of a run that has come to its end."""
        (self.out / NAME).unlink(missing_ok=True)
