"""What both databases offer, and the SQL they have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stadtkern.observations.services.columns import Columns, Ints, Mask
from stadtkern.observations.services.rows import Known, Row

Bucket = tuple[int, int, int]
"""Datastream, start, end."""
Sides = tuple[list[Row], list[Row]]
"""Rows before and after a span."""
QUARTER, HOUR, DAY = 15, 60, 1440
TABLE = "observations_observation"
# PostgreSQL takes the square of a tiny number for an error.
_SQUARE = "CASE WHEN abs(o.result) < 1e-100 THEN 0 ELSE o.result * o.result END"
_SUMS = f"count(*), sum(o.result), sum({_SQUARE}), min(o.result), max(o.result)"
_MERGED = "sum(o.count), sum(o.total), sum(o.squares), min(o.minimum), max(o.maximum)"
ROW = "o.datastream_id, o.phenomenon_time, o.copy, o.result, o.quality, o.checks"
KNOWN = (
    "o.datastream_id, o.phenomenon_time, o.copy, o.id, o.result, o.quality, o.checks, o.value, "
    "o.phenomenon_end, o.result_time, o.valid_from, o.valid_to, o.parameters, o.result_quality, o.feature_id"
)
USABLE = "o.quality < 4 AND o.result IS NOT NULL"
SPAN = (
    f"SELECT {ROW} FROM observations_observation o WHERE o.datastream_id = %s AND o.result IS NOT NULL "  # noqa: S608  # constants of this module; values are parameters
    "AND o.phenomenon_time >= %s ORDER BY o.phenomenon_time, o.copy LIMIT %s"
)
BEFORE = (
    f"SELECT {ROW} FROM observations_observation o WHERE o.datastream_id = %s AND o.result IS NOT NULL "  # noqa: S608  # constants of this module; values are parameters
    "AND o.phenomenon_time < %s AND o.phenomenon_time >= %s "
    "ORDER BY o.phenomenon_time DESC, o.copy DESC LIMIT %s"
)
FACTS = (
    "SELECT d.id, d.key, d.unit, d.duplicates, d.is_forecast, p.slug, p.minimum, p.maximum, "
    "p.physical_minimum, p.physical_maximum, d.checked_until, g.retention, "
    "d.observation_type, d.is_multi, d.feature_of_interest_id IS NULL AND EXISTS ("
    "SELECT 1 FROM observations_thing_locations n WHERE n.thing_id = d.thing_id), "
    "l.phenomenon_time, l.copy, l.number, l.result, l.value, l.quality, l.checks, l.previous_time, "
    "l.previous_result, l.count, l.first_time, l.last_time, l.first_result_time, l.last_result_time "
    "FROM observations_datastream d JOIN observations_observedproperty p ON p.id = d.observed_property_id "
    "LEFT JOIN governance_dataprofile g ON g.id = d.profile_id "
    "LEFT JOIN observations_latestobservation l ON l.datastream_id = d.id "
)
LATEST = (
    "datastream_id", "phenomenon_time", "copy", "number", "result", "value", "quality", "checks",
    "previous_time", "previous_result", "received", "count", "first_time", "last_time",
    "first_result_time", "last_result_time",
)  # fmt: skip
LATEST_UPDATE = ", ".join(f"{name} = excluded.{name}" for name in (*LATEST[1:], "version"))
NEXT_VERSION = (
    "INSERT INTO observations_change (id, version, numbers) VALUES (1, 1, 0) "
    "ON CONFLICT (id) DO UPDATE SET version = observations_change.version + 1 RETURNING version"
)
ROLLUP_UPDATE = (
    "count = r.count + excluded.count, total = r.total + excluded.total, "
    "squares = r.squares + excluded.squares"
)


@dataclass(slots=True)
class Writing:
    """Rows to insert or to write over, all columns of one length."""

    columns: Columns
    number: Ints
    copy: Ints
    quality: Ints
    checks: Ints

    def take(self, rows: Ints | Mask) -> "Writing":
        """Return some of the rows."""
        small = (self.number, self.copy, self.quality, self.checks)
        return Writing(self.columns.take(rows), *(column[rows] for column in small))


@dataclass(slots=True)
class Increments:
    """What new rows add to the rollups; one row for each bucket."""

    datastream: Ints
    width: Ints
    start: Ints
    count: Ints
    total: NDArray[np.float64]
    squares: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]


class Storage(ABC):
    """Set-based access to the two big tables and the newest values."""

    triples: str
    """Rows (d, s, e) of one parameter set made by `pack`."""

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""

    @abstractmethod
    def pack(self, rows: Sequence[tuple[int, ...]], width: int) -> list[Any]:
        """Return the parameters behind `triples`."""

    @abstractmethod
    def hold(self, datastreams: Sequence[int]) -> list[tuple[Any, ...]]:
        """Keep other writers off the datastreams until the transaction ends, and return their `FACTS`."""

    @abstractmethod
    def fresh_numbers(self, count: int) -> Ints:
        """Return numbers for new observations, ascending."""

    @abstractmethod
    def existing(self, datastreams: Ints, times: Ints) -> list[Known]:
        """Return what is stored at those (datastream, time), by copy."""

    @abstractmethod
    def before(self, spans: Sequence[Bucket], count: int) -> list[Row]:
        """Return the last `count` usable rows before each span."""

    @abstractmethod
    def after(self, spans: Sequence[Bucket], count: int) -> list[Row]:
        """Return the first `count` usable rows after each span."""

    @abstractmethod
    def insert(self, rows: Writing, table: str = TABLE) -> None:
        """Insert rows whose keys are not there, into the table or one like it."""

    @abstractmethod
    def overwrite(self, rows: Writing) -> None:
        """Write rows over those with the same keys; their numbers stay."""

    @abstractmethod
    def set_flags(self, rows: Sequence[Row]) -> None:
        """Write quality and failed tests of rows that are there."""

    @abstractmethod
    def newest(self, datastreams: Sequence[int]) -> list[Known]:
        """Return the newest two rows of each datastream, newest first."""

    @abstractmethod
    def add_rollups(self, added: Increments) -> None:
        """Add to the rollups."""

    @abstractmethod
    def put_latest(self, rows: Sequence[tuple[Any, ...]]) -> int:
        """Count one more batch, write the rows of the newest values, return the version of the batch.

        Columns as in `LATEST`. On PostgreSQL writers queue up here until the transaction ends.
        """

    @abstractmethod
    def delete(self, keys: Sequence[tuple[int, int, int]]) -> None:
        """Delete rows by (datastream, time, copy)."""

    @abstractmethod
    def span(self, datastream: int, first: int, count: int) -> list[Row]:
        """Return up to `count` numeric rows of a datastream from `first` on, by time."""

    @abstractmethod
    def span_before(self, datastream: int, end: int, start: int, count: int) -> list[Row]:
        """Return the last `count` numeric rows with start <= time < end, by time."""

    def roll_up(self, quarters: Sequence[Bucket], hours: Sequence[Bucket], days: Sequence[Bucket]) -> None:
        """Compute the given buckets anew: quarters of an hour from rows, hours and days from quarters."""
        self._replace(QUARTER, quarters, "observations_observation", "phenomenon_time", _SUMS, USABLE)
        self._replace(HOUR, hours, "observations_rollup", "start", _MERGED, f"o.width = {QUARTER}")
        self._replace(DAY, days, "observations_rollup", "start", _MERGED, f"o.width = {QUARTER}")

    def _replace(  # noqa: PLR0913, PLR0917
        self, width: int, buckets: Sequence[Bucket], table: str, time: str, sums: str, only: str
    ) -> None:
        if not buckets:
            return
        packed = self.pack(buckets, 3)
        self.execute(
            "DELETE FROM observations_rollup WHERE (datastream_id, width, start) IN "  # noqa: S608  # constants of this module; values are parameters
            f"(SELECT d, {width}, s FROM {self.triples})",
            packed,
        )
        self.execute(
            "INSERT INTO observations_rollup "  # noqa: S608  # constants of this module; values are parameters
            "(datastream_id, width, start, count, total, squares, minimum, maximum) "
            f"SELECT b.d, {width}, b.s, {sums} FROM {self.triples} CROSS JOIN {table} o "
            f"WHERE o.datastream_id = b.d AND {only} AND o.{time} >= b.s AND o.{time} < b.e "
            "GROUP BY b.d, b.s",
            packed,
        )


def chunks(values: Iterable[Any], size: int = 5000) -> Iterable[list[Any]]:
    """Cut `values` into lists short enough for one statement."""
    everything = list(values)
    for start in range(0, len(everything), size):
        yield everything[start : start + size]
