"""Alarms of devices begin once and end by themselves."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from stadtkern.base import alarms
from stadtkern.contracts.connector import Context
from stadtkern.governance.retention import run_retention
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import receive
from stadtkern.lorawan.models import Device, DeviceAlarm, Downlink, Redecoding, Uplink
from stadtkern.lorawan.queries import device_lines
from stadtkern.lorawan.services import look_for_silence, order, start_redecoding
from tests.lorawan.conftest import NOON, event

pytestmark = pytest.mark.django_db
UP = "application/town/device/x/event/up"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[alarms.Alarm]:
    found: list[alarms.Alarm] = []
    monkeypatch.setattr(alarms, "_listeners", [found.append])
    return found


def send(source: Source, minute: int, payload: bytes = b"\x00\xd7\x50") -> None:
    receive(
        source, event(payload, minute=minute), Context(topic=UP, received=NOON + timedelta(minutes=minute))
    )


def test_a_device_that_falls_silent_is_told_once_and_its_return_too(
    source: Source, device: Device, clock: time_machine.Traveller, told: list[alarms.Alarm]
) -> None:
    send(source, 0)
    clock.move_to(NOON + timedelta(hours=2, minutes=59))
    assert look_for_silence() == 0
    clock.move_to(NOON + timedelta(hours=3, minutes=1))
    assert look_for_silence() == 1
    assert look_for_silence() == 1
    alarm = DeviceAlarm.objects.get()
    assert (alarm.kind, alarm.since, alarm.ended) == ("silent", NOON, None)
    (line,) = device_lines(Device.objects.for_list())
    assert (line.condition, line.since) == ("silent", NOON)
    send(source, 181)
    alarm.refresh_from_db()
    assert alarm.ended == NOON + timedelta(hours=3, minutes=1)
    assert [(one.kind, one.is_over, one.params["name"]) for one in told] == [
        ("lorawan-silent", False, "Linde"),
        ("lorawan-silent", True, "Linde"),
    ]


def test_a_late_uplink_ends_no_silence(source: Source, device: Device, clock: time_machine.Traveller) -> None:
    send(source, 10)
    clock.move_to(NOON + timedelta(hours=9))
    look_for_silence()
    send(source, 5)
    assert DeviceAlarm.objects.get().ended is None


def test_a_device_that_never_sent_is_silent_from_its_enrolment(
    device: Device, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOON + timedelta(hours=4))
    assert look_for_silence() == 1


def test_without_an_interval_there_is_no_alarm(device: Device, clock: time_machine.Traveller) -> None:
    Device.objects.update(interval=None)
    clock.move_to(NOON + timedelta(days=400))
    assert look_for_silence() == 0


def test_a_low_battery_does_not_come_and_go(source: Source, device: Device) -> None:
    for minute, level in enumerate((50, 10, 20, 10)):
        send(source, minute, bytes([0, 215, level]))
    assert DeviceAlarm.objects.get(kind="battery", ended=None).detail == "10 %"
    send(source, 5, bytes([0, 215, 90]))
    assert not DeviceAlarm.objects.filter(ended=None).exists()
    assert DeviceAlarm.objects.count() == 1


def test_a_codec_that_fails_again_and_again_is_told(source: Source, device: Device) -> None:
    for minute in range(4):
        send(source, minute, b"\xff")
    assert not DeviceAlarm.objects.exists()
    send(source, 4, b"\xff")
    assert DeviceAlarm.objects.get().detail == "broken"
    send(source, 5)
    assert DeviceAlarm.objects.get().ended is not None


def test_what_grows_has_an_end(source: Source, device: Device, clock: time_machine.Traveller) -> None:
    send(source, 0)
    receive(source, event(eui="70B3D57ED0059999"), Context(topic=UP, received=NOON))
    order(device, port=1, payload=b"1")
    start_redecoding(device=device)
    clock.move_to(NOON + timedelta(days=31))
    run_retention(only="lorawan.uplinks")
    assert Uplink.objects.get().device == device
    clock.move_to(NOON + timedelta(days=91))
    run_retention(only="lorawan.unknown_devices")
    assert list(Device.objects.all()) == [device]
    clock.move_to(NOON + timedelta(days=401))
    for name in ("uplinks", "downlinks", "alarms", "gateways"):
        (done,) = run_retention(only=f"lorawan.{name}")
        assert done.error == ""
    assert not Uplink.objects.exists()
    assert not Downlink.objects.exists()
    clock.move_to(NOON + timedelta(days=2000))
    run_retention(only="lorawan.redecodings")
    assert not Redecoding.objects.exists()
