"""Stops questions that take too long, so that one filter cannot hold up all others."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Interrupt the query inside if it is not done in time; the database then raises `OperationalError`.

    On SQLite the database itself looks at the clock now and then, on PostgreSQL the server does.
    """
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, false)", [str(int(seconds * 1000))])
            try:
                yield
            finally:
                cursor.execute("SELECT set_config('statement_timeout', '0', false)")
        return
    handle = connection.connection
    timer = threading.Timer(seconds, handle.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
