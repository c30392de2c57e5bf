"""Functions of texts that SQLite lacks, or has for ASCII only."""

import sqlite3
from collections.abc import Callable

from django.db.backends.base.base import BaseDatabaseWrapper


def _lower(text: object) -> str | None:
    return None if text is None else str(text).lower()


def _upper(text: object) -> str | None:
    return None if text is None else str(text).upper()


def _starts(text: object, begin: object) -> bool | None:
    return None if text is None or begin is None else str(text).startswith(str(begin))


def _ends(text: object, end: object) -> bool | None:
    return None if text is None or end is None else str(text).endswith(str(end))


FUNCTIONS: dict[str, tuple[int, Callable[..., str | bool | None]]] = {
    "sta_lower": (1, _lower),
    "sta_upper": (1, _upper),
    "sta_starts": (2, _starts),
    "sta_ends": (2, _ends),
}


def register(connection: BaseDatabaseWrapper, **_signal: object) -> None:
    """Give a new connection to SQLite the functions (receiver of `connection_created`)."""
    if connection.vendor == "sqlite" and isinstance(connection.connection, sqlite3.Connection):
        for name, (arguments, function) in FUNCTIONS.items():
            connection.connection.create_function(name, arguments, function, deterministic=True)
