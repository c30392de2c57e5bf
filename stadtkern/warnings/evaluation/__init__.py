"""When a rule holds: pure functions over columns of readings, the same for live data and for history.

Times are int64 microseconds since 1970 (UTC), values float64 in the unit of their datastream.
"""

from stadtkern.warnings.evaluation.conditions import Columns, Kind, Limit, Test, TestState
from stadtkern.warnings.evaluation.episodes import Episode, Spec, State, advance, fresh_state, next_due
from stadtkern.warnings.evaluation.schedule import Schedule

__all__ = [
    "Columns",
    "Episode",
    "Kind",
    "Limit",
    "Schedule",
    "Spec",
    "State",
    "Test",
    "TestState",
    "advance",
    "fresh_state",
    "next_due",
]
