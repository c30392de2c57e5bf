"""Reads a file by its plan into Parquet."""

from collections.abc import Callable
from pathlib import Path

from stadtkern.tables.model import Geocode, Ingested, Plan, Progress


def ingest(
    path: Path,
    plan: Plan,
    folder: Path,
    *,
    progress: Callable[[Progress], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    geocode: Geocode | None = None,
) -> Ingested:
    """Read `path` as `plan` says into `folder`, which appears only when all is done.

    Parameters
    ----------
    path
        The uploaded file; it is not changed.
    plan
        Of `survey`, perhaps corrected.
    folder
        A folder that does not exist yet; its parent does. Written beside and renamed at the end.
    progress, is_cancelled
        Called after every block of rows (some 100,000).
    geocode
        Finds the places of addresses, where the plan's geometry comes from them.

    Raises
    ------
    Cancelled
        If `is_cancelled` said so.
    TableError
        If the file as a whole cannot be read; rows that cannot be read are listed in `rejected_path`.
    """
    raise NotImplementedError
