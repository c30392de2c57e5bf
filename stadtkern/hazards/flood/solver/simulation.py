"""Running a simulation."""

from collections.abc import Callable, Sequence

from stadtkern.hazards.flood.solver.domain import Domain, Options, State
from stadtkern.hazards.flood.solver.forcing import Forcing
from stadtkern.hazards.flood.solver.report import Observer, Progress, Report


def simulate(  # noqa: PLR0913  # what may be left out is named
    domain: Domain,
    state: State,
    options: Options | None = None,
    forcing: Forcing | None = None,
    *,
    until: float,
    observers: Sequence[Observer] = (),
    progress: Callable[[Progress], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Report:
    """Run the water from `state.time` to `until` (s) and report.

    Raises
    ------
    ValueError
        What was given does not fit together; nothing was computed.
    TimeStepCollapse
        Says where, when and why; carries a checkpoint.
    Cancelled
        `cancel` returned True (asked about ten times a second); carries a checkpoint.
    RuntimeError
        `device` is "cuda" and there is none.
    """
    raise NotImplementedError
