"""What may be done with sensor data; `record` is the only way in."""

from stadtkern.observations.services.changes import changed_since
from stadtkern.observations.services.record import Outcome, record

__all__ = ["Outcome", "changed_since", "record"]
