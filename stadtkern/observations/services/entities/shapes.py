"""How properties of the standard stand in the rows of our tables, in both directions."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import models

from stadtkern.observations.fields import instant
from stadtkern.observations.models import (
    Datastream,
    FeatureOfInterest,
    HistoricalLocation,
    Location,
    MultiComponent,
    ObservedProperty,
    Sensor,
    Thing,
)
from stadtkern.observations.services.entities import unit
from stadtkern.observations.services.entities.drafts import Place
from stadtkern.web.fields import FALLBACK, in_language


@dataclass(frozen=True, slots=True)
class Part:
    """One property: how it is read from a row and written into it (None: it has none any more)."""

    get: Callable[[Any], Any]
    put: Callable[[Any, Any], None]


def _plain(column: str, empty: object = "") -> Part:
    def put(row: models.Model, value: object) -> None:
        setattr(row, column, empty if value is None else value)

    return Part(lambda row: getattr(row, column), put)


def _properties() -> Part:
    def put(row: Any, value: dict[str, Any] | None) -> None:  # noqa: ANN401
        row.properties = value or {}

    return Part(lambda row: row.properties or None, put)


def _place(column: str) -> Part:
    """Return the part of a place: the geometry, and the document where the geometry does not say it all."""

    def get(row: Any) -> Any:  # noqa: ANN401
        return row.document if row.document is not None else geojson(getattr(row, column))

    def put(row: Any, value: Place) -> None:  # noqa: ANN401
        setattr(row, column, value.geometry)
        same = value.geometry is not None and value.document == geojson(value.geometry)
        row.document = None if same else value.document

    return Part(get, put)


def geojson(geometry: GEOSGeometry | None) -> dict[str, Any] | None:
    """Return a geometry as GeoJSON."""
    if geometry is None:
        return None
    found: dict[str, Any] = {"type": geometry.geom_type}
    if geometry.geom_type == "GeometryCollection":
        return found | {"geometries": [geojson(part) for part in geometry]}  # type: ignore[attr-defined]
    coordinates = geometry.coords  # type: ignore[attr-defined]  # all but collections have them
    return found | {"coordinates": json.loads(json.dumps(coordinates))}


def _name_or_key(row: Thing | Datastream) -> str:
    return row.name or row.key


def _property_name(row: ObservedProperty) -> str:
    return in_language(row.name, FALLBACK[0])[0] or row.slug


def _put_property_name(row: ObservedProperty, value: str) -> None:
    if value != _property_name(row) or not row.name:
        row.name = {**row.name, FALLBACK[0]: value}


def _metadata(row: Sensor) -> Any:  # noqa: ANN401
    return row.metadata if row.metadata_document is None else row.metadata_document


def _put_metadata(row: Sensor, value: Any) -> None:  # noqa: ANN401
    row.metadata = value if isinstance(value, str) else ""
    row.metadata_document = None if isinstance(value, str) else value


def _unit(row: Datastream | MultiComponent) -> Any:  # noqa: ANN401
    return unit.document_of(row.unit) if row.unit_of_measurement is None else row.unit_of_measurement


def put_unit(row: Datastream | MultiComponent, value: Mapping[str, Any]) -> None:
    """Write a unitOfMeasurement and the UCUM code in it."""
    row.unit_of_measurement = dict(value)
    row.unit = unit.code_of(value)


def components(row: Datastream) -> list[MultiComponent]:
    """Return the components of a MultiDatastream in order; none while it is new."""
    return sorted(row.components.all(), key=lambda one: one.position) if row.pk else []


def _later(_row: object, _value: object) -> None:
    """Leave what stands in other rows to `components.py`."""


_NAME, _DESCRIPTION, _ENCODING = _plain("name"), _plain("description"), _plain("encoding_type")
_STREAM = {
    "name": Part(_name_or_key, _NAME.put),
    "description": _DESCRIPTION,
    "observationType": _plain("observation_type"),
}
SHAPES: dict[str, dict[str, Part]] = {
    "Thing": {
        "name": Part(_name_or_key, _NAME.put),
        "description": _DESCRIPTION,
        "properties": _properties(),
    },
    "Location": {
        "name": _NAME,
        "description": _DESCRIPTION,
        "encodingType": _ENCODING,
        "location": _place("geometry"),
        "properties": _properties(),
    },
    "HistoricalLocation": {
        "time": Part(
            lambda row: row.time.isoformat().replace("+00:00", "Z"),
            lambda row, value: setattr(row, "time", instant(value)),
        )
    },
    "Datastream": {
        **_STREAM,
        "unitOfMeasurement": Part(_unit, put_unit),
        "properties": _properties(),
    },
    "MultiDatastream": {
        **_STREAM,
        "unitOfMeasurements": Part(lambda row: [_unit(one) for one in components(row)], _later),
        "multiObservationDataTypes": Part(
            lambda row: [one.observation_type for one in components(row)], _later
        ),
        "properties": _properties(),
    },
    "Sensor": {
        "name": _NAME,
        "description": _DESCRIPTION,
        "encodingType": _ENCODING,
        "metadata": Part(_metadata, _put_metadata),
        "properties": _properties(),
    },
    "ObservedProperty": {
        "name": Part(_property_name, _put_property_name),
        "definition": _plain("definition"),
        "description": _DESCRIPTION,
        "properties": _properties(),
    },
    "FeatureOfInterest": {
        "name": _NAME,
        "description": _DESCRIPTION,
        "encodingType": _ENCODING,
        "feature": _place("feature"),
        "properties": _properties(),
    },
}
"""Properties of all entity types but Observations, by the names of the standard."""
MODELS: dict[str, type[models.Model]] = {
    "Thing": Thing,
    "Location": Location,
    "HistoricalLocation": HistoricalLocation,
    "Datastream": Datastream,
    "MultiDatastream": Datastream,
    "Sensor": Sensor,
    "ObservedProperty": ObservedProperty,
    "FeatureOfInterest": FeatureOfInterest,
}


def apply(kind: str, row: models.Model, values: Mapping[str, Any]) -> None:
    """Write checked values into a row, which is not saved yet."""
    shape = SHAPES[kind]
    for name, value in values.items():
        shape[name].put(row, value)


def document(kind: str, row: models.Model) -> dict[str, Any]:
    """Return the properties of a row as the standard names them, without those that it does not have."""
    shown = {name: part.get(row) for name, part in SHAPES[kind].items()}
    return {name: value for name, value in shown.items() if value is not None}
