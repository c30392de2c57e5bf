"""What the tests of `warnings` share: a clock, a gauge, rules, people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache

from stadtkern.base import clock
from stadtkern.contracts.connector import Reading, Station
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream
from stadtkern.observations.services import record
from stadtkern.people.models import Organisation, User
from stadtkern.warnings.models import Condition, Rule
from stadtkern.warnings.services import Watcher, save_rule

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Clock:
    """The time as a test sets it."""

    now: datetime = NOON

    def forward(self, **span: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give a clock that stands at noon."""
    found = Clock()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    cache.clear()
    return found


@pytest.fixture
def profile(db: None) -> DataProfile:  # needs the database
    """Give a published profile."""
    return DataProfile.objects.create(
        slug="water",
        title={"en": "Water levels"},
        purpose={"en": "Flood protection"},
        legal_basis={"en": "Water act"},
        owner=Organisation.objects.create(slug="town", name={"en": "Town"}),
        licence="dl-de/zero-2-0",
        is_published=True,
    )


Send = Callable[..., None]


@pytest.fixture
def send(at: Clock, profile: DataProfile) -> Send:
    """Give a function that records values of a gauge, one each quarter of an hour up to now."""

    def send_values(*values: float, thing: str = "guben", prop: str = "water_level", **more: Any) -> None:
        unit = {"water_level": "cm", "air_temperature": "Cel", "relative_humidity": "%"}[prop]
        last = more.pop("last", at.now)
        step = more.pop("step", timedelta(minutes=15))
        times = [last - step * (len(values) - 1 - number) for number in range(len(values))]
        readings = [
            Reading(
                thing=thing, observed_property=prop, unit=unit, phenomenon_time=time, result=value, **more
            )
            for time, value in zip(times, values, strict=True)
        ]
        station = Station(thing=thing, name=thing.title(), longitude=14.7, latitude=51.9)
        record([station, *readings], source="lfu", profile=profile, received=at.now)

    return send_values


def stream(thing: str = "guben", prop: str = "water_level") -> Datastream:
    """Return a datastream of the test gauge."""
    return Datastream.objects.get(key=f"lfu:{thing}:{prop}")


def rule(*conditions: Condition, channels: Sequence[Any] = (), **more: Any) -> Rule:
    """Make a rule."""
    facts = {"slug": "high-water", "title": {"en": "High water"}, "severity": 2, **more}
    return save_rule(Rule(**facts), conditions, channels)


def above(value: float, **more: Any) -> Condition:
    """Return a condition on the gauge."""
    facts = {"kind": Condition.Kind.ABOVE, "value": value, **more}
    if not {"datastream", "observed_property"} & set(facts):
        facts["datastream"] = stream()
    return Condition(**facts)


@pytest.fixture
def watcher(at: Clock) -> Watcher:
    """Give a watcher that has seen what was there before."""
    found = Watcher()
    found.tick()
    return found


def person(name: str, *roles: str) -> User:
    """Return a person of the standing cast."""
    user = User.objects.create_user(username=name, email=f"{name}@example.org", language="en")
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@pytest.fixture
def alice(db: None) -> User:
    """Give Alice, an editor."""
    return person("alice", "editor")


@pytest.fixture
def mia(db: None) -> User:
    """Give Mia, a moderator."""
    return person("mia", "moderator")


@pytest.fixture
def charlie(db: None) -> User:
    """Give Charlie, who may nothing."""
    return person("charlie")
