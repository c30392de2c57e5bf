"""Sources, profiles and devices for the tests."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stadtkern.ingest.models import Source
from stadtkern.lorawan.models import Codec, Device, DeviceProfile
from stadtkern.lorawan.services import enrol
from stadtkern.lorawan.services.profiles import save_codec
from stadtkern.people.models import User
from stadtkern.people.services import add_person

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
EUI = "70B3D57ED0050101"
TENTHS = """function decodeUplink(input) {
  if (input.bytes[0] === 255) return { errors: ["broken"] };
  return { data: { temp: ((input.bytes[0] << 8) | input.bytes[1]) / 10, battery: input.bytes[2] } };
}
function encodeDownlink(input) {
  return { bytes: [1, input.data.minutes], fPort: 10 };
}
"""


@pytest.fixture
def alice(db: None) -> User:
    return add_person("alice@example.org", password="a long enough password", roles=["editor"])


@pytest.fixture
def bob(db: None) -> User:
    return add_person("bob@example.org", password="a long enough password", roles=["analyst"])


@pytest.fixture
def source(db: None) -> Source:
    return Source.objects.create(slug="lora", connector="chirpstack_v4", title={"en": "LoRa"})


@pytest.fixture
def profile(db: None) -> DeviceProfile:
    codec = save_codec(Codec(key="alice/tenths"), TENTHS)
    fields = ["temp = air_temperature [Cel]"]
    return DeviceProfile.objects.create(
        key="alice/thermometer", vendor="Alice", name="Thermometer", codec=codec, fields=fields
    )


@pytest.fixture
def device(profile: DeviceProfile) -> Device:
    return enrol(
        Device(
            eui=EUI,
            name="Linde",
            profile=profile,
            source="lora",
            interval=timedelta(hours=1),
            application="town",
        )
    )


Event = Callable[..., bytes]


def event(payload: bytes = b"\x00\xd7\x50", *, eui: str = EUI, minute: int = 0, **more: Any) -> bytes:  # noqa: ANN401
    """Return an uplink as ChirpStack writes it."""
    time = NOON + timedelta(minutes=minute)
    return json.dumps(
        {
            "time": time.isoformat(),
            "deviceInfo": {"devEui": eui.lower(), "deviceName": "Linde", "applicationId": "town"},
            "fPort": 1,
            "fCnt": minute,
            "data": b64encode(payload).decode(),
            "rxInfo": [
                {
                    "gatewayId": "0016c001f1500001",
                    "rssi": -88,
                    "snr": 7.5,
                    "location": {"latitude": 51.95, "longitude": 14.71},
                },
                {"gatewayId": "0016c001f1500002", "rssi": -101, "snr": -3},
            ],
            **more,
        }
    ).encode()
