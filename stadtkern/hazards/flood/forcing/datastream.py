"""Values of a datastream as a series, out of the CSV of `stadtkern export observations`."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from stadtkern.compute.series import Series
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.scenario.series import decimal, read_curve, read_rows

COLUMNS = ("datastream", "phenomenon_time", "result")
ALLOWED = "a CSV of `stadtkern export observations` with the columns datastream, phenomenon_time, result"
LONGEST_GAP = 6 * 3600.0


def read_datastream(  # noqa: PLR0913  # what a scenario says about one
    path: Path,
    where: str,
    *,
    key: str | None,
    start: datetime | None,
    end: float,
    factor: float = 1.0,
    offset: float = 0.0,
    rating: Path | None = None,
    step: bool = False,
) -> Series:
    """Read one datastream as a series in seconds since `start` that covers the time from 0 to `end`.

    Parameters
    ----------
    key : the datastream; may be left out if the file holds one only
    factor, offset : a value v becomes `v * factor + offset`, such as centimetres to metres above sea level
    rating : CSV `level,discharge` through which levels become discharges

    Raises
    ------
    BadScenario
        if the start of the scenario is not known, the datastream is not in the file, a time or value cannot
        be read, or the values leave a gap of more than six hours or do not reach from 0 to `end`.
    """
    if start is None:
        raise BadScenario(
            f"{where}: the start of the scenario is not known; allowed: start in [about], such as "
            "2010-08-07T12:00:00Z"
        )
    found = values_of(path, where, key)
    times = np.array([(moment - start).total_seconds() for moment, _ in found])
    values = np.array([value for _, value in found]) * factor + offset
    if times[0] > 0 or times[-1] < end:
        raise BadScenario(
            f"{where}: {path}: has a gap: its values reach from {found[0][0].isoformat()} to "
            f"{found[-1][0].isoformat()}, "
            f"the simulation from {start.isoformat()} for {end:g} s; allowed: values for the whole time"
        )
    first = max(int(np.searchsorted(times, 0.0, side="right")) - 1, 0)
    last = int(np.searchsorted(times, end)) + 1
    times, values = times[first:last], values[first:last]
    if times.size > 1 and (gap := float(np.diff(times).max())) > LONGEST_GAP:
        raise BadScenario(
            f"{where}: {path}: has a gap of {gap / 3600:.1f} h; allowed: at most {LONGEST_GAP / 3600:g} "
            "h between values"
        )
    if rating is not None:
        levels, discharges = read_curve(rating, f"{where} (rating)")
        if values.min() < levels[0] or values.max() > levels[-1]:
            raise BadScenario(
                f"{where}: {path}: levels from {values.min():g} to {values.max():g} leave the rating "
                f"curve {rating} "
                f"({levels[0]:g} to {levels[-1]:g}); allowed: a curve that covers them"
            )
        values = np.interp(values, levels, discharges)
    return Series(times, values, "previous" if step else "linear")


def values_of(path: Path, where: str, key: str | None) -> list[tuple[datetime, float]]:
    """Return times and values of one datastream, in order of time; the later row of equal times wins."""
    rows = read_rows(path, where, COLUMNS, ALLOWED)
    keys = list(dict.fromkeys(row[0] for row in rows))
    wanted = key or (keys[0] if len(keys) == 1 else None)
    if wanted not in keys:
        raise BadScenario(
            f"{where}: {path}: datastream {key or 'not named in datastream_key'}; allowed: "
            f"{', '.join(keys[:20]) or 'none there'}"
        )
    found: dict[datetime, float] = {}
    for number, (name, time, result) in enumerate(rows, 2):
        if name != wanted:
            continue
        value = decimal(result)
        if not np.isfinite(value):
            raise BadScenario(
                f"{where}: {path} row {number}: {result!r} has a gap or is no number; allowed: {ALLOWED}"
            )
        found[moment_of(time, f"{where}: {path} row {number}")] = value
    return sorted(found.items())


def moment_of(text: str, where: str) -> datetime:
    """Return a time with its offset in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadScenario(
            f"{where}: {text!r} is no time; allowed: ISO 8601 with offset, such as 2010-08-07T12:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise BadScenario(
            f"{where}: {text!r} has no offset; allowed: ISO 8601 with offset, such as 2010-08-07T12:00:00Z"
        )
    return moment.astimezone(UTC)
