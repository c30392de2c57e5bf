"""Keeping what could not be stored, once, with a count."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from django.db import connection

from stadtkern.observations.fields import micros
from stadtkern.observations.services.rows import Reject
from stadtkern.observations.services.text import clean

MOST = 1000
"""Details kept of one batch; a broken file of a million lines must not fill the disk."""
_UPSERT = (
    "INSERT INTO observations_quarantinedreading "
    '(source, reason, detail, "where", raw, fingerprint, times, first_seen, last_seen) '
    "VALUES (%s, %s, %s, %s, %s, %s, 1, %s, %s) ON CONFLICT (source, fingerprint) DO UPDATE "
    "SET times = observations_quarantinedreading.times + 1, last_seen = excluded.last_seen"
)


def quarantine(rejects: Sequence[Reject], *, source: str, received: datetime) -> None:
    """Store the first `MOST` rejects; one that was seen before is only counted again."""
    seen = received if connection.vendor == "postgresql" else micros(received)
    rows = []
    for reject in rejects[:MOST]:
        facts = [clean(text, most) for text, most in zip(reject, (20, 500, 500, 2000), strict=True)]
        print_ = blake2b("\0".join(facts).encode(), digest_size=16).hexdigest()
        rows.append((source, *facts, print_, seen, seen))
    # Sorted, so that two writers lock rows in the same order.
    rows.sort(key=lambda row: row[5])
    with connection.cursor() as cursor:
        cursor.executemany(_UPSERT, rows)
