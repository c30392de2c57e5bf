"""Looking at one target: what its rule found since the last look, or since late data came in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.models import Observation
from stadtkern.observations.queries.since import readings_since
from stadtkern.observations.services.archive.reading import last_archived
from stadtkern.warnings.binding import Target
from stadtkern.warnings.evaluation import Columns, Episode, State, advance, fresh_state, next_due
from stadtkern.warnings.evaluation.conditions import FAR, NOTHING

DAY = 86_400_000_000
WARM_UP = DAY
"""Read before the moment from which a rule is judged afresh, so that it knows how things stood."""
PATIENCE = DAY
"""A series that is further behind than this does not keep the others from being settled."""
FORECAST_BACK = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found at a target."""

    state: State
    """As of the newest moment that no series is behind of."""
    episodes: tuple[Episode, ...]
    since: int
    """Alerts that had ended by then are not touched."""
    corrects: bool
    """Whether alerts since then that no episode stands for have proved wrong."""
    due: int
    """When to look again although nothing new comes in."""


def wanted_since(target: Target, state: State) -> dict[int, int]:
    """Return from which moment on each series has to be read to go on from `state`."""
    since: dict[int, int] = {}
    for test, one in zip(target.spec.tests, state.tests, strict=True):
        first = min(state.settled, one.seen) - target.spec.lookback - 1
        since[test.stream] = min(since.get(test.stream, FAR), first)
    return since


def late_moment(target: Target, state: State, rows: Mapping[int, Columns]) -> int | None:
    """Return the first moment before `state.settled` at which a series that lagged behind has spoken."""
    found = []
    for test, one in zip(target.spec.tests, state.tests, strict=True):
        late = rows.get(test.stream, NOTHING).between(one.seen, state.settled)
        found += late.times[:1].tolist()
    return min(found) if found else None


def go_on(target: Target, state: State, rows: Mapping[int, Columns], now: int) -> Verdict:
    """Judge what came after `state`."""
    settled, found, episodes = _settle(target, state, rows, now)
    due = next_due(target.spec, found)
    return Verdict(settled, tuple(episodes), state.settled, corrects=True, due=due)


def afresh(target: Target, first: int, now: int, *, is_late: bool = False) -> Verdict:
    """Judge everything from `first` on again, from the stored readings."""
    start = first - WARM_UP - target.spec.duration - target.spec.window
    since = dict.fromkeys(target.streams, start - target.spec.lookback - 1)
    rows = {key: Columns(*found) for key, found in readings_since(since).items()}
    state = fresh_state(target.spec, start, last_before(target.streams, start))
    settled, found, episodes = _settle(target, state, rows, now)
    if target.is_forecast:
        return _expected(first, episodes, settled, now)
    kept = tuple(one for one in episodes if one.ended is None or one.ended >= first)
    return Verdict(settled, kept, first, corrects=is_late, due=next_due(target.spec, found))


def _expected(first: int, episodes: Iterable[Episode], state: State, now: int) -> Verdict:
    """Return what a forecast says; what ends in the future has not ended yet."""
    coming = [one for one in episodes if one.ended is None or one.ended > now]
    kept = tuple(replace(one, ended=None) for one in coming[:1])
    ends = min((one.ended for one in coming[:1] if one.ended is not None), default=FAR)
    return Verdict(state, kept, first, corrects=False, due=min(ends, now + DAY))


def _settle(
    target: Target, state: State, rows: Mapping[int, Columns], now: int
) -> tuple[State, State, list[Episode]]:
    """Return the state that is settled, the one at `now`, and the episodes of both steps."""
    spec = target.spec
    rows = {key: rows[key] for key in target.streams if key in rows}
    newest = [
        max(int(rows[test.stream].times[-1]) if test.stream in rows else one.seen, one.seen)
        for test, one in zip(spec.tests, state.tests, strict=True)
    ]
    cut = max(state.settled, min(newest), now - PATIENCE)
    settled, first = state, list[Episode]()
    if cut > state.settled:
        known = {key: one.between(-FAR, cut) for key, one in rows.items()}
        settled, first = advance(spec, state, known, cut)
    is_told = bool(first) or settled.raised is None
    if is_told and max(newest) <= cut and next_due(spec, settled) > now:
        return settled, settled, first
    rest = {key: one.between(cut - spec.lookback - 1, FAR) for key, one in rows.items()}
    found, second = advance(spec, settled, rest, now)
    return settled, found, list({one.begun: one for one in (*first, *second)}.values())


def last_before(streams: Iterable[int], moment: int) -> dict[int, int]:
    """Return the time of the newest reading of each series at or before `moment`."""
    found: dict[int, int] = {}
    for stream in streams:
        before = Observation.objects.filter(datastream=stream, phenomenon_time__lte=instant(moment))
        time = before.order_by("-phenomenon_time").values_list("phenomenon_time", flat=True).first()
        known = [micros(time)] if time is not None else []
        if (archived := last_archived(stream, moment)) is not None:
            known.append(archived)
        if known:
            found[stream] = max(known)
    return found
