"""Contract of a hazard model: a numerical model that turns a scenario into maps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Grid: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Field:
    """A grid that a hazard model reads or writes."""

    unit: str
    """UCUM code, such as `m`, `m/s`, `s`, `1`."""
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a scenario is run; what the command line says."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto`, `cpu` or `cuda`."""
    threads: int | None = None
    """Threads of the CPU; None: as many as pay. Results do not depend on it."""
    resume: bool = False
    """Go on from the checkpoint in the folder of results."""
    ensemble: int = 0
    """Members of an ensemble; 0: one run as the scenario says."""
    workers: str = ""
    """Address of a Dask scheduler for the members; empty: processes of this machine."""
    progress: Callable[[float, str], None] | None = None
    """Called about once a second with the share that is done (0 to 1) and a line of text."""
    cancel: Callable[[], bool] | None = None
    """Asked often; when it returns True the run writes a checkpoint and ends with `Stopped`."""


class Stopped(Exception):
    """A run ended before its end: it was cancelled, or cannot go on; the text says where and why."""

    def __init__(self, text: str, *, cancelled: bool = False) -> None:
        super().__init__(text)
        self.cancelled = cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """A numerical model: named grids in, named grids out, and the same from a scenario in files.

    Importing `hazard.py` is cheap: whatever is heavy is imported by the functions.
    """

    title: str
    reference: str
    """The method, with its sources."""
    inputs: Mapping[str, Field]
    outputs: Mapping[str, Field]
    run: Callable[..., dict[str, Grid]]
    """`run(**inputs, **settings)` returns the outputs; row 0 of a grid is the north."""
    simulate: Callable[[Path, Path, RunOptions], Mapping[str, Any]] | None = None
    """`simulate(scenario, out, options)` writes the results and returns the summary. Raises `BadInput` (a
    text with
    file, key and allowed values) before any work where the input cannot be used, and `Stopped`."""
    write_example: Callable[[Path], Path] | None = None
    """Writes a complete scenario that runs into a folder and returns the path of its file."""
