"""What the tests of virtual series share."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stadtkern.base import clock
from stadtkern.contracts.connector import Reading
from stadtkern.governance.models import DataProfile
from stadtkern.observations.derived.models import DerivedInput, DerivedStream, LookupTable
from stadtkern.observations.derived.services import Draft, save_derived
from stadtkern.observations.models import Datastream, Observation, ObservedProperty
from stadtkern.observations.services import record
from stadtkern.people.models import Organisation

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNITS = {
    "water_level": "cm",
    "air_temperature": "Cel",
    "relative_humidity": "%",
    "pm10": "ug/m3",
    "ozone": "ug/m3",
}


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def profile(db: None) -> DataProfile:  # needs the database
    """Give a published profile."""
    return DataProfile.objects.create(
        slug="weather",
        title={"en": "Weather"},
        purpose={"en": "Know the weather"},
        legal_basis={"en": "Bylaw"},
        owner=Organisation.objects.create(slug="town", name={"en": "Town"}),
        licence="dl-de/zero-2-0",
        is_published=True,
    )


Put = Callable[..., Datastream]


@pytest.fixture
def put(profile: DataProfile) -> Put:
    """Give a function that records values at minutes before noon and returns the datastream."""

    def put_values(
        prop: str, values: Mapping[int, float], *, thing: str = "guben", **more: Any
    ) -> Datastream:
        readings = [
            Reading(
                thing=thing,
                observed_property=prop,
                unit=UNITS[prop],
                phenomenon_time=NOON - timedelta(minutes=minutes),
                result=value,
                **more,
            )
            for minutes, value in values.items()
        ]
        record(readings, source="test", profile=profile, received=NOON)
        return Datastream.objects.get(key=f"test:{thing}:{prop}")

    return put_values


def results(stream: Datastream) -> dict[int, float]:
    """Return the results of a series by minutes before noon."""
    rows = Observation.objects.filter(datastream=stream).order_by("-phenomenon_time")
    return {
        round((NOON - row.phenomenon_time) / timedelta(minutes=1)): round(row.result or 0.0, 6)
        for row in rows
    }


def make(  # noqa: PLR0913  # what there is to say, by name
    formula: str,
    inputs: Mapping[str, Datastream],
    *,
    prop: str,
    unit: str,
    slug: str = "made",
    profile: DataProfile | None = None,
    tables: tuple[LookupTable, ...] = (),
    **more: Any,
) -> DerivedStream:
    """Make a virtual series."""
    found, _is_new = ObservedProperty.objects.get_or_create(slug=prop, defaults={"unit": unit})
    stream = Datastream(
        thing=next(iter(inputs.values())).thing, observed_property=found, unit=unit, profile=profile
    )
    derived = DerivedStream(slug=slug, formula=formula, **more)
    named = [DerivedInput(alias=alias, datastream=one) for alias, one in inputs.items()]
    return save_derived(Draft(derived, stream, named, tables))
