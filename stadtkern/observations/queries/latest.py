"""Newest values and levels in force."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from stadtkern.base.errors import NotFound
from stadtkern.observations.models import Datastream, DatastreamQuerySet, Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest observation of a datastream."""

    datastream: Datastream
    """With thing, observed property and profile at hand."""
    time: datetime
    result: float
    unit: str
    decimals: int
    quality: int
    """`quality.QualityFlag`"""
    checks: int
    """`quality.Check`, the tests it failed."""
    previous_time: datetime | None
    previous_result: float | None
    received: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A named threshold in force."""

    name: str
    value: float
    severity: int
    valid_from: datetime | None
    valid_to: datetime | None


def get_public(key: str) -> Datastream:
    """Return the public datastream with this key, or raise `NotFound`."""
    found = _with_names().filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no public datastream {key}")
    return found


def _with_names() -> DatastreamQuerySet:
    return Datastream.objects.public().single().select_related("thing", "observed_property", "profile")


def latest_values(keys: Iterable[str]) -> dict[str, Latest]:
    """Return the newest observation of each public datastream among `keys` whose newest is a number."""
    numeric = _with_names().filter(key__in=list(keys), latest__result__isnull=False)
    rows = numeric.select_related("latest")
    return {row.key: _latest(row) for row in rows}


def _latest(datastream: Datastream) -> Latest:
    latest = datastream.latest
    assert latest.result is not None  # noqa: S101  # the query asks for it
    return Latest(
        datastream=datastream,
        time=latest.phenomenon_time,
        result=latest.result,
        unit=datastream.unit,
        decimals=datastream.observed_property.decimals,
        quality=latest.quality,
        checks=latest.checks,
        previous_time=latest.previous_time,
        previous_result=latest.previous_result,
        received=latest.received,
    )


def thresholds_at(datastream: Datastream, when: datetime) -> list[Level]:
    """Return the levels of `datastream` in force at `when`, lowest first."""
    levels = Threshold.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=when),
        Q(valid_to__isnull=True) | Q(valid_to__gt=when),
        datastream=datastream,
    ).order_by("value", "name")
    return [
        Level(
            name=level.name,
            value=level.value,
            severity=level.severity,
            valid_from=level.valid_from,
            valid_to=level.valid_to,
        )
        for level in levels
    ]
