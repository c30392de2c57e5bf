"""Strangers' SQL: answers over the given tables and nothing else, however it is tried."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stadtkern.tables import SqlLimits, SqlResult, TableError, sql
from stadtkern.tables.conftest import Read, Write

LIMITS = SqlLimits(seconds=3, memory=256_000_000, rows=1000, size=2_000_000)
Ask = Callable[..., SqlResult]


@pytest.fixture
def ask(write: Write, read: Callable[..., Read]) -> Ask:
    found = read(
        write(
            "trees.csv",
            "Nr;Art;Wert;Tag;lat;lon\n1;Eiche;1,5;01.02.2024;51,95;14,71\n2;Linde;2,5;02.02.2024;51,96;14,72\n",
        )
    )

    def ask(statement: str, limits: SqlLimits = LIMITS) -> SqlResult:
        return sql({"trees": found.done.table_path, "0a-b": found.done.table_path}, statement, limits=limits)

    return ask


@pytest.mark.parametrize(("statement", "rows"), [
    ("SELECT art, wert FROM trees WHERE wert > 2", (("Linde", 2.5),)),
    ('SELECT count(*) FROM "0a-b"', ((2,),)),
    ("WITH a AS (SELECT * FROM trees), b AS (SELECT sum(wert) s FROM a) SELECT s FROM b", ((4.0,),)),
    ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT sum(n) FROM r", ((6,),)),
    ("SELECT a.nr FROM trees a JOIN TREES b USING (nr) ORDER BY 1", ((1,), (2,))),
    ("SELECT geometry FROM trees LIMIT 1", (("POINT (14.71 51.95)",),)),
    ("SELECT strftime(tag, '%d.%m.%Y') FROM trees LIMIT 1", (("01.02.2024",),)),
    ("VALUES (1), (2)", ((1,), (2,))),
    ("SELECT upper('copy'), 'ATTACH'", (("COPY", "ATTACH"),)),
    ("SELECT x FROM range(3) t(x)", ((0,), (1,), (2,))),
    ("SELECT 1 WHERE false", ()),
])  # fmt: skip
def test_select_is_answered(ask: Ask, statement: str, rows: tuple[object, ...]) -> None:
    assert ask(statement).rows == rows


@pytest.mark.parametrize("statement", [
    "COPY trees TO '/tmp/stadtkern-evil.csv'", "COPY (SELECT 1) TO '/tmp/stadtkern-evil.csv'", "ATTACH '/tmp/stadtkern-evil.db'",
    "EXPORT DATABASE '/tmp/stadtkern-evil'", "INSTALL httpfs", "LOAD json", "PRAGMA database_list", "SET threads = 9",
    "RESET threads", "CREATE TABLE x AS SELECT 1", "CREATE MACRO m() AS 1", "DROP VIEW trees", "INSERT INTO trees VALUES (1)",
    "DELETE FROM trees", "UPDATE trees SET nr = 1", "CALL pragma_version()", "EXPLAIN SELECT 1", "DESCRIBE trees",
    "SHOW TABLES", "SUMMARIZE trees", "SELECT 1; SELECT 2", "BEGIN", "VACUUM", "CHECKPOINT", "USE memory",
    "PREPARE x AS SELECT 1", "EXECUTE x",
    "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_parquet('/etc/passwd')", "SELECT * FROM glob('/*')", "SELECT * FROM read_json_auto('http://127.0.0.1/')",
    "SELECT * FROM parquet_metadata('/etc/passwd')", "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM trees WHERE art IN (SELECT content FROM read_text('/etc/passwd'))",
    "WITH a AS (SELECT * FROM read_blob('/etc/passwd')) SELECT * FROM a",
    "SELECT * FROM trees, LATERAL (SELECT * FROM duckdb_settings())",
    "SELECT * FROM duckdb_settings()", "SELECT current_setting('threads')", "SELECT getenv('PATH')", "SELECT getvariable('x')",
    "SELECT * FROM information_schema.tables", "SELECT * FROM sqlite_master", "SELECT * FROM duckdb_tables()",
    "SELECT * FROM memory.main.trees", "SELECT * FROM main.trees", "SELECT * FROM _rows_0", "SELECT * FROM other",
    "SELECT * FROM query('SELECT 1')", "SELECT * FROM query_table(['trees'])", "SELECT * FROM pragma_version()",
    "SELECT json_execute_serialized_sql('x')", "SELECT * FROM json_execute_serialized_sql('x')",
    "SELECT * FROM arrow_scan(1, 2, 3)", "SELECT write_log('x')", "FROM (SHOW trees)", "FROM (DESCRIBE trees)",
    "SELECT (SELECT max(content) FROM read_text('/etc/hostname'))", "TABLE other",
    "SELECT [x FOR x IN (SELECT list(content) FROM read_text('/etc/passwd'))]",
    "PIVOT trees ON art USING sum(wert)", "", "   ", "\x00", "SELECT 1" + " " * 30_000,
])  # fmt: skip
def test_everything_else_is_refused(ask: Ask, statement: str) -> None:
    with pytest.raises(TableError) as caught:
        ask(statement)
    assert caught.value.code == "sql_not_allowed"
    assert not list(Path("/tmp").glob("stadtkern-evil*"))  # noqa: S108  (what must not be there)


@pytest.mark.parametrize("statement", [
    "SELECT count(*) FROM range(1000000000000) a, range(1000000) b",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "SELECT sum(sqrt(x)) FROM range(1000000000000) t(x)",
    "SELECT list(repeat('x', 100000)) FROM range(1000000)",
    "SELECT string_agg(repeat('y', 1000), '') FROM range(10000000)",
    "SELECT repeat('x', 1000000000)",
    "SELECT repeat('x', 10000) FROM range(100000)",
    "SELECT a.range FROM range(100000000) a ORDER BY hash(a.range)",
])  # fmt: skip
def test_what_takes_too_much_is_stopped(ask: Ask, statement: str) -> None:
    started = time.monotonic()
    with pytest.raises(TableError) as caught:
        ask(statement)
    assert caught.value.code in {"sql_too_long", "sql_too_much_memory", "sql_too_large"}
    assert time.monotonic() - started < LIMITS.seconds + 20
    assert not _children()


def _children() -> list[str]:
    """Return the processes of ours that still ask something."""
    mine = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [one for one in mine if b"sandbox_child" in Path(f"/proc/{one}/cmdline").read_bytes()]


def test_rows_are_cut_and_said(ask: Ask) -> None:
    found = ask("SELECT x FROM range(5000) t(x)")
    assert (len(found.rows), found.is_cut) == (1000, True)
    assert not ask("SELECT x FROM range(1000) t(x)").is_cut
    assert ask("SELECT 1 AS a, 'x' AS b").columns == ("a", "b")


def test_errors_say_what_and_where_without_paths(ask: Ask) -> None:
    with pytest.raises(TableError) as caught:
        ask("SELECT nope FROM trees")
    assert caught.value.code == "sql_error"
    message = str(caught.value.facts["message"])
    assert "nope" in message
    assert "/" not in message


def test_table_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableError) as caught:
        sql({"a": tmp_path / "no.parquet"}, "SELECT 1")
    assert caught.value.code == "table_missing"
    with pytest.raises(TableError):
        sql({'a"; DROP': tmp_path / "no.parquet"}, "SELECT 1")
