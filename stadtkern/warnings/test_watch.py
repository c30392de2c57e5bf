"""From readings to alerts: one for each episode, whatever comes late and whoever looks."""

import time as system_time
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from stadtkern.contracts.connector import Threshold
from stadtkern.observations.models import Follower, LateChange, ObservedProperty
from stadtkern.observations.services import record
from stadtkern.observations.services.changes import forget_late
from stadtkern.warnings.conftest import NOON, Clock, Send, above, rule, stream
from stadtkern.warnings.models import Alert, Condition, RuleState
from stadtkern.warnings.services import Watcher, delete_rule, save_rule

pytestmark = pytest.mark.django_db
QUARTER = timedelta(minutes=15)


def alerts() -> list[tuple[float, float | None]]:
    """Return begin and end of all alerts in minutes after noon."""
    found = Alert.objects.order_by("begun").values_list("begun", "ended")
    return [
        (
            (begun - NOON) / timedelta(minutes=1),
            None if ended is None else (ended - NOON) / timedelta(minutes=1),
        )
        for begun, ended in found
    ]


def test_one_alert_from_beginning_to_end(at: Clock, send: Send, watcher: Watcher) -> None:
    send(500)
    rule(above(600, margin=20))
    watcher.tick()
    assert alerts() == []
    for value in (610, 640, 590, 605):
        at.forward(minutes=15)
        send(value)
        watcher.tick()
        assert alerts() == [(15, None)]
    alert = Alert.objects.get()
    assert (alert.value, alert.peak, alert.limit) == (610, 640, 600)
    at.forward(minutes=15)
    send(570)
    watcher.tick()
    watcher.tick()
    assert alerts() == [(15, 75)]


def test_rule_that_holds_already_is_raised_at_once(at: Clock, send: Send, watcher: Watcher) -> None:
    send(650, 700)
    rule(above(600))
    watcher.tick()
    assert alerts() == [(-15, None)]


def test_what_ended_before_the_rule_was_made_is_no_business_of_it(send: Send, watcher: Watcher) -> None:
    send(650, 500)
    rule(above(600))
    watcher.tick()
    assert alerts() == []


def test_a_new_process_goes_on_where_the_last_one_was(at: Clock, send: Send, watcher: Watcher) -> None:
    send(500)
    rule(above(600), duration=timedelta(minutes=30))
    watcher.tick()
    for value in (610, 620):
        at.forward(minutes=15)
        send(value)
        Watcher().tick()
    assert alerts() == []
    at.forward(minutes=15)
    send(630)
    Watcher().tick()
    Watcher().tick()
    assert alerts() == [(15, None)]


def test_two_processes_find_one_alert(at: Clock, send: Send, watcher: Watcher) -> None:
    other = Watcher()
    send(500)
    rule(above(600))
    watcher.tick()
    other.tick()
    for value, expected in ((610, [(15, None)]), (500, [(15, 30)]), (620, [(15, 30), (45, None)])):
        at.forward(minutes=15)
        send(value)
        watcher.tick()
        other.tick()
        assert alerts() == expected


def test_who_is_overtaken_writes_nothing(
    at: Clock, send: Send, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(500)
    rule(above(600))
    watcher.tick()
    at.forward(minutes=15)
    send(610)
    judge = watcher._judge  # noqa: SLF001  # the steps of RFC 8291 are tested one by one

    def overtaken(*words: object) -> object:
        found = judge(*words)  # type: ignore[arg-type]  # whatever it takes
        Follower.objects.filter(name="rules").update(version=10**9)
        return found

    monkeypatch.setattr(watcher, "_judge", overtaken)
    assert watcher.tick() == 0
    assert alerts() == []


def test_late_reading_extends_and_splits_episodes(at: Clock, send: Send, watcher: Watcher) -> None:
    send(500)
    rule(above(600))
    watcher.tick()
    at.forward(minutes=60)
    send(610)
    watcher.tick()
    assert alerts() == [(60, None)]
    send(620, last=at.now - 2 * QUARTER)
    watcher.tick()
    assert alerts() == [(30, None)]
    at.forward(minutes=60)
    send(630)
    watcher.tick()
    send(400, last=at.now - 2 * QUARTER)
    watcher.tick()
    assert alerts() == [(30, 90), (120, None)]
    assert [alert.is_withdrawn for alert in Alert.objects.order_by("begun")] == [False, False]


def test_late_data_withdraw_what_was_not_so(at: Clock, send: Send, watcher: Watcher) -> None:
    send(500)
    silence = Condition(kind=Condition.Kind.SILENCE, datastream=stream(), span=timedelta(hours=1))
    rule(silence)
    watcher.tick()
    at.forward(minutes=90)
    watcher.tick()
    assert alerts() == [(60, None)]
    send(*[500] * 6)
    watcher.tick()
    assert Alert.objects.get().is_withdrawn


def test_silence_is_noticed_without_any_reading(at: Clock, send: Send, watcher: Watcher) -> None:
    send(500)
    rule(Condition(kind=Condition.Kind.SILENCE, datastream=stream(), span=timedelta(hours=1)))
    watcher.tick()
    at.forward(minutes=59)
    watcher.tick()
    assert alerts() == []
    at.forward(minutes=2)
    watcher.tick()
    assert alerts() == [(60, None)]
    at.forward(minutes=60)
    send(510)
    watcher.tick()
    assert alerts() == [(60, 121)]


def test_every_series_of_a_kind_has_its_own_alert(at: Clock, send: Send, watcher: Watcher) -> None:
    send(500)
    send(500, thing="ratzdorf")
    level = ObservedProperty.objects.get(slug="water_level")
    rule(above(600, datastream=None, observed_property=level))
    watcher.tick()
    at.forward(minutes=15)
    send(610, thing="ratzdorf")
    watcher.tick()
    assert [
        alert.datastream.thing.key  # type: ignore[union-attr]  # of a series
        for alert in Alert.objects.all()
    ] == ["ratzdorf"]
    at.forward(minutes=15)
    send(620)
    watcher.tick()
    assert Alert.objects.standing().count() == 2


def test_two_series_of_one_place_are_judged_together(at: Clock, send: Send, watcher: Watcher) -> None:
    for thing in ("markt", "bahnhof"):
        send(2, thing=thing, prop="air_temperature")
        send(50, thing=thing, prop="relative_humidity")
    cold, damp = (
        ObservedProperty.objects.get(slug=slug) for slug in ("air_temperature", "relative_humidity")
    )
    below = Condition(kind=Condition.Kind.BELOW, value=0, observed_property=cold)
    rule(below, above(90, datastream=None, observed_property=damp), window=timedelta(minutes=30))
    watcher.tick()
    at.forward(minutes=15)
    send(-1, thing="markt", prop="air_temperature")
    send(95, thing="bahnhof", prop="relative_humidity")
    watcher.tick()
    assert alerts() == []
    at.forward(minutes=15)
    send(95, thing="markt", prop="relative_humidity")
    watcher.tick()
    assert [
        alert.datastream.key  # type: ignore[union-attr]  # of a series
        for alert in Alert.objects.all()
    ] == ["lfu:markt:air_temperature"]


def test_series_that_lags_behind_is_judged_when_it_comes(at: Clock, send: Send, watcher: Watcher) -> None:
    """The readings of one source come half an hour after those of the other."""
    send(500)
    send(2, prop="air_temperature")
    below = Condition(kind=Condition.Kind.BELOW, value=0, datastream=stream(prop="air_temperature"))
    rule(above(600), below)
    watcher.tick()
    for minute in range(15, 75, 15):
        at.forward(minutes=15)
        send(610 if minute == 30 else 500)
        watcher.tick()
    assert alerts() == []
    send(-1, last=NOON + timedelta(minutes=30), prop="air_temperature")
    watcher.tick()
    assert alerts() == [(30, 45)]


def test_levels_of_the_source_count_while_they_are_valid(at: Clock, send: Send, watcher: Watcher) -> None:
    send(500)
    for number, limit in ((1, 460), (2, 520), (3, 570)):
        level = Threshold(
            thing="guben",
            observed_property="water_level",
            unit="cm",
            name=f"A{number}",
            value=limit,
            severity=number,
        )
        record([level], source="lfu", received=at.now)
    rule(Condition(kind=Condition.Kind.LEVEL, datastream=stream(), level=2))
    watcher.tick()
    at.forward(minutes=15)
    send(525)
    watcher.tick()
    assert alerts() == [(15, None)]
    assert Alert.objects.get().limit == 520


def test_value_may_be_given_in_another_unit(at: Clock, send: Send, watcher: Watcher) -> None:
    send(500)
    rule(above(6.0, unit="m", margin=0.2))
    at.forward(minutes=15)
    send(601)
    watcher.tick()
    assert Alert.objects.get().limit == 600


def test_changed_rule_ends_what_no_longer_holds(at: Clock, send: Send, watcher: Watcher) -> None:
    send(650)
    found = rule(above(600))
    watcher.tick()
    assert alerts() == [(0, None)]
    at.forward(minutes=1)
    save_rule(found, [above(700)], [])
    watcher.tick()
    assert alerts() == [(0, 1)]
    assert not Alert.objects.get().is_withdrawn


def test_paused_and_deleted_rules_end_their_alerts(at: Clock, send: Send, watcher: Watcher) -> None:
    send(650)
    found = rule(above(600))
    watcher.tick()
    found.is_active = False
    save_rule(found, [above(600)], [])
    watcher.tick()
    assert Alert.objects.standing().count() == 0
    found.is_active = True
    at.forward(minutes=1)
    save_rule(found, [above(600)], [])
    watcher.tick()
    assert Alert.objects.standing().count() == 1
    delete_rule(found)
    watcher.tick()
    assert Alert.objects.standing().count() == 0
    assert Alert.objects.filter(title={"en": "High water"}, rule=None).exists()


def test_bad_unit_stops_one_rule_not_the_others(at: Clock, send: Send, watcher: Watcher) -> None:
    send(650)
    rule(above(5, unit="Cel"), slug="nonsense")
    rule(above(600))
    watcher.tick()
    assert alerts() == [(0, None)]


def test_forecast_raises_before_it_happens(at: Clock, send: Send, watcher: Watcher) -> None:
    send(
        4,
        3,
        1,
        3,
        prop="air_temperature",
        is_forecast=True,
        last=NOON + timedelta(hours=6),
        step=timedelta(hours=1),
    )
    forecast = stream(prop="air_temperature:forecast")
    rule(Condition(kind=Condition.Kind.BELOW, value=0, datastream=forecast))
    watcher.tick()
    assert alerts() == []
    send(
        4,
        0,
        -2,
        3,
        prop="air_temperature",
        is_forecast=True,
        last=NOON + timedelta(hours=6),
        step=timedelta(hours=1),
    )
    watcher.tick()
    assert alerts() == [(240, None)]
    send(
        4,
        3,
        -1,
        3,
        prop="air_temperature",
        is_forecast=True,
        last=NOON + timedelta(hours=6),
        step=timedelta(hours=1),
    )
    watcher.tick()
    assert alerts() == [(300, None)]
    at.forward(hours=7)
    watcher.tick()
    assert Alert.objects.standing().count() == 0


def test_states_are_kept_and_late_changes_forgotten(at: Clock, send: Send, watcher: Watcher) -> None:
    send(500)
    rule(above(600))
    watcher.tick()
    send(490, last=at.now - QUARTER)
    assert LateChange.objects.count() == 1
    assert forget_late(at.now) == 0
    watcher.tick()
    assert RuleState.objects.count() == 1
    assert forget_late(at.now) == 1


def test_quiet_tick_asks_little(
    at: Clock, send: Send, watcher: Watcher, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send(500)
    rule(above(600))
    watcher.tick()
    watcher.tick()
    with django_assert_num_queries(3):
        watcher.tick()
    at.forward(seconds=20)
    send(510)
    with django_assert_num_queries(9):
        watcher.tick()


def test_many_rules_cost_as_many_queries_as_one(
    at: Clock, send: Send, watcher: Watcher, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        send(500, thing=f"gauge-{number}")
    for number in range(20):
        rule(above(600, datastream=stream(f"gauge-{number}")), slug=f"rule-{number}")
    watcher.tick()
    watcher.tick()
    at.forward(seconds=20)
    for number in range(20):
        send(510, thing=f"gauge-{number}")
    began = system_time.perf_counter()
    with django_assert_max_num_queries(9):
        watcher.tick()
    assert system_time.perf_counter() - began < 1
