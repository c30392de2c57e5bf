"""The process in which statements of strangers run: one statement in, one answer out, then the end."""

import json
import os
import resource
import sys
import threading
from typing import cast

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from stadtkern.tables import sandbox_rules
from stadtkern.tables.engine import name as quoted
from stadtkern.tables.model import GEOMETRY, TableError

_OWN_MEMORY = 2_500_000_000
"""Bytes of addresses that Python, Arrow and DuckDB take for themselves."""

_BATCH = 1_024
_TEXT = 300


def main() -> None:
    """Read the request, lock everything, answer."""
    request = json.loads(sys.stdin.buffer.read())
    try:
        facts, body = _answer(request)
    except TableError as error:
        facts, body = {"error": error.code, "facts": dict(error.facts)}, b""
    except MemoryError:
        facts, body = {"error": "sql_too_much_memory"}, b""
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + body)
    sys.stdout.buffer.flush()
    os._exit(0)  # nothing is left to be put in order


def _answer(request: dict[str, object]) -> tuple[dict[str, object], bytes]:
    seconds, memory = cast("float", request["seconds"]), cast("int", request["memory"])
    _limit(seconds, memory)
    tables = cast("dict[str, str]", request["tables"])
    base = _locked(tables, memory, str(request["zone"]))
    statement = str(request["statement"])
    timer = threading.Timer(seconds, base.interrupt)
    timer.daemon = True
    timer.start()
    try:
        sandbox_rules.check(base, statement, tables)
        relation = base.sql(statement)
        facts: dict[str, object] = {
            "columns": list(relation.columns),
            "types": [str(one) for one in relation.types],
        }
        body, facts["is_cut"] = _read(relation, cast("int", request["rows"]), cast("int", request["size"]))
    except duckdb.InterruptException as error:
        raise TableError("sql_too_long", seconds=seconds) from error
    except duckdb.OutOfMemoryException as error:
        raise TableError("sql_too_much_memory", memory=memory) from error
    except duckdb.PermissionException as error:
        raise TableError("sql_not_allowed", reason="access") from error
    except duckdb.Error as error:
        raise TableError("sql_error", message=_plain(str(error), tables)) from error
    finally:
        timer.cancel()
    return facts, body


def _limit(seconds: float, memory: int) -> None:
    """Write no file, start no process, end when time or memory do."""
    hard = int(seconds * 4) + 10  # two threads count twice
    resource.setrlimit(resource.RLIMIT_CPU, (hard, hard + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_OWN_MEMORY + 2 * memory, _OWN_MEMORY + 2 * memory))


def _locked(tables: dict[str, str], memory: int, zone: str) -> duckdb.DuckDBPyConnection:
    """Return a database that has the tables and no way to anything else.

    The tables come through Arrow, without paths.
    """
    base = duckdb.connect(
        ":memory:",
        config={
            "threads": 2,
            "memory_limit": f"{memory}B",
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_unsigned_extensions": False,
            "python_enable_replacements": False,
            "python_scan_all_frames": False,
        },
    )
    for number, (name, path) in enumerate(tables.items()):
        rows = ds.dataset(path, format="parquet")
        base.register(f"_rows_{number}", rows)
        shapes = f"ST_GeomFromWKB({GEOMETRY}) AS {GEOMETRY}" if GEOMETRY in rows.schema.names else ""
        replaced = f" REPLACE ({shapes})" if shapes else ""
        base.execute(f"CREATE VIEW {quoted(name)} AS SELECT *{replaced} FROM _rows_{number}")  # noqa: S608  (names are checked)
    base.execute("SET TimeZone = $1", [zone])
    base.execute("SET enable_external_access = false")
    base.execute("SET lock_configuration = true")
    return base


def _read(relation: duckdb.DuckDBPyRelation, rows: int, size: int) -> tuple[bytes, bool]:
    """Return up to `rows` rows as an Arrow stream, and whether there are more."""
    reader = relation.to_arrow_reader(_BATCH)
    sink = pa.BufferOutputStream()
    left, used, is_cut = rows, 0, False
    with pa.ipc.new_stream(sink, reader.schema) as writer:
        for batch in reader:
            if left <= 0:
                is_cut = batch.num_rows > 0
                break
            is_cut = batch.num_rows > left
            part = batch.slice(0, left)
            used += part.get_total_buffer_size() if part.num_rows == batch.num_rows else part.nbytes
            if used > size:
                raise TableError("sql_too_large", allowed=size)
            writer.write_batch(part)
            left -= part.num_rows
            if is_cut:
                break
    return sink.getvalue().to_pybytes(), is_cut


def _plain(text: str, tables: dict[str, str]) -> str:
    """Return the first lines of an error without paths."""
    for path in tables.values():
        text = text.replace(path, "...")
    return text[:_TEXT]
