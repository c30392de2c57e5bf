"""A client library of another project (frost_sta_client) creates, walks, filters, changes, deletes."""

from typing import Any

import frost_sta_client as frost  # type: ignore[import-untyped]  # ships no types
import pytest
from pytest_django.live_server_helper import LiveServer

from stadtkern.observations.models import Datastream, Observation, Thing
from stadtkern.standards.sensorthings.fixtures import POINT

OM_MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"


@pytest.fixture
def service(live_server: LiveServer, settings: Any) -> frost.SensorThingsService:  # noqa: ANN401
    """Return the service of the live server, open to everybody."""
    settings.STA_ANONYMOUS_WRITE = True
    return frost.SensorThingsService(f"{live_server.url}/sta/v1.1")


def station(service: frost.SensorThingsService) -> tuple[Any, Any]:
    """Make a thing with place and datastream; return both."""
    place = frost.Location(
        name="Bridge", description="Old", location=POINT, encoding_type="application/geo+json"
    )
    thing = frost.Thing(name="Gauge", description="At the bridge", properties={"owner": "town"})
    thing.locations = frost.model.ext.entity_list.EntityList(
        entity_class=frost.model.ext.entity_type.EntityTypes["Location"]["class"], entities=[place]
    )
    service.create(thing)
    sensor = frost.Sensor(
        name="DS18B20", description="x", encoding_type="application/pdf", metadata="https://example.org"
    )
    observed = frost.ObservedProperty(
        name="Temperature", definition="https://example.org/t", description="Water"
    )
    stream = frost.Datastream(
        name="Temperature of the river",
        description="Every minute",
        observation_type=OM_MEASUREMENT,
        unit_of_measurement=frost.UnitOfMeasurement(name="degree", symbol="°C", definition="ucum:Cel"),
        thing=thing,
        sensor=sensor,
        observed_property=observed,
    )
    service.create(stream)
    return thing, stream


@pytest.mark.filterwarnings("ignore:furl.pathstr is deprecated")  # the library's own
@pytest.mark.django_db(transaction=True)
def test_library_creates_walks_filters_changes_deletes(service: frost.SensorThingsService) -> None:
    """From an empty service to a station and back."""
    thing, stream = station(service)
    assert Thing.objects.get().pk == thing.id
    assert Datastream.objects.get().pk == stream.id
    for hour in range(6):
        service.create(
            frost.Observation(
                phenomenon_time=f"2026-01-01T{hour:02}:00:00Z", result=hour * 1.5, datastream=stream
            )
        )
    found = service.observations().query().filter("result gt 3").orderby("phenomenonTime", "DESC").list()
    assert [one.result for one in found] == [7.5, 6, 4.5]
    streams = service.things().find(thing.id).get_datastreams().query().list()
    assert [one.name for one in streams] == ["Temperature of the river"]
    assert streams.get(0).unit_of_measurement.symbol == "°C"
    assert service.things().query().filter("properties/owner eq 'town'").list().get(0).id == thing.id

    again = service.things().find(thing.id)
    again.name = "Gauge 2"
    service.update(again)
    assert Thing.objects.get().name == "Gauge 2"
    service.patch(again, [{"op": "add", "path": "/properties/height", "value": 4}])
    assert Thing.objects.get().properties == {"owner": "town", "height": 4}

    last = found.get(0)
    service.delete(last)
    assert Observation.objects.count() == 5
    service.delete(again)
    assert not Datastream.objects.exists()
    assert not Observation.objects.exists()
    assert service.things().query().list().entities == []
