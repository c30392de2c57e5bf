"""Decoding once more: results are replaced, old ones noted, nothing happens twice."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.contracts.connector import Context
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import receive
from stadtkern.lorawan.models import Device, DeviceProfile, Redecoding, ResultChange, Uplink
from stadtkern.lorawan.services import enrol, redecode, start_redecoding
from stadtkern.lorawan.services.profiles import save_codec
from stadtkern.observations.models import LatestObservation, Observation, Rollup
from stadtkern.people.models import User
from tests.lorawan.conftest import EUI, NOON, TENTHS, event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
UP = "application/town/device/x/event/up"


@pytest.fixture(autouse=True)
def _later() -> Any:  # noqa: ANN401
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def history(source: Source, device: Device) -> Device:
    for minute in range(6):
        receive(
            source,
            event(bytes([0, 200 + minute, 90]), minute=minute),
            Context(topic=UP, received=NOON + timedelta(minutes=6)),
        )
    return device


def results(slug: str) -> list[float | None]:
    found = Observation.objects.filter(datastream__key=f"lora:{EUI}:{slug}").order_by("phenomenon_time")
    return [row.result for row in found]


def mend(profile: DeviceProfile, text: str) -> None:
    assert profile.codec is not None
    save_codec(profile.codec, text)


def test_a_mended_codec_replaces_what_it_decoded(
    history: Device, profile: DeviceProfile, alice: User
) -> None:
    assert results("air_temperature") == [20.0, 20.1, 20.2, 20.3, 20.4, 20.5]
    mend(profile, TENTHS.replace("/ 10", "/ 10 - 1"))
    work = redecode(start_redecoding(profile=profile, by=alice))
    assert results("air_temperature") == [19.0, 19.1, 19.2, 19.3, 19.4, 19.5]
    assert (work.state, work.done, work.changed, work.added, work.removed) == ("done", 6, 6, 0, 0)
    assert work.percent == 100
    first = ResultChange.objects.order_by("time").first()
    assert first is not None
    assert (first.old, first.new, first.observed_property, first.time) == (
        20.0,
        19.0,
        "air_temperature",
        NOON,
    )
    assert Uplink.objects.order_by("time").first().decoded["temp"] == 19.0  # type: ignore[union-attr,index]  # there is one
    latest = LatestObservation.objects.get(datastream__key=f"lora:{EUI}:air_temperature")
    assert (latest.result, latest.previous_result) == (19.5, 19.4)
    day = Rollup.objects.get(datastream=latest.datastream, width=Rollup.Width.DAY)
    assert (day.count, day.minimum, day.maximum) == (6, 19.0, 19.5)


def test_a_second_run_changes_nothing(history: Device, profile: DeviceProfile) -> None:
    mend(profile, TENTHS.replace("/ 10", "/ 100"))
    redecode(start_redecoding(profile=profile))
    again = redecode(start_redecoding(profile=profile))
    assert (again.done, again.changed + again.added + again.removed) == (6, 0)
    assert ResultChange.objects.count() == 6


def test_another_meaning_moves_results_to_another_datastream(history: Device) -> None:
    history.fields = [{"field": "temp", "property": "soil_temperature", "unit": "", "name": ""}]
    enrol(history)
    work = redecode(start_redecoding(device=history))
    assert results("air_temperature") == []
    assert results("soil_temperature") == [20.0, 20.1, 20.2, 20.3, 20.4, 20.5]
    assert (work.added, work.removed) == (6, 6)
    assert not LatestObservation.objects.filter(datastream__key=f"lora:{EUI}:air_temperature").exists()


def test_a_device_that_was_enrolled_later_gets_its_history(source: Source, profile: DeviceProfile) -> None:
    for minute in range(3):
        receive(
            source,
            event(minute=minute, object={"temperature": 90, "hum": 5}),
            Context(topic=UP, received=NOON + timedelta(minutes=6)),
        )
    device = Device.objects.get()
    assert results("air_temperature") == [90, 90, 90]
    device.profile = profile
    enrol(device)
    redecode(start_redecoding(device=device))
    assert results("air_temperature") == [21.5, 21.5, 21.5]
    assert results("relative_humidity") == []


def test_an_interrupted_run_goes_on_where_it_was(
    history: Device, profile: DeviceProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stadtkern.lorawan.services.redecoding.TOGETHER", 2)
    mend(profile, TENTHS.replace("/ 10", "/ 100"))
    work = redecode(start_redecoding(profile=profile), steps=1)
    assert (work.state, work.done) == ("running", 2)
    work = redecode(Redecoding.objects.get())
    assert (work.state, work.done, work.changed) == ("done", 6, 6)


def test_a_codec_that_fails_takes_nothing_away(history: Device, profile: DeviceProfile) -> None:
    mend(profile, "function decodeUplink(i) { throw new Error('oh'); }")
    work = redecode(start_redecoding(profile=profile))
    assert (work.failed, work.changed, work.removed) == (6, 0, 0)
    assert len(results("air_temperature")) == 6
    mend(profile, TENTHS)
    assert redecode(start_redecoding(profile=profile)).changed == 0


def test_only_since_a_time(history: Device, profile: DeviceProfile) -> None:
    mend(profile, TENTHS.replace("/ 10", "/ 100"))
    redecode(start_redecoding(profile=profile, since=NOON + timedelta(minutes=4)))
    assert results("air_temperature") == [20.0, 20.1, 20.2, 20.3, 2.04, 2.05]


def test_two_runs_at_once_are_refused(history: Device, profile: DeviceProfile) -> None:
    start_redecoding(profile=profile)
    with pytest.raises(BadInput, match="already"):
        start_redecoding(profile=profile)
    with time_machine.travel(NOON + timedelta(hours=3), tick=False):
        start_redecoding(profile=profile)  # the first one is dead


def test_only_editors_may(history: Device, profile: DeviceProfile, bob: User) -> None:
    with pytest.raises(NotPermitted):
        start_redecoding(profile=profile, by=bob)
    assert profile.codec is not None
    with pytest.raises(NotPermitted):
        save_codec(profile.codec, TENTHS, by=bob)
