"""Monthly partitions of the observations on PostgreSQL, made ahead and dropped when empty."""

from datetime import UTC, datetime

from django.db import connection, transaction

AHEAD = 3
"""Months made ahead of the current one; forecasts and clocks never reach the partition for the rest."""
_TABLE = "observations_observation"
_REST = "observations_observation_rest"


def month_start(when: datetime, months: int = 0) -> datetime:
    """Return the first moment (UTC) of the month that lies `months` after that of `when`."""
    local = when.astimezone(UTC)
    number = local.year * 12 + local.month - 1 + months
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


def ensure_partitions(now: datetime) -> int:
    """Make the partitions of this month and the next ones where missing; return how many were made."""
    if connection.vendor != "postgresql":
        return 0
    return sum(_make(month_start(now, ahead)) for ahead in range(AHEAD + 1))


def _make(start: datetime) -> bool:
    name = f"{_TABLE}_{start:%Y_%m}"
    end = month_start(start, 1)
    with transaction.atomic(), connection.cursor() as cursor:
        # Two processes may come here at once, such as two workers after an upgrade.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [_TABLE])
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0] is not None:
            return False
        cursor.execute(f'CREATE TABLE "{name}" (LIKE {_TABLE} INCLUDING ALL)')
        cursor.execute(
            f"WITH moved AS (DELETE FROM {_REST} WHERE phenomenon_time >= %s AND phenomenon_time < %s "  # noqa: S608  # names of our own partitions
            f'RETURNING *) INSERT INTO "{name}" SELECT * FROM moved',
            [start, end],
        )
        cursor.execute(
            f'ALTER TABLE {_TABLE} ATTACH PARTITION "{name}" FOR VALUES FROM (%s) TO (%s)', [start, end]
        )
    return True


def drop_empty_partitions(now: datetime) -> int:
    """Drop the partitions of past months that retention has emptied; return how many."""
    if connection.vendor != "postgresql":
        return 0
    current = f"{_TABLE}_{month_start(now):%Y_%m}"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = to_regclass(%s) AND c.relname <> %s AND c.relname < %s",
            [_TABLE, _REST, current],
        )
        return sum(_drop_if_empty(name) for (name,) in cursor.fetchall())


def _drop_if_empty(name: str) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {_TABLE} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{name}")')  # noqa: S608  # names of our own partitions
        if cursor.fetchone()[0]:
            return False
        cursor.execute(f'DROP TABLE "{name}"')
    return True
