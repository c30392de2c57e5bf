"""The Things Stack v3: uplinks, what they leave out, and other kinds of messages."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.connectors.ttn_v3.connector import connector
from stadtkern.contracts.connector import (
    Context,
    DownlinkOrder,
    DownlinkReport,
    Item,
    RawUplink,
    Reading,
    Rejected,
    SourceError,
    Station,
)

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "ttn-v3"
SAMPLE = (Path(__file__).parent / "sample.json").read_bytes()
needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="recorded messages are not here")


def read(body: bytes | dict[str, Any], **options: Any) -> list[Item]:  # noqa: ANN401
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(connector.parse(body, Context(options=options)))


def values(items: list[Item]) -> dict[str, float]:
    return {item.observed_property: item.result for item in items if isinstance(item, Reading)}


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Rejected)]


def message(**uplink: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "end_device_ids": {"device_id": "a", "dev_eui": "70B3D57ED0001234"},
        "uplink_message": {"received_at": "2026-11-23T13:00:00Z", **uplink},
    }


def test_the_sample_gives_fields_place_time_and_reception() -> None:
    items = read(SAMPLE, **connector.sample_options)
    station = items[0]
    assert isinstance(station, Station)
    assert (station.thing, station.name, station.longitude) == ("70B3D57ED0001234", "neisse-steg", 14.7201)
    assert values(items) == {
        "water_level": 1840.0,
        "air_temperature": 4.5,
        "battery_voltage": 3.61,
        "tilted": 0.0,
        "tank.full": 1.0,
        "signal_strength": -81.0,
        "signal_to_noise": 0.0,
        "gateways": 2.0,
    }
    first = next(item for item in items if isinstance(item, Reading))
    assert (first.unit, first.sensor) == ("mm", "dragino ldds75")
    assert first.phenomenon_time == datetime(2026, 11, 23, 13, 0, 1, 987654, tzinfo=UTC)
    assert reasons(items) == []


def test_other_fields_are_left_out_on_wish() -> None:
    items = read(SAMPLE, fields=["distance = water_level [mm]"], only_listed=True)
    assert set(values(items)) == {"water_level", "signal_strength", "signal_to_noise", "gateways"}


def test_an_uplink_without_decoded_payload_says_what_to_do() -> None:
    items = read(message(frm_payload="AAE="))
    assert ["payload formatter" in reason for reason in reasons(items)] == [True]
    assert "no number" in reasons(read(message(decoded_payload={"raw": [1, 2], "id": "x"})))[0]


@pytest.mark.parametrize("value", ["nan", "12,5", [], "", "9" * 500])
def test_a_known_field_that_is_no_number_is_rejected_and_the_rest_kept(value: object) -> None:
    items = read(message(decoded_payload={"temperature": value, "humidity": 55}))
    assert values(items)["relative_humidity"] == 55.0
    assert "air_temperature" not in values(items)
    assert len(reasons(items)) == (0 if value == [] else 1)


def test_two_fields_with_one_meaning_do_not_overwrite_each_other() -> None:
    items = read(message(decoded_payload={"temperature": 1, "temp": 2, "temperature_2": 3}))
    assert values(items) == {"air_temperature": 1.0, "temperature_2": 3.0}
    assert reasons(items) == ['two fields mean "air_temperature"']


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>401</body></html>",
        SAMPLE[:200],
        b"[]",
        b"{}",
        b'{"end_device_ids": 7}',
        b"[" * 200_000,
    ],
)
def test_what_is_no_message_is_explained(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body)


def test_a_wrong_time_is_rejected() -> None:
    assert "no time" in reasons(read({**message(), "uplink_message": {}}))[0]
    assert "not a time" in reasons(read(message(received_at="yesterday")))[0]


def test_topics_and_settings() -> None:
    assert connector.topics is not None
    assert connector.check_options is not None
    assert list(connector.topics({"application": "klima", "tenant": "ttn"})) == [
        f"v3/klima@ttn/devices/+/{kind}"
        for kind in (
            "up",
            "location/solved",
            "down/queued",
            "down/sent",
            "down/ack",
            "down/nack",
            "down/failed",
        )
    ]
    assert not connector.topics({})
    assert connector.check_options({"application": "a/b", "fields": ["x"]})[0].startswith("fields, line 1")
    with pytest.raises(SourceError, match="line 1"):
        read(SAMPLE, fields=["x"])


@given(
    st.dictionaries(
        st.text(max_size=20),
        st.recursive(
            st.none()
            | st.booleans()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(max_size=10),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
            ),
        ),
        max_size=8,
    )
)
@settings(max_examples=100, deadline=None)
def test_any_decoded_payload_is_read_or_rejected(fields: dict[str, Any]) -> None:
    items = read(message(decoded_payload=fields))
    names = [item.observed_property for item in items if isinstance(item, Reading)]
    assert len(names) == len(set(names))
    assert items[1:]


@needs_recorded
@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.json")), ids=lambda path: path.name)
def test_every_recorded_message_gives_items_or_a_reason(path: Path) -> None:
    items = read(path.read_bytes())
    # messages of others to the devices are none of our business
    assert items or path.name in {"doc_2_downlink_ack.json", "doc_3_downlink_failed.json"}
    assert all(reasons(items))


@needs_recorded
def test_recorded_messages_give_their_values() -> None:
    documented = read((RECORDED / "doc_1_uplink_message.json").read_bytes())
    assert values(documented) == {
        "air_temperature": 1.0,
        "illuminance": 0.64,
        "signal_strength": -35.0,
        "signal_to_noise": 5.0,
        "gateways": 1.0,
    }
    station = documented[0]
    assert isinstance(station, Station)
    assert (station.thing, station.latitude) == ("0004A30B001C0530", 37.97155556731436)

    event = read((RECORDED / "event_default_valid.json").read_bytes())
    found = {item.observed_property: item for item in event if isinstance(item, Reading)}
    assert (found["temperature_41"].result, found["temperature_41"].unit) == (24.6, "Cel")
    assert (found["accelerometer_77.z"].result, found["boolean_1"].result) == (9.8, 1.0)
    assert found["temperature_41"].phenomenon_time == datetime(2024, 7, 6, 9, 19, 21, 175051, tzinfo=UTC)

    tracker = read((RECORDED / "event_sensecap_t1000.json").read_bytes())
    battery = next(i for i in tracker if isinstance(i, Reading) and i.observed_property == "battery_level")
    assert (battery.result, battery.phenomenon_time) == (88.0, datetime(2025, 12, 15, 23, 38, 45, tzinfo=UTC))

    silent = read((RECORDED / "event_no_decoded_payload.json").read_bytes())
    assert values(silent)["signal_strength"] == -54.0
    assert "payload formatter" in reasons(silent)[0]
    assert isinstance(read((RECORDED / "doc_0_join_accept.json").read_bytes())[0], Station)
    assert read((RECORDED / "doc_3_downlink_failed.json").read_bytes()) == []


@needs_recorded
def test_a_recorded_uplink_is_kept_raw() -> None:
    items = read((RECORDED / "event_no_decoded_payload.json").read_bytes())
    (raw,) = [item for item in items if isinstance(item, RawUplink)]
    assert raw.payload.hex() == "010008010008030201362967" + "00f62a0202582b020f602c6507d8"
    assert (raw.port, raw.counter, raw.join_eui) == (1, 41, "70B3D57ED002E4B5")
    assert (raw.network_id, raw.application) == ("distance-03", "home-assistant-casa")
    assert (raw.data_rate, raw.frequency, raw.decoded) == ("SF7BW125", 868.1, None)
    (heard,) = raw.receptions
    assert (heard.gateway, heard.rssi, heard.snr) == ("A840411DBD104150", -54.0, 9.0)
    assert (heard.longitude, heard.latitude) == (9.1596689, 48.76826575)
    assert [item.reason for item in raw.items if isinstance(item, Rejected)] == reasons(items)


def test_what_the_server_decoded_is_known_as_such() -> None:
    items = read(message(frm_payload="AAE=", f_port=2, decoded_payload={"temperature": 4}, rx_metadata=[]))
    (raw,) = [item for item in items if isinstance(item, RawUplink)]
    assert raw.decoded == {"temperature": 4}
    assert [item.observed_property for item in raw.items if isinstance(item, Reading)] == ["air_temperature"]
    assert all(any(one is item for one in items) for item in raw.items)


@pytest.mark.parametrize("payload", ["***", 7, "A" * 2000, "AAE"])
def test_a_payload_that_is_no_base64_is_rejected_and_the_rest_kept(payload: object) -> None:
    items = read(message(frm_payload=payload, decoded_payload={"temperature": 4}))
    assert not [item for item in items if isinstance(item, RawUplink)]
    assert "payload" in reasons(items)[0]
    assert values(items)["air_temperature"] == 4.0


def reported(kind: str, **told: Any) -> list[Item]:  # noqa: ANN401
    return read(
        {
            "end_device_ids": {"device_id": "a", "dev_eui": "70B3D57ED0001234"},
            "received_at": "2026-11-23T13:00:00Z",
            kind: told,
        }
    )


def test_the_fate_of_our_messages_is_told() -> None:
    ours = ["as:downlink:1", "stadtkern:abc"]
    (sent,) = reported("downlink_sent", correlation_ids=ours)
    assert isinstance(sent, DownlinkReport)
    assert (sent.reference, sent.state) == ("abc", "sent")
    failed = reported(
        "downlink_failed", downlink={"correlation_ids": ours}, error={"message_format": "payload is too long"}
    )
    assert [(i.state, i.detail) for i in failed if isinstance(i, DownlinkReport)] == [
        ("failed", "payload is too long")
    ]
    assert reported("downlink_ack", correlation_ids=["as:downlink:1"]) == []
    assert reported("downlink_ack", correlation_ids=7) == []


def test_a_message_to_a_device_goes_by_mqtt_or_http() -> None:
    assert connector.downlink is not None
    order = DownlinkOrder(
        reference="abc",
        device_eui="70B3D57ED0001234",
        network_id="steg",
        application="pegel",
        port=10,
        payload=b"\x01\x0f",
        is_confirmed=True,
    )
    by_mqtt = connector.downlink(order, {"tenant": "ttn"})
    assert (by_mqtt.topic, by_mqtt.url) == ("v3/pegel@ttn/devices/steg/down/push", "")
    assert json.loads(by_mqtt.body) == {
        "downlinks": [
            {
                "f_port": 10,
                "frm_payload": "AQ8=",
                "priority": "NORMAL",
                "confirmed": True,
                "correlation_ids": ["stadtkern:abc"],
            }
        ]
    }
    settings = {"application": "pegel", "server": "https://eu1.example/", "server_key": "K", "webhook": "w"}
    by_http = connector.downlink(order, settings)
    assert by_http.url == "https://eu1.example/api/v3/as/applications/pegel/webhooks/w/devices/steg/down/push"
    assert by_http.headers["Authorization"] == "Bearer K"
    with pytest.raises(SourceError, match="webhook id"):
        connector.downlink(order, {**settings, "webhook": ""})
