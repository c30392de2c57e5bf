"""`stadtkern simulate HAZARD SCENARIO.toml --out DIR`: run a numerical model."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from stadtkern.base.errors import BadInput
from stadtkern.base.plugins import plugin_packages

if TYPE_CHECKING:
    from stadtkern.contracts.hazard import Hazard

HELP = "run a numerical model of a hazard, such as a flood, and write maps"
HAZARDS = "stadtkern.hazards"
BAD_INPUT = 2
CANCELLED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the model, the scenario and the folder for results."""
    names = [name.rpartition(".")[2] for name in plugin_packages(HAZARDS)]
    parser.add_argument("hazard", choices=names)
    parser.add_argument("scenario", type=Path, nargs="?", metavar="SCENARIO.toml")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the results")
    parser.add_argument(
        "--example", type=Path, metavar="DIR", help="write a complete scenario there, and end"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--threads",
        type=positive,
        metavar="N",
        help="threads of the CPU; default: as many as pay for the size of the grid",
    )
    parser.add_argument(
        "--ensemble",
        type=positive,
        default=0,
        metavar="N",
        help="run N members with uncertain input: probabilities",
    )
    parser.add_argument(
        "--workers", default="", metavar="ADDRESS", help="Dask scheduler for the members: tcp://host:port"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on from the checkpoint in the folder for results"
    )
    parser.add_argument("--quiet", action="store_true", help="do not tell the progress")


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not allowed; allowed: 1 or more")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Write an example or run a scenario; input that cannot be used ends with 2."""
    try:
        return example(arguments) if arguments.example else simulate(arguments)
    except BadInput as error:
        sys.stderr.write(f"stadtkern simulate: {error}\n")
        return BAD_INPUT


def example(arguments: argparse.Namespace) -> int:
    """Write the example of a model."""
    write = hazard_of(arguments.hazard).write_example
    if write is None:
        raise BadInput(f"the model {arguments.hazard} has no example")
    path = write(arguments.example)
    print(
        f"{path}\nRun it: stadtkern simulate {arguments.hazard} {path} --out {arguments.example / 'results'}"
    )
    return 0


def simulate(arguments: argparse.Namespace) -> int:
    """Run a scenario."""
    from stadtkern.base.stopping import stopped_by_signals
    from stadtkern.contracts.hazard import RunOptions, Stopped

    if arguments.scenario is None or arguments.out is None:
        raise BadInput("SCENARIO.toml and --out DIR are needed; allowed: both, or --example DIR")
    if arguments.workers and not arguments.ensemble:
        raise BadInput(
            "--workers: only the members of an ensemble run on a Dask cluster; allowed: with --ensemble N"
        )
    model = hazard_of(arguments.hazard)
    if model.simulate is None:
        raise BadInput(f"the model {arguments.hazard} reads no scenarios")
    teller = Teller() if not arguments.quiet else None
    with stopped_by_signals() as cancel:
        options = RunOptions(
            device=arguments.device,
            threads=arguments.threads,
            resume=arguments.resume,
            ensemble=arguments.ensemble,
            workers=arguments.workers,
            progress=teller,
            cancel=cancel,
        )
        try:
            summary = model.simulate(arguments.scenario, arguments.out, options)
        except Stopped as stopped:
            sys.stderr.write(f"{teller.end() if teller else ''}stadtkern simulate: {stopped}\n")
            return CANCELLED if stopped.cancelled else 1
    sys.stderr.write(teller.end() if teller else "")
    print(f"{len(summary['files'])} files in {arguments.out}; summary: {arguments.out / 'summary.json'}")
    return 0


def hazard_of(name: str) -> "Hazard":
    """Return the model of a name."""
    from stadtkern.base.plugins import plugins
    from stadtkern.contracts.hazard import Hazard

    return plugins(HAZARDS, "hazard", Hazard)[name]


class Teller:
    """Tells the progress on standard error: one line that is overwritten, or a line now and then in a log."""

    def __init__(self) -> None:
        self.is_terminal = sys.stderr.isatty()
        self.pause = 1.0 if self.is_terminal else 10.0
        self.last = time.monotonic()
        self.has_line = False

    def __call__(self, share: float, text: str) -> None:
        """Tell a share and a line, if it is time."""
        now = time.monotonic()
        if now - self.last < self.pause:
            return
        self.last = now
        line = f"{100 * share:3.0f} %  {text}"
        sys.stderr.write(f"\r\x1b[K{line}" if self.is_terminal else f"{line}\n")
        sys.stderr.flush()
        self.has_line = self.is_terminal

    def end(self) -> str:
        """Return what ends the line that is overwritten."""
        return "\n" if self.has_line else ""
