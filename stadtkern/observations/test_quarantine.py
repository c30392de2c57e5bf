"""The quarantine in the back office: filter, try again, dismiss."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from stadtkern.contracts.connector import Reading, Rejected
from stadtkern.observations.models import Datastream, Observation, ObservedProperty, QuarantinedReading
from stadtkern.observations.services import record
from stadtkern.observations.services.retry import reading_of
from stadtkern.observations.test_things import signed_in

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def send(result: float, *, minutes: int = 0, forecast: bool = False, source: str = "gauge") -> None:
    """Send a water level that may be impossible."""
    reading = Reading(
        thing="a:b",
        observed_property="water_level",
        unit="cm",
        phenomenon_time=NOON + timedelta(minutes=minutes),
        result=result,
        is_forecast=forecast,
    )
    record([reading], source=source, received=NOON)


@pytest.fixture
def editor() -> Client:
    return signed_in("editor")[0]


def test_a_reading_is_stored_once_its_limit_is_right(editor: Client) -> None:
    send(10**6)
    row = QuarantinedReading.objects.get()
    assert row.reason == "impossible"
    answer = editor.post("/admin/quarantine/", {"row": str(row.pk), "action": "retry"}, follow=True)
    assert "cannot be stored yet" in answer.content.decode()
    row.refresh_from_db()
    assert row.times == 1
    ObservedProperty.objects.update(physical_maximum=10**7, maximum=10**7)
    answer = editor.post("/admin/quarantine/", {"row": str(row.pk), "action": "retry"}, follow=True)
    assert "1 reading is stored now." in answer.content.decode()
    assert not QuarantinedReading.objects.exists()
    observation = Observation.objects.get()
    assert (observation.result, observation.phenomenon_time) == (10**6, NOON)
    assert observation.datastream.key == "gauge:a:b:water_level"


def test_a_forecast_stays_a_forecast(editor: Client) -> None:
    send(10**6, forecast=True)
    ObservedProperty.objects.update(physical_maximum=10**7)
    editor.post("/admin/quarantine/", {"all": "yes", "action": "retry"})
    assert Observation.objects.get().datastream.is_forecast


def test_a_second_value_is_taken_once_the_policy_allows_it(editor: Client) -> None:
    send(1)
    Datastream.objects.update(duplicates="reject")
    send(2)
    assert QuarantinedReading.objects.get().reason == "duplicate"
    Datastream.objects.update(duplicates="replace")
    editor.post("/admin/quarantine/", {"all": "yes", "action": "retry"})
    assert Observation.objects.get().result == 2


@pytest.mark.parametrize(
    ("where", "raw", "reason"),
    [
        ("x:water_level", "2026-11-23T12:00:00+00:00 1.0 cm", "unreadable"),
        ("x:water_level", "yesterday 1.0 cm", "impossible"),
        ("x:water_level", "2026-11-23T12:00:00+00:00 much cm", "impossible"),
        ("water_level", "2026-11-23T12:00:00+00:00 1.0 cm", "impossible"),
        ("x:water_level", "2026-11-23T12:00:00+00:00", "impossible"),
        ("", "", "impossible"),
    ],
)
def test_what_holds_no_reading_is_not_tried(where: str, raw: str, reason: str) -> None:
    assert reading_of(QuarantinedReading(source="x", where=where, raw=raw, reason=reason)) is None


def test_the_buttons_mean_what_is_ticked_or_all_that_fits(editor: Client) -> None:
    record(
        [Rejected(reason=f"row {n} is <b>broken</b>", raw="x;y") for n in range(60)],
        source="file",
        received=NOON,
    )
    record([Rejected(reason="other", raw="z")], source="other", received=NOON)
    page = editor.get("/admin/quarantine/?source=file&reason=unreadable").content.decode()
    assert page.count("is &lt;b&gt;broken") == 50
    assert "all 60 entries that fit" in page
    assert "p=2" in page
    assert editor.get("/admin/quarantine/?q=row+7+is%00").content.decode().count("is &lt;b&gt;") == 1
    (one,) = QuarantinedReading.objects.filter(source="other")
    editor.post("/admin/quarantine/?source=file", {"row": str(one.pk), "action": "dismiss"})
    assert QuarantinedReading.objects.count() == 61, "what the filter does not show is not touched"
    editor.post("/admin/quarantine/?source=file", {"all": "yes", "action": "dismiss"})
    assert list(QuarantinedReading.objects.values_list("source", flat=True)) == ["other"]
    editor.post("/admin/quarantine/", {"row": ["x", str(one.pk)], "action": "dismiss"})
    assert not QuarantinedReading.objects.exists()


@pytest.mark.parametrize(
    ("role", "sees", "acts"),
    [
        ("citizen", False, False),
        ("moderator", False, False),
        ("analyst", True, False),
        ("editor", True, True),
    ],
)
def test_who_sees_and_who_acts(role: str, sees: bool, acts: bool) -> None:  # noqa: FBT001
    send(10**6)
    browser, _user = signed_in(role)
    assert (browser.get("/admin/quarantine/").status_code == 200) is sees
    browser.post("/admin/quarantine/", {"all": "yes", "action": "dismiss"})
    assert QuarantinedReading.objects.exists() is not acts
