"""Parts of tests: a client that writes as clients of the standard do, and searches for faults."""

import os
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from hypothesis import HealthCheck, settings

from stadtkern.observations.granted import EVERYTHING, Access
from stadtkern.standards.sensorthings.entities import OBSERVATION_TYPE, OM_COMPLEX
from stadtkern.standards.sensorthings.write.answers import Answer
from stadtkern.standards.sensorthings.write.handler import Ask, handle

LONGER = int(os.environ.get("STADTKERN_EXAMPLES", "1"))
"""How many times more than usual a search for faults tries; 1: the same examples each time."""
BASE = "http://testserver/sta/v1.1/"
POINT = {"type": "Point", "coordinates": [14.716, 51.95]}
UNIT = {"name": "degree Celsius", "symbol": "°C", "definition": "ucum:Cel"}


def thing(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a Thing."""
    return {"name": "Gauge", "description": "At the bridge", "properties": {"owner": "town"}} | changes


def location(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a Location."""
    return {
        "name": "Bridge",
        "description": "The old bridge",
        "encodingType": "application/geo+json",
        "location": POINT,
    } | changes


def sensor(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a Sensor."""
    return {
        "name": "DS18B20",
        "description": "Thermometer",
        "encodingType": "application/pdf",
        "metadata": "https://example.org/ds18b20.pdf",
    } | changes


def observed_property(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an ObservedProperty."""
    return {
        "name": "Water temperature",
        "definition": "https://example.org/water-temperature",
        "description": "Half a metre deep",
    } | changes


def datastream(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a Datastream with Sensor and ObservedProperty nested in it."""
    return {
        "name": "Water temperature at the bridge",
        "description": "Every minute",
        "unitOfMeasurement": UNIT,
        "observationType": OBSERVATION_TYPE + "OM_Measurement",
        "Sensor": sensor(),
        "ObservedProperty": observed_property(),
    } | changes


def multi_datastream(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a MultiDatastream of two properties."""
    return {
        "name": "Weather at the bridge",
        "description": "Temperature and humidity",
        "observationType": OM_COMPLEX,
        "unitOfMeasurements": [UNIT, {"name": "percent", "symbol": "%", "definition": "ucum:%"}],
        "multiObservationDataTypes": [OBSERVATION_TYPE + "OM_Measurement"] * 2,
        "Sensor": sensor(),
        "ObservedProperties": [observed_property(), observed_property(name="Humidity")],
    } | changes


@dataclass(frozen=True, slots=True)
class Client:
    """Writes with the rights of `access`."""

    access: Access = field(default=EVERYTHING)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:  # noqa: ANN401
        """Send a request and return the answer."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return handle(Ask(method, path, body, BASE, told), self.access)

    def make(self, path: str, body: Any) -> int:  # noqa: ANN401
        """Make an entity and return its identifier."""
        answer = self.ask("POST", path, body)
        assert answer.status == HTTPStatus.CREATED, answer.body  # noqa: S101  # part of tests
        assert answer.headers["Location"] == answer.body["@iot.selfLink"]  # noqa: S101
        return int(answer.body["@iot.id"])

    def refused(self, method: str, path: str, body: Any, status: int = 400) -> str:  # noqa: ANN401
        """Send a request that is refused and return the message."""
        answer = self.ask(method, path, body)
        assert answer.status == status, answer  # noqa: S101
        assert answer.body["code"] == status  # noqa: S101
        assert answer.body["type"] == "error"  # noqa: S101
        return str(answer.body["message"])


def search(examples: int) -> settings:
    """Return the settings of a search: short and always the same, unless a longer one is asked for."""
    return settings(
        max_examples=examples * LONGER,
        derandomize=LONGER == 1,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
