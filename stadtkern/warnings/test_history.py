"""A test against history finds what watching would have found."""

from datetime import timedelta

import numpy as np
import pytest

from stadtkern.observations.fields import micros
from stadtkern.observations.queries.since import readings_between
from stadtkern.warnings.binding import bind_rule
from stadtkern.warnings.conftest import NOON, Clock, Send, above, rule, stream
from stadtkern.warnings.evaluation import Columns, advance, fresh_state
from stadtkern.warnings.history import past_episodes, try_rule
from stadtkern.warnings.judging import last_before
from stadtkern.warnings.models import Alert, Condition, Rule
from stadtkern.warnings.services import Watcher

pytestmark = pytest.mark.django_db


def wave(days: int) -> list[float]:
    """Return hourly levels with floods of different length."""
    hours = np.arange(days * 24)
    levels = 500 + 80 * np.sin(hours / 37) + 60 * np.sin(hours / 301) + 25 * np.sin(hours * 2.7)
    return [round(float(level), 1) for level in levels]


@pytest.mark.parametrize(
    ("kind", "value", "more"),
    [
        ("above", 600, {}),
        ("above", 600, {"margin": 30}),
        ("below", 430, {"margin": 10}),
        ("rise", 25, {"span": timedelta(hours=6)}),
        ("silence", None, {"span": timedelta(hours=3)}),
    ],
)
def test_skipping_quiet_days_changes_nothing(
    send: Send, kind: str, value: float | None, more: dict[str, object]
) -> None:
    send(*wave(120), step=timedelta(hours=1))
    one = Condition(kind=kind, value=value, datastream=stream(), **more)
    (target,) = bind_rule(
        Rule(slug="draft", duration=timedelta(hours=2) if kind != "silence" else None), [one]
    )
    start, end = micros(NOON - timedelta(days=130)), micros(NOON)
    rows = readings_between({stream().pk: (start - target.spec.lookback, end + 1)})
    columns = {key: Columns(*found) for key, found in rows.items()}
    _state, whole = advance(
        target.spec, fresh_state(target.spec, start, last_before(target.streams, start)), columns, end
    )
    assert past_episodes(target, start, end) == whole
    assert whole


def test_history_and_watching_agree(at: Clock, send: Send, watcher: Watcher) -> None:
    levels = wave(12)
    at.now = NOON - timedelta(days=12)
    send(400)
    found = rule(above(600, margin=20), duration=timedelta(hours=2))
    watcher.tick()
    for level in levels:
        at.forward(hours=1)
        send(level)
        watcher.tick()
    trial = try_rule(bind_rule(found), span=timedelta(days=13))
    alerts = list(Alert.objects.order_by("-begun").values_list("begun", "ended", "value", "peak"))
    assert [(one.begun, one.ended, one.value, one.peak) for one in trial.found] == alerts
    assert trial.count == len(alerts) > 1


def test_trial_counts_draws_and_lists(send: Send) -> None:
    send(*wave(60), step=timedelta(hours=1))
    trial = try_rule(bind_rule(Rule(slug="draft"), [above(600, margin=30)]))
    assert trial.count == len(trial.found) > 0
    assert trial.sketch is not None
    assert len(trial.sketch.marks) == trial.count
    assert trial.sketch.limit
    assert trial.found[0].stream == stream()


def test_trial_over_nothing(send: Send) -> None:
    send(500)
    trial = try_rule(bind_rule(Rule(slug="draft"), [above(600)]))
    assert (trial.count, trial.targets) == (0, 1)
