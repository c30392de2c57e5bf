"""How far a run is, in words."""

from collections.abc import Callable

from stadtkern.hazards.flood import solver


def telling(tell: Callable[[float, str], None] | None) -> Callable[[solver.Progress], None] | None:
    """Return a callback for the solver that tells the share done and a line."""
    if tell is None:
        return None
    return lambda p: tell(min(p.time / p.until, 1.0), line(p))


def line(p: solver.Progress) -> str:
    """Return a line such as `simulated 1:20:00 of 6:00:00, step 0.8 s, 12 % wet, 3 min left`."""
    return (
        f"simulated {clock(p.time)} of {clock(p.until)}, step {p.time_step:.2g} s, "
        f"{100 * p.active_share:.0f} % active, "
        f"{clock(p.remaining_seconds)} left"
    )


def clock(seconds: float) -> str:
    """Return seconds as hours, minutes and seconds."""
    if not seconds < float("inf"):
        return "?"
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
