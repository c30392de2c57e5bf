"""What may be done with sensor data; `record` is the only way in."""

from stadtkern.observations.services.archive.ending import sweep
from stadtkern.observations.services.archive.moving import archive_due
from stadtkern.observations.services.changes import changed_since, forget_late
from stadtkern.observations.services.control import check_quality
from stadtkern.observations.services.entities.versions import delete_versions
from stadtkern.observations.services.partitions import drop_empty_partitions, ensure_partitions
from stadtkern.observations.services.record import Outcome, record
from stadtkern.observations.services.retention import (
    delete_idempotency_keys,
    delete_observations,
    delete_quarantine,
)

__all__ = [
    "Outcome",
    "archive_due",
    "changed_since",
    "check_quality",
    "delete_idempotency_keys",
    "delete_observations",
    "delete_quarantine",
    "delete_versions",
    "drop_empty_partitions",
    "ensure_partitions",
    "forget_late",
    "record",
    "sweep",
]
