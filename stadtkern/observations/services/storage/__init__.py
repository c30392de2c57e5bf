"""The SQL that writes and reads observations, once for each database.

All times that cross this border are whole microseconds since 1970. The caller holds the datastreams: by the
transaction itself on SQLite (BEGIN IMMEDIATE), by row locks on PostgreSQL.
"""

from django.db import connection

from stadtkern.observations.services.storage.base import Bucket, Sides, Storage, Writing, chunks
from stadtkern.observations.services.storage.postgres import PostgresStorage
from stadtkern.observations.services.storage.sqlite import SqliteStorage

__all__ = ["Bucket", "Sides", "Storage", "Writing", "chunks", "storage"]


def storage() -> Storage:
    """Return the storage of the default database."""
    return PostgresStorage() if connection.vendor == "postgresql" else SqliteStorage()
