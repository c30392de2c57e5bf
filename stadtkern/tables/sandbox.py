"""Lets strangers ask tables in SQL, in a process of its own that can do nothing else.

Four walls, each enough alone for most attacks: the statement is parsed and only SELECT over the given
names passes (`sandbox_rules`); DuckDB has no files, network or extensions and its settings are locked; the
process may write no  # noqa: E501
file and has little memory and processor time; it is killed when its time is over.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import shapely

from stadtkern.tables.model import TableError
from stadtkern.tables.questions import SqlLimits, SqlResult

LONGEST = 20_000
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
_MOST_TABLES = 50
_START = 5.0
"""Seconds for the process to start, beside those of the statement."""

_ROOT = Path(__file__).resolve().parents[2]


def sql(
    tables: Mapping[str, Path],
    statement: str,
    *,
    limits: SqlLimits | None = None,
    zone: str = "Europe/Berlin",
) -> SqlResult:
    """Answer one SELECT (or WITH ... SELECT) over the named tables.

    Parameters
    ----------
    tables
        Names as the statement uses them, and the stored tables (`Ingested.table_path`).
    statement
        DuckDB's SQL; whatever writes, sets, loads or reads files is refused.
    zone
        In which moments are shown and cut to days.

    Raises
    ------
    TableError
        `sql_not_allowed`, `sql_error`, `sql_too_long`, `sql_too_much_memory`, `sql_too_large`.
    """
    limits = limits or SqlLimits()
    if not statement.strip() or len(statement) > LONGEST or "\x00" in statement:
        raise TableError("sql_not_allowed", reason="length")
    if len(tables) > _MOST_TABLES or not all(_NAME.fullmatch(one) for one in tables):
        raise TableError("sql_not_allowed", reason="tables")
    for path in tables.values():
        if not path.is_file():
            raise TableError("table_missing")
    request = {
        "tables": {name: str(path.resolve()) for name, path in tables.items()},
        "statement": statement, "seconds": limits.seconds, "memory": limits.memory, "rows": limits.rows,
        "size": limits.size, "zone": zone,
    }  # fmt: skip
    started = time.monotonic()
    code, answer = _asked(json.dumps(request).encode(), limits)
    return _result(code, answer, limits, time.monotonic() - started)


def _asked(request: bytes, limits: SqlLimits) -> tuple[int, bytes]:
    """Return the exit code and answer of the process.

    It is killed with all it started when its time is over.
    """
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", _PROGRAM, str(_ROOT)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "2"}, cwd="/", close_fds=True,
    )  # fmt: skip
    try:
        answer, _ = process.communicate(request, timeout=limits.seconds + _START)
    except subprocess.TimeoutExpired as error:
        raise TableError("sql_too_long", seconds=limits.seconds) from error
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return process.returncode, answer


_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from stadtkern.tables.sandbox_child import main; main()"
)


def _result(code: int, answer: bytes, limits: SqlLimits, seconds: float) -> SqlResult:
    head, _, body = answer.partition(b"\n")
    try:
        facts = json.loads(head)
    except ValueError as error:  # killed, or out of memory before it could say so
        failed = "sql_too_long" if code == -signal.SIGXCPU else "sql_too_much_memory"
        raise TableError(failed, seconds=limits.seconds, memory=limits.memory) from error
    if "error" in facts:
        raise TableError(facts["error"], **facts.get("facts", {}))
    with pa.ipc.open_stream(body) as reader:
        table = reader.read_all()
    types = tuple(facts["types"])
    columns = [_values(column, kind) for column, kind in zip(table.columns, types, strict=True)]
    return SqlResult(
        tuple(facts["columns"]),
        types,
        tuple(zip(*columns, strict=True)) if columns else (),
        facts["is_cut"],
        round(seconds, 3),
    )


def _values(column: pa.ChunkedArray, kind: str) -> list[object]:
    """Return values of Python; geometry as WKT."""
    plain = column.cast(column.type.storage_type) if isinstance(column.type, pa.BaseExtensionType) else column
    if kind.startswith("GEOMETRY"):
        wkt: list[object] = shapely.to_wkt(shapely.from_wkb(plain.to_numpy()), rounding_precision=9).tolist()
        return wkt
    values: list[object] = plain.to_pylist()
    return values
