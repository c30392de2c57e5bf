"""The bytes of the demo's devices mean what the scenario says, read by our own codecs."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from stadtkern.config.demo import fill
from stadtkern.config.demo.formats import sent, uplink
from stadtkern.config.demo.payloads import FORMATS, HEIGHT_MM, payload
from stadtkern.config.demo.scenario import Device, Scenario
from stadtkern.config.paths import TOWNS
from stadtkern.contracts.connector import Context
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import receive
from stadtkern.lorawan.engine.pool import Pool, Script
from stadtkern.lorawan.folders import OWN, read_folder
from stadtkern.lorawan.models import Device as Enrolled
from stadtkern.lorawan.models import Uplink
from stadtkern.observations.models import QuarantinedReading

NOW = datetime(2026, 11, 23, 12, 7, tzinfo=UTC)
SCENARIO = Scenario(TOWNS / "guben" / "demo", started=NOW)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Return processes for codecs."""
    pool = Pool(1)
    yield pool
    pool.close()


@pytest.mark.parametrize("device", [d for d in SCENARIO.devices if d.kind in FORMATS], ids=lambda d: d.name)
def test_the_codec_reads_what_the_device_wrote(pool: Pool, device: Device) -> None:
    """Every value of the scenario that the format carries comes back."""
    contents = read_folder(OWN)
    profile = next(one for one in contents.profiles if one.key == FORMATS[device.kind][0])
    values = dict(SCENARIO.device(device, NOW))
    raw = payload(device.kind, values)
    if "energy" in values:
        values["energy"] /= 1000  # Wh on the way, kWh after the codec
    assert raw is not None
    call = {"bytes": list(raw), "fPort": 1, "time": 0, "variables": {"height_mm": str(HEIGHT_MM)}}
    (found,) = pool.run(Script.of(contents.codecs[profile.codec].script), "uplink", [call])
    assert found.errors == []
    for name in set(values) & set(found.data):
        assert found.data[name] == pytest.approx(values[name], abs=0.6 if name != "count" else 2)
    assert found.data.get("moisture_10cm", 0) == pytest.approx(values.get("soil_moisture", 0), abs=0.3)


@pytest.mark.django_db
def test_the_devices_of_the_demo_are_decoded_here() -> None:
    """Set up, heard, decoded; one is unknown."""
    source = Source.objects.create(slug="town-sensors", connector="chirpstack_v4", title={"de": "Stadt"})
    fill.devices(TOWNS / "guben")
    fill.devices(TOWNS / "guben")  # a second start changes nothing
    for device in SCENARIO.devices:
        topic = f"application/town/device/{device.eui}/event/up"
        receive(source, uplink(SCENARIO, device, NOW), Context(topic=topic, received=NOW))
    assert Enrolled.objects.enrolled().count() == sum(d.kind in FORMATS for d in SCENARIO.devices)
    assert Enrolled.objects.unknown().count() == len(SCENARIO.devices) - Enrolled.objects.enrolled().count()
    assert not Uplink.objects.exclude(error="").exists()
    assert all(uplink.results for uplink in Uplink.objects.all())
    assert not QuarantinedReading.objects.exists()


def test_the_player_tells_that_a_message_was_sent() -> None:
    """As ChirpStack does."""
    body = json.loads(sent({"id": "abc"}, SCENARIO.devices[0], NOW))
    assert body["queueItemId"] == "abc"
