"""Looking at what is new: which rules hold now, which no longer do.

Any number of processes may look; what one found counts only if it is the first to note in the database that
the news are worked off. Nothing is lost with a process: states are stored with every alert and twice a
minute, and looking at the same readings twice finds the same alerts.
"""

import logging
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Count, Max, Sum

from stadtkern.base import clock
from stadtkern.observations.fields import micros
from stadtkern.observations.queries.since import readings_since
from stadtkern.observations.services.changes import News, mark_seen, news_for
from stadtkern.warnings.binding import Target, active_rules, bind
from stadtkern.warnings.evaluation import Columns, State
from stadtkern.warnings.evaluation.conditions import FAR
from stadtkern.warnings.judging import (
    FORECAST_BACK,
    Verdict,
    afresh,
    go_on,
    late_moment,
    wanted_since,
)
from stadtkern.warnings.models import Rule, RuleState
from stadtkern.warnings.services.alerts import end_orphans, settle

logger = logging.getLogger(__name__)
NAME = "rules"
BIND_AGAIN = 60_000_000
"""Microseconds after which new series and new alarm levels are looked for."""
KEEP_AGAIN = 30_000_000
OLDEST_LATE = 7 * 86_400_000_000
"""Data that come in later than this change no alerts."""
Key = tuple[int, int]


class Watcher:
    """The rules as this process knows them."""

    def __init__(self) -> None:
        self.targets: dict[Key, Target] = {}
        self.states: dict[Key, State] = {}
        self.due: dict[Key, int] = {}
        self.by_stream: dict[int, list[Key]] = {}
        self.unsaved: set[Key] = set()
        self.alarmed: set[Key] = set()
        """Targets with alerts that may still change."""
        self.stamp: object = None
        self.bound_at = -FAR
        self.kept_at = -FAR

    def tick(self) -> int:
        """Look once; return how many targets were judged."""
        now = micros(clock.now())
        news = news_for(NAME)
        self._bind(now)
        verdicts = self._judge(news, now)
        if not verdicts and news.version == news.since:
            return 0
        if not self._note(news, verdicts, now):
            logger.info("another process has worked off change %d", news.version)
            self.stamp = None
            return 0
        return len(verdicts)

    def _bind(self, now: int) -> None:
        """Read the rules again if one has changed; look for new series now and then."""
        stamp = tuple(Rule.objects.aggregate(Sum("revision"), Count("pk"), Max("pk")).values())
        if stamp == self.stamp and now - self.bound_at < BIND_AGAIN:
            return
        is_new = stamp != self.stamp
        self.stamp, self.bound_at = stamp, now
        targets = {(target.rule.pk, target.key): target for target in bind(active_rules())}
        if is_new:
            self.states = stored_states()
            self.due, self.unsaved = {}, set()
            self.alarmed = set(targets)
        self.targets = targets
        self.states = {key: state for key, state in self.states.items() if _fits(targets.get(key), state)}
        self.by_stream = {}
        for key, target in targets.items():
            for stream in target.streams:
                self.by_stream.setdefault(stream, []).append(key)
        end_orphans({target.subject for target in targets.values()})

    def _judge(self, news: News, now: int) -> dict[Key, Verdict]:
        touched = {key for stream in news.datastreams for key in self.by_stream.get(stream, ())}
        touched |= {key for key in self.targets if self.due.get(key, -FAR) <= now}
        late = self._late(news, now)
        rows = self._rows(touched)
        found: dict[Key, Verdict] = {}
        for key in touched | set(late):
            target, state = self.targets[key], self.states.get(key)
            first = late.get(key)
            if target.is_forecast:
                found[key] = afresh(target, now - FORECAST_BACK, now)
                continue
            if state is None:
                found[key] = afresh(target, micros(target.rule.since), now)
                continue
            missed = late_moment(target, state, rows)
            first = min((one for one in (first, missed) if one is not None), default=None)
            if first is None:
                found[key] = go_on(target, state, rows, now)
            else:
                found[key] = afresh(target, max(first, now - OLDEST_LATE), now, is_late=True)
        return found

    def _late(self, news: News, now: int) -> dict[Key, int]:
        """Return the first late moment of each target that has already passed it."""
        late: dict[Key, int] = {}
        for stream, (first, last) in news.late.items():
            for key in self.by_stream.get(stream, ()):
                state = self.states.get(key)
                if state is not None and first <= state.settled and last > now - OLDEST_LATE:
                    late[key] = min(first, late.get(key, FAR))
        return late

    def _rows(self, touched: Iterable[Key]) -> dict[int, Columns]:
        wanted: dict[int, int] = {}
        for key in touched:
            state = self.states.get(key)
            if state is not None and not self.targets[key].is_forecast:
                for stream, since in wanted_since(self.targets[key], state).items():
                    wanted[stream] = min(since, wanted.get(stream, FAR))
        return {stream: Columns(*found) for stream, found in readings_since(wanted).items()}

    def _note(self, news: News, verdicts: Mapping[Key, Verdict], now: int) -> bool:
        """Write down what was found, all of it or nothing; False if somebody else already did."""
        self.unsaved |= set(verdicts)
        speaking = {key: one for key, one in verdicts.items() if one.episodes or key in self.alarmed}
        keep = bool(speaking) or now - self.kept_at > KEEP_AGAIN
        with transaction.atomic():
            if not mark_seen(NAME, news):
                return False
            settle([(self.targets[key], one) for key, one in speaking.items()])
            if keep:
                states = {
                    key: verdicts[key].state if key in verdicts else self.states[key] for key in self.unsaved
                }
                store_states(states)
        if keep:
            self.kept_at, self.unsaved = now, set()
        for key, one in verdicts.items():
            self.states[key], self.due[key] = one.state, one.due
            (self.alarmed.add if one.episodes else self.alarmed.discard)(key)
        return True


def _fits(target: Target | None, state: State) -> bool:
    return target is not None and len(state.tests) == len(target.spec.tests)


def stored_states() -> dict[Key, State]:
    """Return what the rules remember."""
    rows = RuleState.objects.values_list("rule_id", "target", "state")
    return {(rule, target): State.from_json(state) for rule, target, state in rows}


def store_states(states: Mapping[Key, State]) -> None:
    """Store what the rules remember."""
    RuleState.objects.bulk_create(
        [
            RuleState(rule_id=rule, target=target, state=one.as_json())
            for (rule, target), one in states.items()
        ],
        update_conflicts=True,
        unique_fields=["rule", "target"],
        update_fields=["state"],
        batch_size=500,
    )
