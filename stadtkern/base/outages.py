"""Why a database does not take what it is given."""

import sqlite3

FULL = "53100"
"""SQLSTATE of PostgreSQL for a full disk; its messages come in the language of the server."""


def is_full(error: BaseException) -> bool:
    """Return whether an error of the database, or what caused it, says that its disk is full."""
    seen: BaseException | None = error
    while seen is not None:
        if getattr(seen, "sqlstate", None) == FULL:
            return True
        if getattr(seen, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        seen = seen.__cause__
    return False
