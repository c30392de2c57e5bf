"""Series in time, out of CSV files `time,value` in seconds, and curves `level,discharge`."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stadtkern.compute.series import Series
from stadtkern.hazards.flood.errors import BadScenario

LARGEST = 200_000_000
Floats = npt.NDArray[np.float64]


def read_series(
    path: Path, where: str, *, end: float, step: bool = False, least: float = -math.inf
) -> Series:
    """Read a CSV `time,value` that covers the time from 0 to `end`.

    Parameters
    ----------
    path : the file
    where : table and key that name the file, for messages
    end : s, the end of the simulation
    step : whether a value holds until the next row
    least : the least value that is allowed

    Raises
    ------
    BadScenario
        if a row has no two numbers, times do not increase, a value is missing or too small, or the rows do
        not reach from 0 to `end`.
    """
    rows = read_pairs(path, where, ("time", "value"))
    times, values = rows[:, 0], rows[:, 1]
    if (low := np.flatnonzero(values < least)).size:
        row = int(low[0])
        raise BadScenario(
            f"{where}: {path} row {row + 2}: {values[row]:g} is not allowed; allowed: values >= {least:g}"
        )
    if times[0] > 0 or (times[-1] < end and times.size > 1):
        raise BadScenario(
            f"{where}: {path}: has a gap: its rows reach from {times[0]:g} s to {times[-1]:g} s, the "
            "simulation from "
            f"0 s to {end:g} s; allowed: rows from 0 s or earlier to {end:g} s or later"
        )
    return Series(times, values, "previous" if step else "linear")


def read_curve(path: Path, where: str) -> tuple[Floats, Floats]:
    """Read a rating curve `level,discharge`: levels that increase, discharges that do not decrease.

    Returns
    -------
    levels, shape (n,), m; discharges, shape (n,), m3/s
    """
    rows = read_pairs(path, where, ("level", "discharge"))
    if len(rows) < 2 or (np.diff(rows[:, 1]) < 0).any():  # noqa: PLR2004  # a line has two ends
        raise BadScenario(
            f"{where}: {path}: discharge decreases, or there is one row; allowed: two or more rows that "
            "increase"
        )
    return rows[:, 0], rows[:, 1]


def read_pairs(path: Path, where: str, columns: tuple[str, str]) -> Floats:
    """Read a CSV with a header and two columns of numbers, the first of which increases; shape (rows, 2)."""
    allowed = f"a CSV with the columns {','.join(columns)}, numbers, {columns[0]} increasing"
    rows = read_rows(path, where, columns, allowed)
    found: list[tuple[float, float]] = []
    for number, row in enumerate(rows, 2):
        pair = (decimal(row[0]), decimal(row[1]))
        if not all(math.isfinite(value) for value in pair):
            raise BadScenario(
                f"{where}: {path} row {number}: {','.join(row)[:60]!r} has a gap or is no number; "
                f"allowed: {allowed}"
            )
        if found and pair[0] <= found[-1][0]:
            raise BadScenario(
                f"{where}: {path} row {number}: {columns[0]} {pair[0]:g} is not greater than "
                f"{found[-1][0]:g} before; allowed: {allowed}"
            )
        found.append(pair)
    if not found:
        raise BadScenario(f"{where}: {path}: has no rows; allowed: {allowed}")
    return np.array(found, dtype=np.float64)


def read_rows(path: Path, where: str, columns: Sequence[str], allowed: str) -> list[list[str]]:
    """Return the rows of a CSV below its header, the wanted columns only."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadScenario(
                f"{where}: {path}: is larger than {LARGEST // 1_000_000} MB; allowed: {allowed}"
            )
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadScenario(f"{where}: {path}: cannot be read ({error}); allowed: {allowed}") from error
    header = [name.strip().lower() for name in rows[0]] if rows else []
    if missing := [name for name in columns if name not in header]:
        raise BadScenario(f"{where}: {path}: column {missing[0]} is missing; allowed: {allowed}")
    places = [header.index(name) for name in columns]
    return [[row[place].strip() if place < len(row) else "" for place in places] for row in rows[1:]]


def decimal(text: str) -> float:
    """Return a number with a decimal point; NaN for anything else."""
    try:
        return float(text)
    except ValueError:
        return math.nan
