"""The devices of the demo town stand on the map."""

from datetime import UTC, datetime

from stadtkern.config.demo.formats import device_place
from stadtkern.config.demo.scenario import Scenario
from stadtkern.config.paths import TOWNS
from stadtkern.connectors.chirpstack_v4.connector import connector
from stadtkern.contracts.connector import Context, Station

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_the_place_of_a_device_is_read() -> None:
    """The location event becomes a station at that place."""
    device = Scenario(TOWNS / "guben" / "demo", started=NOW).devices[0]
    topic = f"application/town/device/{device.eui}/event/location"
    items = connector.parse(device_place(device, NOW), Context(topic=topic, options={"application": "town"}))
    (station,) = [item for item in items if isinstance(item, Station)]
    assert (station.longitude, station.latitude) == (device.longitude, device.latitude)
    assert station.name == device.name
