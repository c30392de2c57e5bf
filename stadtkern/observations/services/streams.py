"""Finding and making things, properties, sensors and datastreams in bulk."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from stadtkern.contracts.properties import OBSERVED_PROPERTIES
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream, ObservedProperty, Sensor, Thing
from stadtkern.observations.services.facts import Stream, hold
from stadtkern.observations.services.rows import Duplicates
from stadtkern.observations.services.storage import chunks, storage
from stadtkern.search import changes

ABSOLUTE_ZERO = {"Cel": -273.15, "K": 0.0}
WIDE = 10
"""A value this many plausible ranges away from the plausible range is no measurement."""


class Wanted(NamedTuple):
    """A datastream as readings name it."""

    thing: str
    property: str
    is_forecast: bool

    def key(self, source: str) -> str:
        """Return the key of the datastream."""
        return f"{source}:{self.thing}:{self.property}" + (":forecast" if self.is_forecast else "")


def streams_for(
    wanted: Mapping[Wanted, tuple[str, str]], *, source: str, profile: DataProfile | None
) -> dict[Wanted, Stream]:
    """Return the datastreams that readings name, made where missing, held until the transaction ends.

    `wanted` maps each to the unit and the sensor of its first reading.
    """
    found = _find(wanted, source=source)
    missing = {name: facts for name, facts in wanted.items() if name not in found}
    if missing:
        _make(missing, source=source, profile=profile)
        made = _find(missing, source=source)
        found |= made
        changes.note("streams", [str(pk) for pk in made.values()])
    if profile is not None:
        for part in chunks(found.values()):
            if Datastream.objects.filter(pk__in=part, profile=None).update(profile=profile):
                changes.note("streams", [str(pk) for pk in part])
    held = hold(storage(), found.values())
    return {name: held[pk] for name, pk in found.items() if pk in held}


def _find(wanted: Iterable[Wanted], *, source: str) -> dict[Wanted, int]:
    by_key = {name.key(source): name for name in wanted}
    found: dict[Wanted, int] = {}
    for part in chunks(sorted(by_key)):
        rows = Datastream.objects.filter(key__in=part).order_by().values_list("key", "pk")
        found.update((by_key[key], pk) for key, pk in rows)
    return found


def _make(missing: Mapping[Wanted, tuple[str, str]], *, source: str, profile: DataProfile | None) -> None:
    things = _things({name.thing for name in missing}, source=source)
    properties = _properties({name.property: unit for name, (unit, _sensor) in missing.items()})
    sensors = _sensors({sensor or source for _unit, sensor in missing.values()}, source=source)
    Datastream.objects.bulk_create(
        [
            Datastream(
                key=name.key(source),
                thing_id=things[name.thing],
                observed_property_id=properties[name.property][0],
                sensor_id=sensors.get(sensor or source),
                unit=properties[name.property][1],
                is_forecast=name.is_forecast,
                duplicates=Duplicates.REPLACE if name.is_forecast else Duplicates.IGNORE,
                profile=profile,
            )
            for name, (_unit, sensor) in missing.items()
        ],
        ignore_conflicts=True,
        batch_size=500,
    )


def _things(keys: Iterable[str], *, source: str) -> dict[str, int]:
    Thing.objects.bulk_create(
        [Thing(source=source, key=key) for key in sorted(keys)], ignore_conflicts=True, batch_size=500
    )
    found: dict[str, int] = {}
    for part in chunks(keys):
        found.update(Thing.objects.filter(source=source, key__in=part).values_list("key", "pk"))
    return found


def _sensors(names: Iterable[str], *, source: str) -> dict[str, int]:
    Sensor.objects.bulk_create(
        [Sensor(source=source, name=name) for name in sorted(names)], ignore_conflicts=True
    )
    found: dict[str, int] = {}
    for part in chunks(names):
        found.update(Sensor.objects.filter(source=source, name__in=part).values_list("name", "pk"))
    return found


def _properties(units: Mapping[str, str]) -> dict[str, tuple[int, str]]:
    ObservedProperty.objects.bulk_create(
        [new_property(slug, unit) for slug, unit in sorted(units.items())], ignore_conflicts=True
    )
    rows = ObservedProperty.objects.filter(slug__in=units).values_list("slug", "pk", "unit")
    return {slug: (pk, unit) for slug, pk, unit in rows}


def new_property(slug: str, unit: str) -> ObservedProperty:
    """Return an observed property, not yet stored: as the contract lists it, else by what the source says."""
    known = OBSERVED_PROPERTIES.get(slug)
    if known is None:
        return ObservedProperty(slug=slug, name={"en": slug.replace("_", " ").capitalize()}, unit=unit)
    margin = WIDE * (known.maximum - known.minimum)
    return ObservedProperty(
        slug=slug,
        name={"en": known.name},
        unit=known.unit,
        decimals=known.decimals,
        definition=known.definition,
        minimum=known.minimum,
        maximum=known.maximum,
        physical_minimum=ABSOLUTE_ZERO.get(known.unit, known.minimum - margin),
        physical_maximum=known.maximum + margin,
    )
