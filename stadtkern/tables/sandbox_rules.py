"""Which statements strangers may ask: one SELECT over the given tables and harmless functions."""

import json
from collections.abc import Collection, Iterator

import duckdb

from stadtkern.tables.model import TableError

TABLE_FUNCTIONS = frozenset(
    {"range", "generate_series", "unnest", "json_each", "json_tree", "regexp_split_to_table"}
)
REFUSED_PREFIXES = (
    "pragma_",
    "duckdb_",
    "read_",
    "pg_",
    "sniff_",
    "arrow_scan",
    "parquet_",
    "query",
    "seq_scan",
    "pandas_",
)
REFUSED_FUNCTIONS = frozenset(
    [
        "current_setting",
        "getenv",
        "getvariable",
        "nextval",
        "currval",
        "setseed",
        "which_secret",
        "write_log",
        "glob",
        "read_text",
        "read_blob",
        "current_database",
        "current_schema",
        "current_schemas",
        "current_catalog",
        "in_search_path",
        "txid_current",
        "version",
        "current_query",
        "sleep_ms",
        "checkpoint",
        "force_checkpoint",
        "to_arrow_ipc",
        "scan_arrow_ipc",
        "from_substrait",
        "from_substrait_json",
        "get_substrait",
        "json_execute_serialized_sql",
        "json_serialize_sql",
        "json_deserialize_sql",
        "json_serialize_plan",
        "add_parquet_key",
        "test_all_types",
        "repeat_row",
        "index_scan",
        "storage_info",
        "icu_calendar_names",
        "pg_timezone_names",
        "variant_to_parquet_variant",
        "enable_logging",
        "disable_logging",
        "enable_profiling",
        "disable_profiling",
        "user",
        "current_user",
        "session_user",
        "current_role",
        "error",
    ]
)
_DEEPEST = 400


def check(base: duckdb.DuckDBPyConnection, statement: str, tables: Collection[str]) -> None:
    """Refuse what is not one SELECT over `tables`.

    Raises
    ------
    TableError
        `sql_not_allowed` with the reason; `sql_error` if it cannot be parsed.
    """
    found = base.extract_statements(statement)
    if len(found) != 1:
        raise TableError("sql_not_allowed", reason="statements", count=len(found))
    if found[0].type != duckdb.StatementType.SELECT:
        raise TableError("sql_not_allowed", reason="kind", kind=str(found[0].type).rpartition(".")[2])
    # all rows are fetched: with an open result DuckDB 2.0 refuses the next statement
    rows = base.execute("SELECT json_serialize_sql($1)", [statement]).fetchall()
    tree = json.loads(rows[0][0]) if rows else {"error": True}
    if tree.get("error"):  # DuckDB writes only SELECT as JSON: PIVOT, DESCRIBE, SHOW and others are no such
        raise TableError("sql_not_allowed", reason="kind", message=str(tree.get("error_message", ""))[:200])
    _Walk(tables).visit(tree, frozenset(), 0)


class _Walk:
    """Goes through a parsed statement."""

    def __init__(self, tables: Collection[str]) -> None:
        self.tables = frozenset(one.lower() for one in tables)

    def visit(self, node: object, names: frozenset[str], depth: int) -> None:
        """Check a part of the statement; `names` are those that WITH gave."""
        if depth > _DEEPEST:
            raise TableError("sql_not_allowed", reason="depth")
        if isinstance(node, list):
            for one in node:
                self.visit(one, names, depth + 1)
        if not isinstance(node, dict):
            return
        names |= frozenset(_ctes(node))
        self._check(node, names)
        for one in node.values():
            self.visit(one, names, depth + 1)

    def _check(self, node: dict[str, object], names: frozenset[str]) -> None:
        kind = node.get("type")
        if kind == "BASE_TABLE":
            self._check_table(node, names)
        elif kind in {"SHOW_REF", "COLUMN_DATA", "DELIM_GET"}:
            raise TableError("sql_not_allowed", reason="kind", kind=str(kind))
        elif kind == "TABLE_FUNCTION":
            self._check_table_function(node)
        elif node.get("class") == "FUNCTION":
            name = str(node.get("function_name", "")).lower()
            if name in REFUSED_FUNCTIONS or name.startswith(REFUSED_PREFIXES):
                raise TableError("sql_not_allowed", reason="function", name=name[:60])

    def _check_table(self, node: dict[str, object], names: frozenset[str]) -> None:
        name = str(node.get("table_name", "")).lower()
        is_elsewhere = bool(node.get("schema_name") or node.get("catalog_name"))
        if is_elsewhere or name not in self.tables | names:
            raise TableError("sql_not_allowed", reason="table", name=name[:80])

    @staticmethod
    def _check_table_function(node: dict[str, object]) -> None:
        function = node.get("function")
        name = str(function.get("function_name", "")).lower() if isinstance(function, dict) else ""
        if name not in TABLE_FUNCTIONS:
            raise TableError("sql_not_allowed", reason="function", name=name[:60])


def _ctes(node: dict[str, object]) -> Iterator[str]:
    ctes = node.get("cte_map")
    entries = ctes.get("map") if isinstance(ctes, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            yield str(entry.get("key", "")).lower()
    if node.get("type") == "RECURSIVE_CTE_NODE":
        yield str(node.get("cte_name", "")).lower()
