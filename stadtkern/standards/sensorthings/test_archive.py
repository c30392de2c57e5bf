"""Observations in the archive are asked for like all others, and the answers are the same."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from stadtkern.contracts.connector import Reading
from stadtkern.observations.archive.models import ArchiveFile
from stadtkern.observations.models import Datastream, FeatureOfInterest, Observation
from stadtkern.observations.services import record
from stadtkern.observations.services.archive import beside
from stadtkern.observations.services.archive.moving import archive_month, due_months
from stadtkern.standards.sensorthings.conftest import NOON, Ask, Town, observe

pytestmark = pytest.mark.django_db
MAY = datetime(2025, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, settings: Any) -> Path:  # noqa: ANN401  # of pytest-django
    """Keep the files of each test to itself."""
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def old(town: Town) -> Town:
    """Give the town, a gauge of which has four months of hours, the second gauge some of them, and a note."""
    readings = [
        Reading(
            thing=thing, observed_property="water_level", unit="cm", result=float(number * 7 % 1009),
            phenomenon_time=MAY + number * HOUR,
        )
        for thing, step in (("bridge", 1), ("cellar", 50))
        for number in range(0, 123 * 24, step)
    ]  # fmt: skip
    record(readings, source="test", received=NOON)
    place = FeatureOfInterest.objects.create(name="Weir")
    observe(
        town.level, MAY + timedelta(minutes=30), value={"note": "ü"}, feature=place, parameters={"by": "Mia"}
    )
    return town


def archive(*streams: Datastream) -> None:
    """Archive all that is old enough."""
    for stream in streams or Datastream.objects.order_by("pk"):
        for month in due_months(stream.pk, NOON):
            archive_month(month)


LEVEL = "Datastreams({level})/Observations"
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    (LEVEL, {}),
    (LEVEL, {"top": 1000, "skip": 700}),
    (LEVEL, {"orderby": "phenomenonTime desc", "top": 1000}),
    (LEVEL, {"orderby": "phenomenonTime desc", "top": 3, "count": "true"}),
    (LEVEL, {"orderby": "result desc,phenomenonTime", "top": 20}),
    (LEVEL, {"filter": "result eq 777", "top": 7}),
    (LEVEL, {"filter": "result eq 777", "orderby": "phenomenonTime desc", "top": 2}),
    (LEVEL, {"filter": "result gt 1e6"}),
    (LEVEL, {"filter": "phenomenonTime ge 2025-06-30T20:00:00Z and phenomenonTime lt 2025-07-01T04:00:00Z"}),
    (LEVEL, {"filter": "phenomenonTime gt 2025-05-15T00:00:00Z", "orderby": "phenomenonTime desc", "top": 900}),
    (LEVEL, {"filter": "month(phenomenonTime) eq 7 and result lt 50", "count": "true", "top": 5}),
    (LEVEL, {"filter": "parameters/by eq 'Mia'", "expand": "FeatureOfInterest,Datastream/Thing"}),
    (f"{LEVEL}/$count", {"filter": "result lt 100"}),
    (LEVEL, {"resultFormat": "CSV", "top": 6000}),
    (LEVEL, {"resultFormat": "dataArray", "select": "result,phenomenonTime", "top": 2500}),
    (LEVEL, {"apply": "aggregate(result with average as mean,result with countdistinct as kinds,$count as n)"}),
    (LEVEL, {"apply": "filter(phenomenonTime ge 2025-05-03T10:07:00Z and phenomenonTime lt 2025-06-09T03:11:00Z)/"
                      "groupby((bucket(phenomenonTime,duration'P1D') as day),aggregate(result with sum as sum))"}),
    (LEVEL, {"apply": "filter(result gt 500)/groupby((bucket(phenomenonTime,duration'P1M') as m),"
                      "aggregate($count as n))"}),
    ("Observations", {"top": 200}),
    ("Observations", {"orderby": "phenomenonTime desc", "top": 500}),
    ("Observations", {"filter": "Datastream/Thing/name eq 'Neißebrücke' and result eq 777"}),
    ("Observations/$count", {}),
    ("Datastreams", {"expand": "Observations"}),
    ("Datastreams", {"expand": "Observations($top=1500;$count=true)"}),
    ("Datastreams", {"expand": "Observations($orderby=phenomenonTime desc;$top=1200)"}),
    ("Datastreams", {"expand": "Observations($filter=result eq 777;$count=true;$top=2)"}),
    ("Datastreams", {"expand": "Observations($orderby=result desc;$top=3)"}),
    ("Things", {"filter": "Datastreams/Observations/result eq 1008", "select": "name"}),
    ("Things", {"filter": "Datastreams/Observations/phenomenonTime lt 2025-05-02T00:00:00Z", "select": "name"}),
    ("FeaturesOfInterest", {"expand": "Observations($top=4)", "select": "name"}),
    ("FeaturesOfInterest({weir})/Observations", {}),
    ("FeaturesOfInterest({weir})/Observations", {"count": "true", "expand": "Datastream"}),
    ("Observations({number})", {"expand": "FeatureOfInterest"}),
    ("Observations({number})/Datastream", {}),
    ("Observations({number})/result/note", {}),
    (f"{LEVEL}({{number}})/parameters/by/$value", {}),
]  # fmt: skip


@pytest.fixture
def named(old: Town) -> dict[str, int]:
    """Give the numbers that stand in the questions."""
    note = Observation.objects.get(feature__name="Weir")
    return {"level": old.level.pk, "weir": note.feature_id or 0, "number": note.number}


@pytest.mark.parametrize(("path", "options"), QUESTIONS)
def test_the_archive_changes_no_answer(
    old: Town, named: dict[str, int], ask: Ask, path: str, options: dict[str, Any]
) -> None:
    before = ask(path.format(**named), **options)
    archive()
    assert ArchiveFile.objects.filter(datastream=old.level).count() == 4
    assert ask(path.format(**named), **options) == before
    assert "1e6" in str(options) or before


def test_pages_lead_through_table_and_archive(old: Town, ask: Ask, client: Client) -> None:
    archive()
    june = ArchiveFile.objects.filter(datastream=old.level).order_by("start")[1]
    record(
        [Reading(thing="bridge", observed_property="water_level", unit="cm", result=1.5,
                 phenomenon_time=june.start + timedelta(minutes=5))],
        source="test", received=NOON,
    )  # fmt: skip
    assert ArchiveFile.objects.filter(datastream=old.level).count() == 3, "late data bring their month back"
    for order in ("phenomenonTime", "phenomenonTime desc", "result"):
        page = ask(f"Datastreams({old.level.pk})/Observations", orderby=order, top=400)
        found = [one["@iot.id"] for one in page["value"]]
        while link := page.get("@iot.nextLink"):
            page = client.get(link).json()
            found += [one["@iot.id"] for one in page["value"]]
        assert len(found) == len(set(found)) == 123 * 24 + 10 + 2


def test_strangers_do_not_find_what_is_not_public_in_the_archive(old: Town, ask: Ask, client: Client) -> None:
    secret = Datastream.objects.get(thing=old.cellar, observed_property__slug="water_level")
    number = Observation.objects.filter(datastream=secret).order_by("number")[0].number
    count = ask("Observations/$count")
    archive()
    assert ArchiveFile.objects.filter(datastream=secret).exists()
    ask(f"Observations({number})", status=404)
    ask(f"Datastreams({secret.pk})/Observations", status=404)
    assert ask("Observations/$count") == count
    assert ask("Observations", filter=f"id eq {number}")["value"] == []
    assert ask("Things", filter=f"Datastreams/Observations/id eq {number}")["value"] == []


def test_too_much_at_once_is_refused_with_advice(
    old: Town, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive()
    monkeypatch.setattr(beside, "MOST", 1000)
    path = f"Datastreams({old.level.pk})/Observations"
    assert "shorter phenomenonTime" in ask(path, orderby="result", status=422)["message"]
    assert len(ask(path)["value"]) == 100
    assert len(ask(path, filter="phenomenonTime lt 2025-05-20T00:00:00Z", orderby="result")["value"]) == 100


def test_a_change_brings_the_month_back(old: Town, client: Client, settings: Any) -> None:  # noqa: ANN401
    archive()
    settings.STA_ANONYMOUS_WRITE = True
    number = client.get(f"/sta/v1.1/Datastreams({old.level.pk})/Observations?$top=1").json()["value"][0][
        "@iot.id"
    ]
    address = f"/sta/v1.1/Observations({number})"
    assert client.patch(address, {"result": 5.5}, content_type="application/json").status_code == 200
    assert client.get(address).json()["result"] == 5.5
    assert ArchiveFile.objects.filter(datastream=old.level).count() == 3
    assert client.delete(address).status_code == 200
    assert client.get(address).status_code == 404
