"""A person's word on values: it counts more than the tests, is kept, and can be taken back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.contracts.connector import Reading
from stadtkern.observations.models import Datastream, LatestObservation, Observation
from stadtkern.observations.quality import Check, QualityFlag
from stadtkern.observations.queries import aggregate
from stadtkern.observations.services import check_quality, record
from stadtkern.observations.upkeep.models import LogEntry, QualityMark
from stadtkern.observations.upkeep.services import mark_range, undo
from stadtkern.people.models import User

DAY = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def reading(hour: int, result: float) -> Reading:
    time = DAY + hour * HOUR
    return Reading(
        thing="g1", observed_property="water_level", phenomenon_time=time, result=result, unit="cm"
    )


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Messages of services are in the active language, whatever ran before."""
    with translation.override("en"):
        yield


@pytest.fixture
def stream() -> Datastream:
    record([reading(hour, 200 + hour) for hour in range(24)], source="test")
    return Datastream.objects.get()


def flags() -> list[int]:
    return list(Observation.objects.order_by("phenomenon_time").values_list("quality", flat=True))


def mean() -> float | None:
    return aggregate(Datastream.objects.get(), DAY, DAY + 24 * HOUR, by="day", zone="UTC")[0].mean


def test_bad_values_leave_the_mean_and_come_back(stream: Datastream, alice: User) -> None:
    before = flags()
    changed = mark_range(
        stream, start=DAY + 20 * HOUR, end=DAY + 24 * HOUR, flag=QualityFlag.BAD, comment="Schlamm", by=alice
    )
    assert changed == 4
    assert flags()[20:] == [QualityFlag.BAD] * 4
    assert mean() == pytest.approx(200 + sum(range(20)) / 20)
    assert LatestObservation.objects.get().quality == QualityFlag.BAD
    mark = QualityMark.objects.get()
    assert undo(mark, by=alice) == 4
    assert flags() == before
    assert mean() == pytest.approx(211.5)
    assert undo(mark, by=alice) == 0


def test_the_end_of_the_span_is_not_in_it(stream: Datastream, alice: User) -> None:
    mark_range(stream, start=DAY + HOUR, end=DAY + 2 * HOUR, flag=QualityFlag.BAD, comment="x", by=alice)
    assert [n for n, flag in enumerate(flags()) if flag == QualityFlag.BAD] == [1]


def test_a_person_overrules_a_test_and_the_newest_word_holds(stream: Datastream, alice: User) -> None:
    record([reading(30, 9000)], source="test")
    assert flags()[-1] == QualityFlag.BAD
    end = DAY + 48 * HOUR
    mark_range(stream, start=DAY, end=end, by=alice, flag=QualityFlag.GOOD, comment="Hochwasser, abgelesen")
    assert flags()[-1] == QualityFlag.GOOD
    mark_range(
        stream, start=DAY, end=end, by=alice, flag=QualityFlag.QUESTIONABLE, comment="doch nicht sicher"
    )
    assert flags()[-1] == QualityFlag.QUESTIONABLE
    undo(QualityMark.objects.first(), by=alice)  # type: ignore[arg-type]  # two were made
    assert flags()[-1] == QualityFlag.GOOD
    assert Observation.objects.order_by("phenomenon_time").last().checks & Check.RANGE  # type: ignore[union-attr]


def test_late_values_get_the_mark_too(stream: Datastream, alice: User) -> None:
    check_quality()
    mark_range(stream, start=DAY, end=DAY + 5 * HOUR, flag=QualityFlag.BAD, comment="Ausbau", by=alice)
    late = DAY + timedelta(minutes=90)
    record(
        [Reading(thing="g1", observed_property="water_level", phenomenon_time=late, result=201.5, unit="cm")],
        source="test",
    )
    check_quality()
    assert Observation.objects.get(phenomenon_time=late).quality == QualityFlag.BAD


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"end": DAY}, "end"),
        ({"end": DAY + timedelta(days=2000)}, "years"),
        ({"comment": "  "}, "why"),
        ({"flag": 9}, "good"),
    ],
)
def test_a_senseless_mark_is_refused(
    stream: Datastream, alice: User, change: dict[str, object], message: str
) -> None:
    asked = {"start": DAY, "end": DAY + HOUR, "flag": QualityFlag.BAD, "comment": "x", **change}
    with pytest.raises(BadInput, match=message):
        mark_range(stream, **asked, by=alice)  # type: ignore[arg-type]  # one of them is wrong
    assert not QualityMark.objects.exists()


def test_only_editors_and_analysts_mark(stream: Datastream, charlie: User) -> None:
    with pytest.raises(NotPermitted):
        mark_range(stream, start=DAY, end=DAY + HOUR, flag=QualityFlag.BAD, comment="x", by=charlie)


@pytest.fixture
def client(alice: User) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return browser


SPAN = "?start=2026-03-10T00:00&end=2026-03-11T00:00"


def test_an_editor_marks_and_undoes_in_the_back_office(stream: Datastream, client: Client) -> None:
    address = reverse("quality-stream", args=[stream.pk]) + SPAN
    page = client.post(address, {"flag": QualityFlag.BAD, "comment": "Eisgang"}, follow=True)
    assert "Eisgang" in page.content.decode()
    assert QualityFlag.BAD in flags()
    client.post(reverse("quality-undo", args=[QualityMark.objects.get().pk]) + SPAN)
    assert QualityFlag.BAD not in flags()
    assert "undone" in client.get(address).content.decode()


def test_what_was_typed_stays_when_something_is_missing(stream: Datastream, client: Client) -> None:
    answer = client.post(reverse("quality-stream", args=[stream.pk]) + SPAN, {"comment": "Eisgang"})
    assert answer.status_code == 422
    assert 'value="Eisgang"' in answer.content.decode()


@pytest.mark.parametrize(
    "span",
    [
        "?start=x&end=y",
        "?start=2026-03-10T00:00",
        "?start=2026-03-11T00:00&end=2026-03-10T00:00",
        "?start=1026-03-11T00:00&end=2026-03-10T00:00",
        "?p=x&m=y",
    ],
)
def test_a_wrong_span_is_explained(stream: Datastream, client: Client, span: str) -> None:
    assert client.get(reverse("quality-stream", args=[stream.pk]) + span).status_code == 200


def test_the_pages_ask_a_fixed_number_of_times(
    stream: Datastream, client: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    address = reverse("quality-stream", args=[stream.pk]) + SPAN
    for number in range(20):
        mark_range(stream, start=DAY, end=DAY + HOUR, flag=QualityFlag.BAD, comment=f"{number}", by=alice)
    client.get(address)
    with django_assert_max_num_queries(22):
        client.get(address)
    with django_assert_max_num_queries(16):
        client.get(reverse("quality"))


def test_a_series_without_values_is_listed(stream: Datastream, client: Client) -> None:
    LatestObservation.objects.all().delete()
    assert stream.observed_property.label in client.get(reverse("quality")).content.decode()
    page = client.get(reverse("thing-edit", args=[stream.thing_id]))
    assert reverse("quality-stream", args=[stream.pk]) in page.content.decode()


def test_sensor_quality_and_log_lead_to_each_other(stream: Datastream, client: Client) -> None:
    thing = reverse("thing-edit", args=[stream.thing_id])
    page = client.get(thing).content.decode()
    assert "Nothing was written down" in page
    add = f"/admin/maintenance-log/new/?thing={stream.thing_id}"
    assert add in page
    assert f'value="{stream.thing_id}" selected' in client.get(add).content.decode()
    for senseless in ("x", "9" * 40, "0", ""):
        assert client.get(f"/admin/maintenance-log/new/?thing={senseless}").status_code == 200
    LogEntry.objects.create(
        thing=stream.thing, kind="cleaning", date="2026-01-10", note="Algen", made_at=clock.now()
    )
    page = client.get(thing).content.decode()
    assert "Algen" in page
    listed = client.get("/admin/maintenance-log/", {"q": stream.thing.key}).content.decode()
    assert thing in listed
    assert f"/admin/maintenance-log/edit/{LogEntry.objects.get().pk}/" in listed
    assert "1 entry" in listed
    assert thing in client.get(reverse("quality-stream", args=[stream.pk])).content.decode()


def test_strangers_see_nothing(stream: Datastream, charlie: User) -> None:
    browser = Client()
    browser.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    for address in (reverse("quality"), reverse("quality-stream", args=[stream.pk])):
        assert browser.get(address).status_code in {302, 403}


def test_the_log_remembers_who_wrote_and_shows_what_is_overdue(
    stream: Datastream, client: Client, alice: User
) -> None:
    entry = {"thing": stream.thing_id, "kind": "calibration", "date": "2024-01-10", "note": "+2 cm"}
    client.post("/admin/maintenance-log/new/", {**entry, "next_due": "2025-01-10"})
    stored = LogEntry.objects.get()
    assert (stored.made_by, stored.note) == (alice, "+2 cm")
    assert "overdue" in client.get("/admin/maintenance-log/").content.decode()
    client.post("/admin/maintenance-log/new/", {**entry, "date": "2026-11-01", "next_due": ""})
    assert "overdue" not in client.get("/admin/maintenance-log/").content.decode()


def test_the_next_date_comes_after_the_work(stream: Datastream, client: Client) -> None:
    entry = {"thing": stream.thing_id, "kind": "calibration", "date": "2024-01-10", "next_due": "2023-01-10"}
    page = client.post("/admin/maintenance-log/new/", entry)
    assert "must come after" in page.content.decode()
    assert not LogEntry.objects.exists()
