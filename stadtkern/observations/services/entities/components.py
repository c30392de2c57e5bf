"""The several properties of a MultiDatastream (OGC 18-088 section 9.2)."""

from collections.abc import Mapping, Sequence
from typing import Any

from stadtkern.observations.models import Datastream, MultiComponent
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.shapes import components, put_unit


def of(stream: Datastream) -> list[MultiComponent]:
    """Return the components of a MultiDatastream in order."""
    return components(stream)


def save_new(stream: Datastream, values: Mapping[str, Any], observed: Sequence[int]) -> None:
    """Save a new MultiDatastream with a component for each of its properties."""
    found = [
        _component(unit, observation_type, pk)
        for unit, observation_type, pk in zip(
            values["unitOfMeasurements"], values["multiObservationDataTypes"], observed, strict=True
        )
    ]
    stream.observed_property_id = found[0].observed_property_id
    stream.unit = found[0].unit
    stream.save()
    _save(stream, found)


def change(stream: Datastream, values: Mapping[str, Any], observed: Sequence[int] | None) -> None:
    """Write new units, types or properties; their number changes only where all three are told."""
    before = of(stream)
    units = values.get("unitOfMeasurements") or [_unit_of(one) for one in before]
    types = values.get("multiObservationDataTypes") or [one.observation_type for one in before]
    properties = [one.observed_property_id for one in before] if observed is None else observed
    if not len(units) == len(types) == len(properties):
        raise BadEntity(
            f"unitOfMeasurements has {len(units)}, multiObservationDataTypes {len(types)} and "
            f"ObservedProperties {len(properties)} elements; they have to have the same number"
        )
    found = [_component(*one) for one in zip(units, types, properties, strict=True)]
    stream.components.all().delete()
    stream.observed_property_id = found[0].observed_property_id
    stream.unit = found[0].unit
    stream.save()
    _save(stream, found)


def _unit_of(component: MultiComponent) -> dict[str, Any]:
    return component.unit_of_measurement or {"name": None, "symbol": component.unit, "definition": None}


def _component(unit: Mapping[str, Any], observation_type: str, observed: int) -> MultiComponent:
    found = MultiComponent(observation_type=observation_type, observed_property_id=observed)
    put_unit(found, unit)
    return found


def _save(stream: Datastream, found: Sequence[MultiComponent]) -> None:
    for position, one in enumerate(found):
        one.datastream, one.position = stream, position
    MultiComponent.objects.bulk_create(found)
