"""Uplinks: kept raw, decoded here, once; what they tell about devices and gateways."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.gis.geos import Point
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadtkern.contracts.connector import Context
from stadtkern.ingest.committer import Message
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import receive
from stadtkern.ingest.storing import Writer
from stadtkern.lorawan.models import Coverage, Device, DeviceProfile, DeviceState, Gateway, Uplink
from stadtkern.lorawan.services import enrol, keeping
from stadtkern.lorawan.services.profiles import save_codec
from stadtkern.observations.models import Datastream, LatestObservation, Observation, QuarantinedReading
from tests.lorawan.conftest import EUI, NOON, event

pytestmark = pytest.mark.django_db
UP = "application/town/device/x/event/up"


@pytest.fixture(autouse=True)
def _noon() -> Any:  # noqa: ANN401
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        yield


def send(source: Source, body: bytes) -> None:
    receive(source, body, Context(topic=UP, received=NOON))


def values() -> dict[str, float | None]:
    rows = LatestObservation.objects.select_related("datastream__observed_property")
    return {row.datastream.observed_property.slug: row.result for row in rows}


def test_an_uplink_is_kept_raw_and_decoded_by_our_codec(source: Source, device: Device) -> None:
    send(source, event())
    (uplink,) = Uplink.objects.all()
    assert (uplink.hex, uplink.port, uplink.counter, uplink.time) == ("00 D7 50", 1, 0, NOON)
    assert uplink.decoded == {"temp": 21.5, "battery": 80}
    assert uplink.results == [["air_temperature", NOON.isoformat(), 21.5, "Cel"]]
    assert uplink.receptions == [["0016C001F1500001", -88, 7.5], ["0016C001F1500002", -101, -3]]
    assert values() == {
        "air_temperature": 21.5,
        "signal_strength": -88,
        "signal_to_noise": 7.5,
        "gateways": 2,
    }
    assert not QuarantinedReading.objects.exists()


def test_our_decoding_takes_the_place_of_that_of_the_server(source: Source, device: Device) -> None:
    send(source, event(object={"temperature": 99, "humidity": 50}))
    assert values()["air_temperature"] == 21.5
    assert "relative_humidity" not in values()
    assert Uplink.objects.get().server_decoded == {"temperature": 99, "humidity": 50}


def test_an_unknown_device_is_listed_and_its_uplinks_kept(source: Source) -> None:
    send(source, event(object={"temperature": 4}))
    device = Device.objects.unknown().get()
    assert (device.eui, device.name, device.source, device.application) == (EUI, "Linde", "lora", "town")
    assert device.thing is not None
    assert Uplink.objects.get().decoded is None
    assert values()["air_temperature"] == 4


def test_strangers_under_ever_new_names_fill_no_disk(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_UNKNOWN", 3)
    for number in range(5):
        send(source, event(eui=f"70B3D57ED005020{number}"))
    assert Device.objects.count() == 3
    assert Uplink.objects.count() == 3


@pytest.mark.parametrize("eui", ["x", "70B3D57ED005010", "70B3D57ED005010G", "a" * 300])
def test_what_is_no_eui_becomes_no_device(source: Source, eui: str) -> None:
    send(source, event(eui=eui))
    assert not Device.objects.exists()


def test_an_uplink_that_comes_twice_is_kept_once(source: Source, device: Device) -> None:
    send(source, event())
    send(source, event())
    assert Uplink.objects.count() == 1
    state = DeviceState.objects.get()
    assert (state.uplinks, state.repeated) == (1, 1)
    Writer(lambda: {"lora": source}, {})([Message(UP, event(), ("lora",), NOON)] * 3)
    assert Uplink.objects.count() == 1
    assert DeviceState.objects.get().repeated == 4


def test_the_same_counter_at_another_time_is_another_uplink(source: Source, device: Device) -> None:
    send(source, event(minute=1, fCnt=7))
    send(source, event(minute=2, fCnt=7))
    send(source, event(minute=2, fCnt=8))
    assert Uplink.objects.count() == 3


def test_the_state_of_the_device_follows(source: Source, device: Device) -> None:
    for minute in (0, 1, 5):
        send(source, event(minute=minute))
    state = DeviceState.objects.get()
    assert (state.last_seen, state.counter, state.lost) == (NOON + timedelta(minutes=5), 5, 3)
    assert (state.battery, state.rssi, state.snr, state.gateways) == (80, -88, 7.5, 2)
    send(source, event(minute=3, payload=b"\x00\x00\x01"))
    late = DeviceState.objects.get()
    assert (late.last_seen, late.battery, late.uplinks) == (NOON + timedelta(minutes=5), 80, 4)


def test_a_counter_that_begins_anew_has_lost_nothing(source: Source, device: Device) -> None:
    send(source, event(minute=1, fCnt=60000))
    send(source, event(minute=2, fCnt=0))
    assert DeviceState.objects.get().lost == 0


def test_battery_out_of_the_status_of_the_device(source: Source, device: Device) -> None:
    send(source, event())
    body = (
        b'{"time": "2026-05-04T12:30:00Z", "deviceInfo": {"devEui": "%s"}, "margin": 5, "batteryLevel": 12.5}'
    )
    receive(
        source, body % EUI.encode(), Context(topic="application/town/device/x/event/status", received=NOON)
    )
    assert DeviceState.objects.get().battery == 12.5


def test_gateways_and_coverage_come_out_of_uplinks(source: Source, device: Device) -> None:
    send(source, event(minute=0))
    send(source, event(minute=1, rxInfo=[{"gatewayId": "0016c001f1500001", "rssi": -70, "snr": 9}]))
    near = Gateway.objects.get(gateway_id="0016C001F1500001")
    assert (near.uplinks, near.last_seen, near.location and near.location.tuple) == (
        2,
        NOON + timedelta(minutes=1),
        (14.71, 51.95),
    )
    row = Coverage.objects.get(gateway=near)
    assert (row.uplinks, row.rssi, row.best_rssi, row.device) == (2, -70, -70, device)
    assert Coverage.objects.count() == 2


def test_a_place_given_by_hand_stays(source: Source, device: Device) -> None:
    Gateway.objects.create(
        gateway_id="0016C001F1500001", location=Point(14, 51, srid=4326), is_placed_by_hand=True
    )
    send(source, event())
    assert Gateway.objects.get(gateway_id="0016C001F1500001").location.tuple == (14, 51)  # type: ignore[union-attr]


def test_an_error_of_the_codec_is_kept_and_told(source: Source, device: Device) -> None:
    send(source, event(b"\xff"))
    assert Uplink.objects.get().error == "broken"
    assert DeviceState.objects.get().error == "broken"
    assert QuarantinedReading.objects.get().detail == "the codec says: broken"
    assert "signal_strength" in values()


def test_normalised_payloads_map_by_themselves(
    source: Source, device: Device, profile: DeviceProfile
) -> None:
    text = """
    function decodeUplink(i) { return { data: { BatV: 3.6, other: 5 } }; }
    function normalizeUplink(i) {
      return { data: [
        { time: '2026-05-04T11:00:00Z', air: { temperature: 20 } },
        { air: { temperature: 21, relativeHumidity: 40 }, soil: { depth: 10, moisture: 12 } },
        { soil: { depth: 30, moisture: 17 } } ] };
    }"""
    assert profile.codec is not None
    save_codec(profile.codec, text)
    profile.fields = []
    profile.save()
    send(source, event())
    assert values() | {} == {
        "air_temperature": 21, "relative_humidity": 40, "soil_moisture": 12, "soil_moisture_30cm": 17,
        "battery_voltage": 3.6, "signal_strength": -88, "signal_to_noise": 7.5, "gateways": 2,
    }  # fmt: skip
    assert Observation.objects.filter(datastream__observed_property__slug="air_temperature").count() == 2


def test_the_own_fields_of_a_device_go_before_those_of_its_profile(source: Source, device: Device) -> None:
    device.fields = [
        {"field": "temp", "property": "water_temperature", "unit": "", "name": "Temperature of the fountain"}
    ]
    enrol(device)
    send(source, event())
    send(source, event(minute=1))
    assert values()["water_temperature"] == 21.5
    assert "air_temperature" not in values()
    assert Datastream.objects.get(key=f"lora:{EUI}:water_temperature").name == "Temperature of the fountain"


def test_the_thing_gets_name_and_place_of_the_device(source: Source, device: Device) -> None:
    device.longitude, device.latitude, device.name = 14.7136, 51.9498, "Linde am Dreieck"
    enrol(device)
    send(source, event())
    device.refresh_from_db()
    assert device.thing is not None
    assert device.thing.location is not None
    assert (device.thing.name, device.thing.location.tuple) == ("Linde am Dreieck", (14.7136, 51.9498))


def test_huge_and_odd_payloads_are_kept_or_refused_with_a_reason(source: Source, device: Device) -> None:
    send(source, event(b"\x01" * 600))
    assert QuarantinedReading.objects.filter(detail__contains="more than 512 bytes").exists()
    send(source, event(b"", minute=1))
    send(source, event(b"\x01\x02", minute=2, fPort=0))
    assert [u.decoded for u in Uplink.objects.all()] == [None, None]
    send(source, event(minute=3, object={"text": "\0 and \ud800", "big": "x" * 50_000}))
    assert Uplink.objects.order_by("-time").first().server_decoded == {"_": "too long to be kept"}  # type: ignore[union-attr]


def test_a_group_of_messages_takes_a_constant_number_of_queries(source: Source, device: Device) -> None:
    def queries(start: int, count: int) -> int:
        messages = [
            Message(UP, event(minute=m, payload=bytes([0, m, 50])), ("lora",), NOON + timedelta(hours=1))
            for m in range(start, start + count)
        ]
        with CaptureQueriesContext(connection) as seen:
            Writer(lambda: {"lora": source}, {})(messages)
        return len(seen)

    queries(0, 1)
    assert queries(10, 20) == queries(40, 3)


def test_messages_without_lorawan_cost_no_question_about_devices(source: Source) -> None:
    with CaptureQueriesContext(connection) as seen:
        keeping.keep([], source="lora")
    assert len(seen) == 0


@given(payload=st.binary(max_size=60), port=st.integers(-5, 300) | st.none() | st.text(max_size=3))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_payload_and_port_is_stored(source: Source, device: Device, payload: bytes, port: object) -> None:
    Uplink.objects.all().delete()
    send(source, event(payload, fPort=port))
    assert bytes(Uplink.objects.get().payload) == payload
