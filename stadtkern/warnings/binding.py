"""From stored rules to the series they look at: one target for a rule, or one for every series of a kind."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
from django.conf import settings
from django.db.models import Q

from stadtkern.base.units import UnitError, convert
from stadtkern.observations.fields import MICROSECOND, micros
from stadtkern.observations.models import Datastream, Threshold
from stadtkern.warnings.evaluation import Kind, Limit, Schedule, Spec, Test
from stadtkern.warnings.evaluation.conditions import FAR
from stadtkern.warnings.evaluation.schedule import DAY_MINUTES, EVERY_DAY, EVERY_MONTH
from stadtkern.warnings.models import Condition, Rule

logger = logging.getLogger(__name__)
MOST_TARGETS = 20_000


@dataclass(frozen=True, slots=True)
class Target:
    """A rule bound to its series."""

    rule: Rule
    key: int
    """The datastream of a rule about every series of a kind; else 0."""
    spec: Spec
    stream: Datastream
    """The one whose values are told."""
    is_forecast: bool

    @property
    def streams(self) -> frozenset[int]:
        """The datastreams that are looked at."""
        return frozenset(test.stream for test in self.spec.tests)

    @property
    def subject(self) -> str:
        """How alerts name the target."""
        return f"{self.rule.pk}:{self.key}"


class CannotBind(Exception):
    """A rule cannot be applied to a series; the text says why."""


def bind(rules: Iterable[Rule]) -> list[Target]:
    """Return the targets of the rules; one that cannot be applied is logged and left out."""
    targets: list[Target] = []
    for rule in rules:
        try:
            targets += bind_rule(rule)
        except CannotBind as error:
            logger.warning("rule %s: %s", rule.slug, error)
    return targets


def bind_rule(rule: Rule, conditions: Sequence[Condition] | None = None) -> list[Target]:
    """Return the targets of a rule with its stored conditions, or with others that a form describes.

    Raises
    ------
    CannotBind
        if there is no condition, or a unit does not fit its series.
    """
    wanted = list(rule.conditions.all()) if conditions is None else list(conditions)
    if not wanted:
        raise CannotBind("no condition")
    loose = [condition for condition in wanted if condition.datastream is None]
    if not loose:
        return [_target(rule, 0, wanted, [one.datastream for one in wanted if one.datastream is not None])]
    targets = []
    for stream, chosen in _choices(rule, loose):
        others = iter(chosen)
        streams = [one.datastream if one.datastream is not None else next(others) for one in wanted]
        targets.append(_target(rule, stream.pk, wanted, streams))
    return targets


def _choices(rule: Rule, loose: Sequence[Condition]) -> list[tuple[Datastream, list[Datastream]]]:
    """Return, for each series that the first loose condition can mean, the series of all loose ones.

    The others are taken from the same thing; a thing that lacks one of them is left out.
    """
    wanted = Datastream.objects.filter(is_forecast=False).select_related("thing", "observed_property")
    if rule.thing is not None:
        wanted = wanted.filter(thing=rule.thing)
    kinds = [condition.observed_property.pk if condition.observed_property else None for condition in loose]
    if None not in kinds:
        wanted = wanted.filter(observed_property__in=kinds)
    by_thing: dict[tuple[int, int], Datastream] = {}
    streams = list(wanted.order_by("key")[:MOST_TARGETS])
    for stream in streams:
        by_thing.setdefault((stream.thing_id, stream.observed_property_id), stream)
    found = []
    for stream in streams:
        if kinds[0] not in {None, stream.observed_property_id}:
            continue
        others = [by_thing.get((stream.thing_id, kind)) if kind else stream for kind in kinds[1:]]
        known = [other for other in others if other is not None]
        if len(known) == len(others):
            found.append((stream, [stream, *known]))
    return found


def _target(rule: Rule, key: int, conditions: Sequence[Condition], streams: Sequence[Datastream]) -> Target:
    tests = tuple(_test(rule, one, stream) for one, stream in zip(conditions, streams, strict=True))
    told = next((n for n, one in enumerate(conditions) if one.kind != Condition.Kind.SILENCE), 0)
    spec = Spec(
        tests=tests,
        is_any=rule.combine == Rule.Combine.ANY,
        window=_us(rule.window) if len(tests) > 1 else 0,
        duration=_us(rule.duration),
        schedule=schedule_of(rule),
    )
    return Target(rule, key, spec, streams[told], any(stream.is_forecast for stream in streams))


def _us(span: timedelta | None) -> int:
    return 0 if span is None else span // MICROSECOND


def schedule_of(rule: Rule) -> Schedule:
    """Return when a rule applies, by the clock of the town."""
    return Schedule(
        zone=settings.TIME_ZONE,
        valid_from=_bound(rule.valid_from, -FAR),
        valid_to=_bound(rule.valid_to, FAR),
        months=frozenset(rule.months) or EVERY_MONTH,
        weekdays=frozenset(rule.weekdays) or EVERY_DAY,
        since=_minutes(rule.time_from, 0),
        until=_minutes(rule.time_to, DAY_MINUTES),
    )


def _bound(moment: datetime | None, otherwise: int) -> int:
    return otherwise if moment is None else micros(moment)


def _minutes(clock_time: time | None, otherwise: int) -> int:
    return otherwise if clock_time is None else clock_time.hour * 60 + clock_time.minute


def _test(rule: Rule, condition: Condition, stream: Datastream) -> Test:
    kind = Kind.ABOVE if condition.kind == Condition.Kind.LEVEL else Kind(condition.kind)
    return Test(
        kind=kind,
        stream=stream.pk,
        limit=limit_of(condition, stream),
        span=_us(condition.span),
        stale=0 if stream.is_forecast or kind == Kind.SILENCE else _us(rule.stale_after),
        only_good=rule.only_good,
    )


def limit_of(condition: Condition, stream: Datastream) -> Limit:
    """Return the limit of a condition in the unit of the series.

    Raises
    ------
    CannotBind
        if the unit measures something else than the series.
    """
    if condition.kind == Condition.Kind.SILENCE:
        return Limit.fixed(0)
    margin = difference(condition.margin, condition.unit or stream.unit, stream.unit)
    if condition.kind == Condition.Kind.LEVEL:
        return _levels(stream, condition.level or 1, margin)
    value = condition.value or 0.0
    if condition.kind in {Condition.Kind.RISE, Condition.Kind.FALL}:
        value = difference(value, condition.unit or stream.unit, stream.unit)
        return Limit.fixed(value, value - margin)
    try:
        value = convert(value, condition.unit or stream.unit, stream.unit)
    except UnitError as error:
        raise CannotBind(f"{stream.key}: {error}") from error
    return Limit.fixed(value, value + margin if condition.kind == Condition.Kind.BELOW else value - margin)


def difference(value: float, unit: str, to_unit: str) -> float:
    """Return a difference of two values in another unit: 5 K are 5 Cel, not -268 Cel."""
    try:
        return convert(value, unit, to_unit) - convert(0.0, unit, to_unit)
    except UnitError as error:
        raise CannotBind(str(error)) from error


def _levels(stream: Datastream, severity: int, margin: float) -> Limit:
    """Return the lowest alarm level of at least a severity as it was in force over the years."""
    levels = list(Threshold.objects.filter(datastream=stream, severity__gte=severity))
    spans = [(_bound(one.valid_from, -FAR), _bound(one.valid_to, FAR), one.value) for one in levels]
    starts = sorted(
        {-FAR, *(start for start, _end, _value in spans), *(end for _s, end, _v in spans if end < FAR)}
    )
    lowest = [
        min((value for first, end, value in spans if first <= start < end), default=np.nan)
        for start in starts
    ]
    on = np.array(lowest)
    return Limit(np.array(starts, dtype=np.int64), on, on - margin)


def active_rules() -> list[Rule]:
    """Return the rules in use with all that binding needs."""
    rules = Rule.objects.filter(is_active=True).prefetch_related(
        "conditions__datastream__thing",
        "conditions__datastream__observed_property",
        "conditions__observed_property",
        "channels",
    )
    return list(rules.filter(Q(conditions__isnull=False)).distinct())
