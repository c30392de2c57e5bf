"""Lets strangers ask tables in SQL, in a process of its own that can do nothing else."""

from collections.abc import Mapping
from pathlib import Path

from stadtkern.tables.model import SqlLimits, SqlResult


def sql(tables: Mapping[str, Path], statement: str, *, limits: SqlLimits | None = None) -> SqlResult:
    """Answer one SELECT (or WITH ... SELECT) over the named tables.

    Parameters
    ----------
    tables
        Names as the statement uses them, and the stored tables (`Ingested.table_path`).
    statement
        DuckDB's SQL; whatever writes, sets, loads or reads files is refused.

    Raises
    ------
    TableError
        `sql_not_allowed`, `sql_error`, `sql_too_long`, `sql_too_much_memory`, `sql_too_large`.
    """
    raise NotImplementedError
