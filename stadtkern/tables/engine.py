"""DuckDB over stored tables.

One engine in each process, a cursor of it for each question, with an end to patience.
"""

import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from stadtkern.tables.model import TableError

MEMORY = "512MB"
THREADS = 2
PATIENCE = 20.0
"""Seconds that a question may take."""

_lock = threading.Lock()
_engines: dict[int, duckdb.DuckDBPyConnection] = {}


def _engine() -> duckdb.DuckDBPyConnection:
    """Return the engine of this process; a process that was forked off gets its own."""
    with _lock:
        mine = _engines.get(os.getpid())
        if mine is None:
            _engines.clear()
            mine = _engines[os.getpid()] = new_engine(THREADS)
        return mine


def new_engine(threads: int) -> duckdb.DuckDBPyConnection:
    """Return an engine of its own, which loads nothing and leaves no files behind."""
    return duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": MEMORY,
            "temp_directory": str(Path(tempfile.gettempdir()) / f"stadtkern-duckdb-{os.getpid()}"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        },
    )


@contextmanager
def cursor(
    zone: str, *, patience: float = PATIENCE, engine: duckdb.DuckDBPyConnection | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a cursor that shows times in `zone`; what takes longer than `patience` is stopped.

    Raises
    ------
    TableError
        `too_slow`, `too_much_memory`, `table_missing`, `bad_query`.
    """
    one = (engine or _engine()).cursor()
    timer = threading.Timer(patience, one.interrupt)
    timer.daemon = True
    timer.start()
    try:
        one.execute(f"SET TimeZone = {literal(zone)}")
        yield one
    except duckdb.InterruptException as error:
        raise TableError("too_slow", seconds=patience) from error
    except duckdb.OutOfMemoryException as error:
        raise TableError("too_much_memory") from error
    except duckdb.IOException as error:
        raise TableError("table_missing") from error
    except duckdb.Error as error:
        raise TableError("bad_query", text=str(error)[:200]) from error
    finally:
        timer.cancel()
        one.close()


def literal(text: str) -> str:
    """Return a text as SQL writes it."""
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def name(column: str) -> str:
    """Return a column's name as SQL writes it."""
    quoted = column.replace('"', '""')
    return f'"{quoted}"'


def names(columns: Sequence[str]) -> str:
    """Return the names of columns as a list."""
    return ", ".join(name(column) for column in columns)


def source(path: Path) -> str:
    """Return a stored table as it stands behind FROM."""
    return f"read_parquet({literal(str(path))})"
