"""ChirpStack v4: all kinds of events, what they leave out, hostile messages."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stadtkern.connectors.chirpstack_v4.connector import connector
from stadtkern.contracts.connector import (
    Context,
    DeviceStatus,
    DownlinkOrder,
    DownlinkReport,
    Item,
    RawUplink,
    Reading,
    Rejected,
    SourceError,
    Station,
)

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "chirpstack-v4"
SAMPLE = (Path(__file__).parent / "sample.json").read_bytes()
needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="recorded events are not here")


def read(body: bytes | dict[str, Any], topic: str = "", url: str = "", **options: Any) -> list[Item]:  # noqa: ANN401
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(connector.parse(body, Context(options=options, topic=topic, url=url)))


def values(items: list[Item]) -> dict[str, float]:
    return {item.observed_property: item.result for item in items if isinstance(item, Reading)}


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Rejected)]


def event(**fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"time": "2026-11-23T13:00:00Z", "deviceInfo": {"devEui": "24e124126d000001"}, **fields}


def test_the_sample_gives_fields_and_reception() -> None:
    items = read(SAMPLE)
    assert isinstance(items[0], Station)
    assert (items[0].thing, items[0].name) == ("24E124126D000001", "Bibliothek")
    assert items[0].properties["tags"] == {"room": "Lesesaal"}
    assert values(items) == {
        "air_temperature": 21.4,
        "relative_humidity": 48.5,
        "carbon_dioxide": 0.0,
        "battery_level": 97.0,
        "door.open": 1.0,
        "signal_strength": -88.0,
        "signal_to_noise": 7.25,
        "gateways": 2.0,
    }
    first = next(item for item in items if isinstance(item, Reading))
    assert first.phenomenon_time == datetime(2026, 11, 23, 13, 0, 1, 987654, tzinfo=UTC)


def test_the_topic_or_address_tells_the_kind_of_an_event_without_fields() -> None:
    topic = "application/a/device/24e124126d000001/event/status"
    assert values(read(event(), topic=topic)) == {"link_margin": 0.0, "battery_level": 0.0}
    assert values(read(event(), url="https://town/hooks/cs/?event=status")) == {
        "link_margin": 0.0,
        "battery_level": 0.0,
    }
    assert reasons(read(event())) == ["unknown kind of event"]


def test_a_device_on_mains_has_no_battery_level() -> None:
    assert values(read(event(margin=7, externalPowerSource=True))) == {"link_margin": 7.0}
    assert values(read(event(margin=7, batteryLevelUnavailable=True))) == {"link_margin": 7.0}


def test_bad_values_are_rejected_one_by_one() -> None:
    items = read(event(object={"temperature": "12,5", "humidity": 50}, rxInfo=[{"rssi": "loud"}, "x"]))
    assert values(items) == {"relative_humidity": 50.0, "signal_to_noise": 0.0, "gateways": 1.0}
    assert reasons(items) == ['not a number: "12,5"', 'not a number: "loud"']
    assert reasons(read(event(location={"latitude": 999}))) == ["the location has no coordinates"]
    assert "not a time" in reasons(read({**event(object={"a": 1}), "time": "now"}))[0]
    assert reasons(read({**event(object={"a": 1}), "time": None})) == ["the event has no time"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>502</body></html>",
        SAMPLE[:100],
        b"[]",
        b"{}",
        b'{"deviceInfo": []}',
        b'{"a":' * 99_999,
    ],
)
def test_what_is_no_event_is_explained(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body)


def test_topics_and_settings() -> None:
    assert connector.topics is not None
    assert connector.check_options is not None
    assert list(connector.topics({})) == [
        f"application/+/device/+/event/{kind}" for kind in ("up", "status", "location", "txack", "ack", "log")
    ]
    assert connector.check_options({"application": "a/b"})[0].startswith("application")
    assert connector.check_options({"fields": ["a = b"]})[0].startswith("fields, line 1")


@needs_recorded
@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.json")), ids=lambda path: path.name)
def test_every_recorded_event_gives_items_or_a_reason(path: Path) -> None:
    kind = path.stem.removeprefix("event_")
    by_topic = read(path.read_bytes(), topic=f"application/17c8/device/0101010101010101/event/{kind}")
    assert by_topic
    assert all(reasons(by_topic))
    assert read(path.read_bytes()) == by_topic


@needs_recorded
def test_recorded_events_give_their_values() -> None:
    def recorded(kind: str) -> list[Item]:
        return read((RECORDED / f"event_{kind}.json").read_bytes())

    assert values(recorded("status")) == {"link_margin": 10.0, "battery_level": 88.3}
    up = recorded("up")
    assert values(up) == {"signal_strength": -36.0, "signal_to_noise": 10.5, "gateways": 1.0}
    assert "codec" in reasons(up)[0]
    (place,) = recorded("location")
    assert isinstance(place, Station)
    assert (place.longitude, place.latitude) == (-8.839375, 37.344214)
    (joined,) = recorded("join")
    assert isinstance(joined, Station)
    assert (joined.thing, joined.name) == ("0101010101010101", "Test device")
    (complaint,) = reasons(recorded("log"))
    assert complaint.startswith("the network server reports ERROR UPLINK_MIC: MIC of join-request is invalid")
    assert reasons(recorded("integration")) == ["an event of kind integration holds no readings"]
    fates = [item for kind in ("txack", "ack") for item in recorded(kind) if isinstance(item, DownlinkReport)]
    assert [(fate.reference[:8], fate.state) for fate in fates] == [
        ("42cb6459", "sent"),
        ("1bbcab1d", "acknowledged"),
    ]


@needs_recorded
def test_a_recorded_uplink_is_kept_raw() -> None:
    items = read((RECORDED / "event_up.json").read_bytes())
    (raw,) = [item for item in items if isinstance(item, RawUplink)]
    assert (raw.payload, raw.port, raw.counter, raw.data_rate) == (b"\xaa", 1, 0, "SF11BW125")
    assert (raw.application, raw.frequency) == ("17c82e96-be03-4f38-aef3-f83d48582d97", 867.1)
    assert [(one.gateway, one.rssi, one.snr) for one in raw.receptions] == [("0016C001F153A14C", -36.0, 10.5)]
    assert [type(item) for item in raw.items] == [Rejected]
    (status,) = [
        i for i in read((RECORDED / "event_status.json").read_bytes()) if isinstance(i, DeviceStatus)
    ]
    assert status.battery == 88.3


@pytest.mark.parametrize("payload", ["***", 7, "A" * 2000])
def test_a_payload_that_is_no_base64_is_rejected(payload: object) -> None:
    items = read(event(data=payload, object={"temperature": 1}))
    assert "payload" in reasons(items)[0]
    assert values(items) == {"air_temperature": 1.0}


def test_a_refused_message_to_a_device_is_told() -> None:
    log = event(
        level="ERROR", code="DOWNLINK_PAYLOAD_SIZE", description="too long", context={"queue_item_id": "q1"}
    )
    (fate,) = read(log, topic="application/1/device/2/event/log")
    assert isinstance(fate, DownlinkReport)
    assert (fate.reference, fate.state, fate.detail) == ("q1", "failed", "too long")
    nack = event(queueItemId="q2", acknowledged=False)
    assert [i.state for i in read(nack, url="/hooks/x/?event=ack") if isinstance(i, DownlinkReport)] == [
        "failed"
    ]


def test_a_message_to_a_device_goes_by_mqtt_or_http() -> None:
    assert connector.downlink is not None
    order = DownlinkOrder(
        reference="q1",
        device_eui="24E124126D000001",
        network_id="",
        application="town",
        port=10,
        payload=b"\x01",
    )
    by_mqtt = connector.downlink(order, {})
    assert by_mqtt.topic == "application/town/device/24e124126d000001/command/down"
    assert json.loads(by_mqtt.body) == {
        "devEui": "24e124126d000001",
        "id": "q1",
        "confirmed": False,
        "fPort": 10,
        "data": "AQ==",
    }
    by_http = connector.downlink(order, {"server": "https://lora.example", "server_key": "K"})
    assert by_http.url == "https://lora.example/api/devices/24e124126d000001/queue"
    assert by_http.headers["Grpc-Metadata-Authorization"] == "Bearer K"
    with pytest.raises(SourceError, match="API key"):
        connector.downlink(order, {"server": "https://lora.example"})
