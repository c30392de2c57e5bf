"""Months in the archive: the same answers as before, nothing lost, nothing twice."""

import json
import os
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from pyarrow import parquet
from pytest_django.fixtures import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from stadtkern.base import clock
from stadtkern.base.errors import Unavailable
from stadtkern.contracts.connector import Reading
from stadtkern.governance.models import DataProfile
from stadtkern.observations.archive.models import ArchiveFile, folder
from stadtkern.observations.fields import micros
from stadtkern.observations.models import (
    Datastream,
    FeatureOfInterest,
    LatestObservation,
    Observation,
    Rollup,
)
from stadtkern.observations.quality import QualityFlag
from stadtkern.observations.queries import aggregate, series
from stadtkern.observations.queries.archive import archive_files
from stadtkern.observations.queries.raw import raw
from stadtkern.observations.queries.since import readings_between
from stadtkern.observations.queries.text import CsvText
from stadtkern.observations.services import archive_due, delete_observations, record, sweep
from stadtkern.observations.services.archive import moving
from stadtkern.observations.services.archive import reading as archive_reading
from stadtkern.observations.services.archive.moving import (
    Month,
    archive_month,
    bring_back_feature,
    bring_back_file,
    due_months,
)
from stadtkern.observations.services.archive.reading import last_archived
from stadtkern.observations.services.bulk import store
from stadtkern.observations.services.columns import Columns
from stadtkern.observations.services.corrections import forget
from stadtkern.observations.upkeep.queries import doubtful
from stadtkern.observations.upkeep.services import mark_range
from stadtkern.people.models import Organisation, User

MAY, JUNE, JULY, AUGUST = (datetime(2025, month, 1, tzinfo=UTC) for month in (5, 6, 7, 8))
HOUR = timedelta(hours=1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data(tmp_path: Path, settings: Any) -> Path:  # noqa: ANN401  # of pytest-django
    """Keep the files of each test to itself."""
    settings.DATA_DIR = tmp_path
    return tmp_path


def reading(when: datetime, result: float, *, quality: str = "") -> Reading:
    """Return a water level."""
    return Reading(
        thing="gubin",
        observed_property="water_level",
        phenomenon_time=when,
        result=result,
        unit="cm",
        quality=quality,  # type: ignore[arg-type]  # one of its words
    )


@pytest.fixture
def stream(data: Path) -> Datastream:
    """Give a datastream with a value an hour in May, June, July and a few in August."""
    del data
    hours = range(int((AUGUST - MAY) / HOUR) + 48)
    readings = [
        reading(MAY + hour * HOUR, 200 + hour % 37, quality="bad" if hour % 100 == 50 else "")
        for hour in hours
    ]
    record(readings, source="imgw", received=NOW)
    return Datastream.objects.select_related("thing", "observed_property").get()


def everything(stream: Datastream) -> dict[str, object]:
    """Return all that readers see of a datastream."""
    low, high = micros(MAY), micros(NOW)
    judged = readings_between({stream.pk: (low, high)})[stream.pk]
    latest = LatestObservation.objects.get(datastream=stream)
    return {
        "raw": [column.tolist() for column in raw(stream.pk, low, high)],
        "bad": [column.tolist() for column in raw(stream.pk, low, high, with_bad=True)],
        "part": [column.tolist() for column in raw(stream.pk, micros(MAY + 700 * HOUR), micros(JUNE + HOUR))],
        "judged": [column.tolist() for column in judged],
        "series": series(stream, MAY, NOW),
        "days": aggregate(stream, MAY, AUGUST, by="day", quantiles=(0.1, 0.5)),
        "months": aggregate(stream, MAY, AUGUST, by="month"),
        "csv": "".join(CsvText(stream, "de").pieces(None, None)),
        "csv of a span": "".join(CsvText(stream, "pl").pieces(MAY + 5 * HOUR, JUNE + 5 * HOUR)),
        "latest": (latest.count, latest.first_time, latest.last_time, latest.number, latest.result),
        "rollups": list(Rollup.objects.values_list("width", "start", "count", "total", "minimum")),
    }


def archive_all(stream: Datastream) -> list[ArchiveFile]:
    """Archive all months that are old enough."""
    return [made for month in due_months(stream.pk, NOW) if (made := archive_month(month)) is not None]


def test_readers_see_the_same_after_months_went_into_the_archive(stream: Datastream) -> None:
    before = everything(stream)
    made = archive_all(stream)
    assert [one.name for one in made] == [
        f"{stream.pk}-imgw-gubin-water_level/2025-0{month}.parquet" for month in (5, 6, 7)
    ]
    assert Observation.objects.count() == 48, "only August is left in the table"
    after = everything(stream)
    for name, value in before.items():
        assert after[name] == value, name


def test_a_file_says_by_itself_what_it_holds(stream: Datastream) -> None:
    town = Organisation.objects.create(slug="guben", name={"de": "Guben"})
    profile = DataProfile.objects.create(
        slug="levels", title={"en": "Levels"}, owner=town, licence="CC-BY-4.0", attribution="IMGW"
    )
    Datastream.objects.update(profile=profile)
    (may, *_rest) = archive_all(stream)
    file = parquet.ParquetFile(may.path)
    facts = {key.decode(): value.decode() for key, value in file.schema_arrow.metadata.items()}
    assert facts["datastream"] == "imgw:gubin:water_level"
    assert (facts["unit"], facts["thing"], facts["month"]) == ("cm", "gubin", "2025-05")
    assert (facts["licence"], facts["attribution"], facts["owner"]) == ("CC-BY-4.0", "IMGW", "Guben")
    assert json.loads(facts["quality_flags"])["4"] == "bad"
    kinds = {field.name: str(field.type) for field in file.schema_arrow}
    assert kinds["phenomenon_time"] == "timestamp[us, tz=UTC]"
    assert (kinds["result"], kinds["quality"], kinds["value"]) == ("double", "int16", "string")
    table = file.read()
    assert table.num_rows == 744 == may.rows
    assert table.column("phenomenon_time")[1].as_py() == MAY + HOUR
    assert table.column("result")[1].as_py() == 201
    assert table.column("quality")[50].as_py() == 4
    (listed, *_more) = archive_files(Datastream.objects.all())
    assert (listed.path, listed.rows, listed.size) == (may.path, 744, may.path.stat().st_size)


def test_an_hourly_value_needs_few_bytes_in_the_archive(stream: Datastream) -> None:
    for one in archive_all(stream):
        assert one.size / one.rows < 25


def test_late_values_bring_their_month_back_and_are_judged_by_what_was_there(stream: Datastream) -> None:
    archive_all(stream)
    late = [reading(JUNE + 5 * HOUR, 999), reading(JUNE + 5 * HOUR + timedelta(minutes=7), 231.5)]
    outcome = record(late, source="imgw", received=NOW)
    assert (outcome.stored, outcome.repeated) == (1, 1), "the first result of a time is kept"
    assert [one.start for one in ArchiveFile.objects.all()] == [MAY, JULY]
    assert Observation.objects.get(phenomenon_time=JUNE + 5 * HOUR).result != 999
    latest = LatestObservation.objects.get()
    assert latest.count == 93 * 24 - 24 + 48 + 1
    hour = Rollup.objects.get(width=60, start=JUNE + 5 * HOUR)
    assert (hour.count, hour.maximum) == (2, max(231.5, hour.minimum))
    assert len(archive_all(stream)) == 1
    times = raw(stream.pk, micros(JUNE), micros(JULY), with_bad=True).times
    assert len(times) == 721
    assert (np.diff(times) > 0).all()


def test_values_of_the_present_ask_nothing_about_the_archive(stream: Datastream) -> None:
    archive_all(stream)
    record([reading(AUGUST + 100 * HOUR, 250)], source="imgw", received=NOW)
    assert ArchiveFile.objects.count() == 3


def test_all_that_sensorthings_keeps_goes_there_and_back(stream: Datastream) -> None:
    feature = FeatureOfInterest.objects.create(name="bridge")
    time = micros(JUNE) + 7
    none = np.full(2, np.iinfo(np.int64).min)
    columns = Columns(
        np.full(2, stream.pk),
        np.array([time, time + 1]),
        np.array([np.nan, 5.5]),
        value=np.array(['{"a":[1,null,"ü"]}', None], dtype=object),
        phenomenon_end=np.array([time + 3_600_000_000, none[1]]),
        result_time=np.array([none[0], time + 5]),
        valid_from=np.array([time, none[1]]),
        valid_to=np.array([time + 9, none[1]]),
        parameters=np.array([None, '{"depth":1.5}'], dtype=object),
        result_quality=np.array(['{"flag":2}', None], dtype=object),
        feature=np.array([feature.pk, none[1]]),
    )
    store(columns, received=NOW)
    before = list(Observation.objects.order_by("phenomenon_time").values())
    with_feature = [one for one in archive_all(stream) if one.features.exists()]
    assert [one.start for one in with_feature] == [JUNE]
    bring_back_feature(feature.pk)
    assert [one.start for one in ArchiveFile.objects.all()] == [MAY, JULY]
    for one in ArchiveFile.objects.all():
        bring_back_file(one)
    assert list(Observation.objects.order_by("phenomenon_time").values()) == before


def test_rows_without_a_feature_keep_that_of_the_time_when_they_were_archived(stream: Datastream) -> None:
    old, new = (FeatureOfInterest.objects.create(name=name) for name in ("old", "new"))
    Datastream.objects.update(feature_of_interest=old)
    (may, *_rest) = archive_all(Datastream.objects.get())
    Datastream.objects.update(feature_of_interest=new)
    bring_back_file(may)
    assert set(Observation.objects.filter(phenomenon_time__lt=JUNE).values_list("feature", flat=True)) == {
        old.pk
    }


def test_the_newest_two_values_stay_in_the_table(data: Path) -> None:
    del data
    record([reading(MAY, 1), reading(JUNE, 2)], source="imgw", received=NOW)
    stream = Datastream.objects.get()
    assert archive_all(stream) == []
    record([reading(JUNE + HOUR, 3)], source="imgw", received=NOW)
    assert [one.start for one in archive_all(stream)] == [MAY]
    forget([(stream.key, JUNE + HOUR)])
    latest = LatestObservation.objects.get()
    assert (latest.result, latest.previous_result, latest.count) == (2, 1, 2)
    assert not ArchiveFile.objects.exists(), "the newest month came back"


def test_what_is_taken_back_leaves_the_archive(stream: Datastream) -> None:
    archive_all(stream)
    assert forget([(stream.key, MAY)]) == 1
    latest = LatestObservation.objects.get()
    assert (latest.count, latest.first_time) == (93 * 24 - 24 + 48 - 1, MAY + HOUR)


def test_nothing_younger_than_31_days_is_archived(data: Path) -> None:
    del data
    now = clock.now()
    record(
        [reading(now - timedelta(days=day, minutes=minute), 5) for day in range(70) for minute in range(2)],
        source="imgw", received=now,
    )  # fmt: skip
    months = list(due_months(Datastream.objects.get().pk, now))
    assert months
    assert all(month.end <= now - timedelta(days=31) for month in months)


def test_data_profiles_say_what_is_archived(stream: Datastream) -> None:
    assert archive_due(NOW) == 0
    town = Organisation.objects.create(slug="guben", name={"de": "Guben"})
    profile = DataProfile.objects.create(slug="levels", title={"en": "Levels"}, owner=town)
    Datastream.objects.update(profile=profile)
    assert archive_due(NOW) == 0
    DataProfile.objects.update(archive_after=NOW - JUNE - timedelta(days=1))
    assert archive_due(NOW) == 744
    assert archive_due(NOW) == 0
    assert [one.start for one in ArchiveFile.objects.filter(datastream=stream)] == [MAY]


def test_retention_ends_archived_months_and_cuts_the_one_it_falls_into(
    stream: Datastream, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    town = Organisation.objects.create(slug="guben", name={"de": "Guben"})
    limit = JUNE + 100 * HOUR
    profile = DataProfile.objects.create(
        slug="levels", title={"en": "Levels"}, owner=town, retention=NOW - limit
    )
    Datastream.objects.update(profile=profile)
    archive_all(stream)
    files = sorted(folder().rglob("*.parquet"))
    with django_capture_on_commit_callbacks(execute=True):
        assert delete_observations(NOW) == 744 + 100
    assert [(one.start, one.rows) for one in ArchiveFile.objects.all()] == [(JUNE, 620), (JULY, 744)]
    latest = LatestObservation.objects.get()
    assert (latest.count, latest.first_time) == (620 + 744 + 48, limit)
    assert Rollup.objects.filter(start__lt=limit, width__lt=1440).count() == 0
    day = Rollup.objects.filter(width=1440).earliest("start")
    assert day.count == raw(stream.pk, micros(limit), micros(day.start + 24 * HOUR)).times.size
    assert raw(stream.pk, micros(MAY), micros(NOW), with_bad=True).times[0] == micros(limit)
    assert delete_observations(NOW) == 0
    assert len(sorted(folder().rglob("*.parquet"))) == len(files) + 1, "files go with the sweep"


def test_a_missing_file_is_told_and_hides_nothing(stream: Datastream) -> None:
    (may, *_rest) = archive_all(stream)
    may.path.unlink()
    with pytest.raises(Unavailable):
        raw(stream.pk, micros(MAY), micros(NOW))
    with pytest.raises(Unavailable):
        record([reading(MAY + timedelta(minutes=1), 5)], source="imgw", received=NOW)
    assert raw(stream.pk, micros(JUNE), micros(NOW)).times.size > 1000


def test_a_failed_transaction_leaves_the_rows(stream: Datastream, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(stream)

    def fail(*_args: object) -> None:
        raise RuntimeError("power failure")

    with monkeypatch.context() as patch:
        patch.setattr(moving, "delete_between", fail)
        with pytest.raises(RuntimeError), transaction.atomic():
            archive_all(stream)
    assert not ArchiveFile.objects.exists()
    assert len(list(folder().rglob("*.parquet"))) == 1, "a file that no record names"
    assert everything(stream) == before
    (may, *_rest) = archive_all(stream)
    assert may.name.endswith("2025-05.2.parquet"), "it is not written over"
    assert everything(stream) == before


def test_a_month_that_comes_back_while_somebody_reads_is_read_from_the_table(
    stream: Datastream, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = raw(stream.pk, micros(MAY), micros(NOW)).times.tolist()
    (may, *_rest) = archive_all(stream)
    numbers = archive_reading.numbers

    def vanish(found: ArchiveFile, start: int, end: int) -> archive_reading.Archived:
        if may.path.exists():
            bring_back_file(may)
            may.path.unlink()
        return numbers(found, start, end)

    monkeypatch.setattr(archive_reading, "numbers", vanish)
    assert raw(stream.pk, micros(MAY), micros(NOW)).times.tolist() == before


@pytest.mark.django_db(transaction=True)
def test_the_sweep_deletes_only_what_nobody_names(stream: Datastream) -> None:
    (may, june, _july) = archive_all(stream)
    bring_back_file(may)
    stray = june.path.with_name(".2025-06.parquet.1.partial")
    stray.write_bytes(b"half")
    os.utime(stray, (0, 0))
    assert sweep(clock.now()) == 1, "what came back just now may be in a backup that runs"
    assert may.path.exists()
    assert sweep(clock.now() + timedelta(days=2)) == 1
    assert not may.path.exists()
    assert june.path.exists()
    stream.thing.delete()
    assert sweep(clock.now() + timedelta(days=2)) == 2
    assert not list(folder().rglob("*.parquet"))


def test_months_are_those_of_utc(stream: Datastream) -> None:
    first = next(due_months(stream.pk, NOW))
    assert first == Month(stream.pk, MAY, JUNE)


def test_months_are_listed_and_downloaded_by_whoever_may_read_the_values(
    stream: Datastream, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    archive_all(stream)
    page, file = f"/en/sensors/streams/{stream.pk}/archive/", "2025-06.parquet"
    assert client.get(page).status_code == 404, "nothing is public without a data profile"
    assert client.get(page + file).status_code == 404
    town = Organisation.objects.create(slug="guben", name={"de": "Guben"})
    profile = DataProfile.objects.create(
        slug="levels",
        title={"en": "Levels"},
        owner=town,
        licence="CC-BY-4.0",
        is_published=True,
        purpose={"en": "Flood protection"},
        legal_basis={"en": "Water act"},
    )
    Datastream.objects.update(profile=profile)
    client.get(page)
    with django_assert_num_queries(4):  # rights, series, count, months
        shown = client.get(page).content.decode()
    assert shown.count(".parquet") == 3
    assert ArchiveFile.objects.latest("start").digest in shown
    answer = client.get(page + file)
    assert answer["Content-Type"] == "application/vnd.apache.parquet"
    assert "imgw-gubin-water_level-2025-06.parquet" in answer["Content-Disposition"]
    table = parquet.read_table(BytesIO(b"".join(answer)))
    assert table.num_rows == 30 * 24
    for wrong in ("2025-13.parquet", "0-01.parquet", "2024-01.parquet"):
        assert client.get(page + wrong).status_code == 404
    assert page in client.get(f"/en/sensors/streams/{stream.pk}/").content.decode()


def test_a_virtual_series_over_archived_months_stays_as_it_is(stream: Datastream) -> None:
    before = first_last(stream)
    archive_all(stream)
    assert first_last(stream) == before
    assert last_archived(stream.pk, micros(JUNE) - 1) == micros(JUNE - HOUR)
    assert last_archived(stream.pk, micros(MAY) - 1) is None


def first_last(stream: Datastream) -> tuple[object, ...]:
    """Return from when to when a series has values."""
    latest = LatestObservation.objects.get(datastream=stream)
    return latest.first_time, latest.phenomenon_time


def test_an_editor_marks_values_of_an_archived_month(stream: Datastream) -> None:
    archive_all(stream)
    span = JUNE + 10 * HOUR, JUNE + 20 * HOUR
    shown, rows = doubtful(stream, MAY, JULY, None)
    assert len(rows) == shown.paginator.count == 15, "those that the source called bad"
    alice = User.objects.create_user(email="alice@example.org", password="x")
    alice.groups.add(Group.objects.get(name="editor"))
    mark_range(stream, start=span[0], end=span[1], flag=QualityFlag.BAD, comment="ice", by=alice)
    assert raw(stream.pk, micros(span[0]), micros(span[1])).times.size == 0
    assert raw(stream.pk, micros(span[0]), micros(span[1]), with_bad=True).times.size == 10
    assert [one.start for one in ArchiveFile.objects.all()] == [MAY, JULY]
