"""Transactions that outlive a power failure."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def durable() -> Iterator[None]:
    """Open a transaction that is on disk when it ends, also if the power fails right after."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        # The usual NORMAL may lose the last transactions when the machine, not the process, dies.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
        try:
            with transaction.atomic():
                yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA synchronous=NORMAL")
    else:
        with transaction.atomic():
            yield
