"""Runs: what becomes of records, what stops, what goes on."""

import json
from datetime import timedelta

import pytest

from stadtkern.base.clock import now
from stadtkern.catalogue.models import Agent, Dataset, Distribution
from stadtkern.governance.models import DataProfile
from stadtkern.harvest import running, services
from stadtkern.harvest.conftest import Catalogue, Reply, ckan, harvest, package
from stadtkern.harvest.models import HarvestRecord, HarvestResult, HarvestRun, HarvestSource
from stadtkern.people.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]
State = HarvestRun.State


def many(count: int) -> list[dict[str, object]]:
    return [package(number) for number in range(1, count + 1)]


def counts(run: HarvestRun) -> tuple[int, int, int, int, int]:
    return run.created, run.changed, run.same, run.refused, run.gone


def test_records_become_datasets_that_wait_for_approval(catalogue: Catalogue, source: HarvestSource) -> None:
    catalogue.answer = ckan(many(3))
    run = harvest(source)
    assert not list(source.records.exclude(refusal="").values_list("refusal", "refusal_value"))
    assert (run.state, counts(run)) == (State.DONE, (3, 0, 0, 0, 0))
    dataset = Dataset.objects.order_by("pk")[0]
    assert not dataset.live
    assert dataset.origin == Dataset.Origin.HARVEST
    assert dataset.title == {"de": "Baumkataster 1"}
    assert dataset.publisher.name == {"de": "Gartenamt"}
    assert dataset.themes == ["ENVI"]
    assert [one.word for one in dataset.keywords.all()] == ["baum"]
    one = dataset.distributions.get()
    assert (one.format, one.licence, one.download_url) == (
        "CSV",
        "dl-de/by-2-0",
        "https://data.example/1.csv",
    )
    assert source.last_success
    assert not source.problem
    assert source.next_at is not None
    assert source.next_at > now()


def test_a_second_run_changes_nothing_and_asks_conditionally(
    catalogue: Catalogue, source: HarvestSource
) -> None:
    catalogue.answer = ckan(many(3))
    harvest(source)
    before = list(Dataset.objects.values_list("pk", "changed_at"))
    run = harvest(source)
    assert counts(run) == (0, 0, 3, 0, 0)
    assert catalogue.unchanged == 1
    catalogue.has_etags = False
    run = harvest(source)
    assert counts(run) == (0, 0, 3, 0, 0)
    assert list(Dataset.objects.values_list("pk", "changed_at")) == before


def test_a_change_is_told_with_old_and_new(catalogue: Catalogue, source: HarvestSource) -> None:
    catalogue.answer = ckan(many(3))
    harvest(source)
    changed = many(3)
    changed[1]["title"] = "Straßenbäume"
    changed[1]["resources"][0]["url"] = "https://data.example/new.csv"  # type: ignore[index]
    catalogue.answer = ckan(changed)
    run = harvest(source)
    assert counts(run) == (0, 1, 2, 0, 0)
    result = run.results.get()
    assert result.outcome == HarvestResult.Outcome.CHANGED
    assert {"field": "title.de", "old": "Baumkataster 2", "new": "Straßenbäume"} in result.differences
    assert any(one["field"].endswith("download_url") for one in result.differences)
    assert Distribution.objects.count() == 3


def test_what_vanishes_leaves_a_tombstone_and_may_come_back(
    catalogue: Catalogue, source: HarvestSource
) -> None:
    catalogue.answer = ckan(many(10))
    harvest(source)
    catalogue.answer = ckan(many(9))
    run = harvest(source)
    assert counts(run) == (0, 0, 9, 0, 1)
    dataset = Dataset.objects.get(title__de="Baumkataster 10")
    assert dataset.withdrawn_at
    assert dataset.withdrawn_reason["de"]
    catalogue.answer = ckan(many(10))
    run = harvest(source)
    assert counts(run) == (0, 1, 9, 0, 0)
    dataset.refresh_from_db()
    assert dataset.withdrawn_at is None
    assert run.results.get().outcome == HarvestResult.Outcome.BACK


def test_what_an_editor_withdrew_stays_withdrawn(catalogue: Catalogue, source: HarvestSource) -> None:
    catalogue.answer = ckan(many(2))
    harvest(source)
    Dataset.objects.filter(title__de="Baumkataster 1").update(withdrawn_at=now())
    catalogue.answer = ckan([package(1, notes="Neu."), package(2)])
    run = harvest(source)
    assert counts(run) == (0, 1, 1, 0, 0)
    assert Dataset.objects.get(title__de="Baumkataster 1").withdrawn_at


def test_the_guard_stops_until_an_editor_allows_it_once(
    catalogue: Catalogue, source: HarvestSource, alice: User
) -> None:
    catalogue.answer = ckan(many(10))
    harvest(source)
    catalogue.answer = ckan(many(7))
    run = harvest(source)
    assert (run.state, run.problem, run.gone) == (State.STOPPED, "guard", 0)
    assert (source.problem, source.problem_value) == ("guard", "3 / 10")
    assert not Dataset.objects.exclude(withdrawn_at=None).exists()
    services.allow_vanishing(source, by=alice)
    run = harvest(source)
    assert (run.state, run.gone) == (State.DONE, 3)
    assert not source.problem
    catalogue.answer = ckan(many(3))
    assert harvest(source).state == State.STOPPED, "it was allowed once"


def test_an_empty_catalogue_removes_nothing(catalogue: Catalogue, source: HarvestSource) -> None:
    catalogue.answer = ckan(many(2))
    harvest(source)
    catalogue.answer = ckan([])
    assert harvest(source).state == State.STOPPED
    assert not Dataset.objects.exclude(withdrawn_at=None).exists()


def test_a_catalogue_that_gives_less_than_it_announces_removes_nothing(
    catalogue: Catalogue, source: HarvestSource
) -> None:
    catalogue.answer = ckan(many(10))
    harvest(source)
    whole = ckan(many(9))

    def short(path: str, query: dict[str, str]) -> Reply:
        reply = whole(path, query)
        return (
            Reply(reply.body.replace(b'"count": 9', b'"count": 10'))
            if query["start"] == "0"
            else ckan([])(path, query)
        )

    catalogue.answer = short
    run = harvest(source)
    assert (run.state, run.gone, run.problem, run.problem_value) == (State.DONE, 0, "incomplete", "9 / 10")


def test_refused_with_a_reason(catalogue: Catalogue, source: HarvestSource) -> None:
    catalogue.answer = ckan([package(1, title="", name=""), package(2, private=True), package(3)])
    run = harvest(source)
    assert counts(run) == (1, 0, 0, 2, 0)
    refusals = dict(HarvestRecord.objects.exclude(refusal="").values_list("identifier", "refusal"))
    assert sorted(refusals.values()) == ["no-title", "private"]
    run = harvest(source)
    assert counts(run) == (0, 0, 1, 2, 0)
    assert not run.results.exists(), "old news"


def test_own_datasets_are_never_overwritten(
    catalogue: Catalogue, source: HarvestSource, profile: DataProfile, publisher: Agent
) -> None:
    own = Dataset.objects.create(
        slug="own", identifier=package(1)["id"], title={"de": "Unseres"}, profile=profile, publisher=publisher
    )
    catalogue.answer = ckan(many(2))
    run = harvest(source)
    assert counts(run) == (1, 0, 0, 1, 0)
    own.refresh_from_db()
    assert own.title == {"de": "Unseres"}
    assert HarvestRecord.objects.get(refusal="own-dataset").dataset is None


def test_the_first_source_wins_until_it_gives_up(
    catalogue: Catalogue, source: HarvestSource, profile: DataProfile, publisher: Agent
) -> None:
    catalogue.answer = ckan(many(6))
    harvest(source)
    second = HarvestSource.objects.create(
        name="Land", kind="ckan", url=f"{catalogue.url}/land", profile=profile, publisher=publisher
    )
    run = harvest(second)
    assert counts(run) == (0, 0, 0, 6, 0)
    refused = second.records.first()
    assert refused is not None
    assert (refused.refusal, refused.refusal_value) == ("duplicate", "Neighbour")
    first = ckan(many(5))
    both = ckan(many(6))
    catalogue.answer = lambda path, query: (both if path.startswith("/land") else first)(path, query)
    assert harvest(source).gone == 1
    run = harvest(second)
    assert counts(run) == (0, 1, 0, 5, 0)
    assert Dataset.objects.count() == 6
    assert Dataset.objects.get(title__de="Baumkataster 6").withdrawn_at is None
    assert harvest(source).gone == 0


def test_our_own_catalogue_is_not_harvested(
    catalogue: Catalogue, source: HarvestSource, settings: object
) -> None:
    settings.PUBLIC_URL = catalogue.url  # type: ignore[attr-defined]
    catalogue.answer = ckan(many(2))
    run = harvest(source)
    assert (run.state, run.problem) == (State.FAILED, "own-catalogue")
    assert not catalogue.asked


def test_our_own_catalogue_is_recognised_behind_another_address(
    catalogue: Catalogue, source: HarvestSource
) -> None:
    own = [package(number, uri=f"https://data.guben.example/data/{number}") for number in (1, 2)]
    catalogue.answer = ckan(own)
    assert harvest(source).problem == "own-catalogue"
    catalogue.answer = ckan([*own, package(3)])
    run = harvest(source)
    assert counts(run) == (1, 0, 0, 2, 0)
    assert set(HarvestRecord.objects.exclude(refusal="").values_list("refusal", flat=True)) == {"our-own"}


def test_the_same_page_for_ever_is_stopped(catalogue: Catalogue, source: HarvestSource) -> None:
    body = ckan(many(2))("/package_search", {}).body.replace(b'"count": 2', b'"count": 1000')
    catalogue.answer = lambda _path, _query: Reply(body)
    run = harvest(source)
    assert (run.state, run.problem) == (State.FAILED, "repeated-page")
    assert run.created == 2
    assert len(catalogue.asked) == 2
    assert source.problem_since


def test_a_catalogue_beyond_its_limit_is_stopped(catalogue: Catalogue, source: HarvestSource) -> None:
    HarvestSource.objects.filter(pk=source.pk).update(most_records=5, page_size=2)
    catalogue.answer = ckan(many(9))
    run = harvest(source)
    assert (run.problem, run.created) == ("too-many", 4)


def test_a_short_failure_is_waited_for(catalogue: Catalogue, source: HarvestSource) -> None:
    HarvestSource.objects.filter(pk=source.pk).update(page_size=2)
    whole = ckan(many(6))
    broken = True

    def answer(path: str, query: dict[str, str]) -> Reply:
        return (
            Reply(status=429, headers={"Retry-After": "200"})
            if broken and query["start"] == "2"
            else whole(path, query)
        )

    catalogue.answer = answer
    run = harvest(source)
    assert (run.state, run.created, run.problem) == (State.PAUSED, 2, "fetch")
    assert run.held_until
    assert run.held_until > now() + timedelta(seconds=190)
    assert not running.claim(run)
    broken = False
    HarvestRun.objects.filter(pk=run.pk).update(held_until=now() - timedelta(seconds=1))
    assert services.work_on_due() == 1
    run.refresh_from_db()
    assert (run.state, run.created, run.problem) == (State.DONE, 6, "")


def test_a_wrong_address_is_told_at_once(catalogue: Catalogue, source: HarvestSource) -> None:
    run = harvest(source)
    assert (run.state, run.problem) == (State.FAILED, "fetch")
    assert source.problem == "fetch"
    assert source.problem_since
    since = source.problem_since
    harvest(source)
    assert source.problem_since == since
    catalogue.answer = ckan(many(1))
    harvest(source)
    assert not source.problem
    assert source.problem_since is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"success": false}', b'{"success": true}', b"\xff\xfe", b"[" * 100_000]
)
def test_no_answer_of_ckan_breaks_anything(catalogue: Catalogue, source: HarvestSource, body: bytes) -> None:
    catalogue.answer = lambda _path, _query: Reply(body)
    run = harvest(source)
    assert (run.state, run.problem) == (State.FAILED, "format")


@pytest.mark.parametrize(
    "more",
    [
        {
            "resources": "none",
            "tags": 7,
            "groups": {"a": 1},
            "organization": "x",
            "extras": [1, {"key": None}],
        },
        {"title": "a\x00b", "notes": "x" * 1_000_000},
        {"spatial": "POLYGON((", "metadata_modified": "2026-13-45", "metadata_created": {}},
        {"spatial": '{"type": "Point", "coordinates": [14.7, 51.9]}', "url": "javascript:alert(1)"},
        {"resources": [{"url": "", "format": "?" * 900}, {"id": None, "url": "https://a.example/ü ö.csv"}]},
        {"temporal_start": "2027", "temporal_end": "2020", "tags": [{"name": "w" * 500}] * 300},
        {"license_id": "l" * 5000, "name": "n" * 5000, "title": "t" * 50_000},
    ],
)
def test_odd_values_leave_the_rest(
    catalogue: Catalogue, source: HarvestSource, more: dict[str, object]
) -> None:
    catalogue.answer = ckan([package(1, **more), package(2)])
    run = harvest(source)
    assert run.state == State.DONE
    assert (run.created, run.refused) == (2, 0), list(source.records.values_list("refusal", "refusal_value"))
    assert counts(harvest(source))[:3] == (0, 0, 2)


def test_a_cancelled_run_ends(catalogue: Catalogue, source: HarvestSource, alice: User) -> None:
    catalogue.answer = ckan(many(2))
    services.run_now(source, by=alice)
    services.plan_due()
    run = source.runs.get()
    services.cancel(run, by=alice)
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    services.run_now(source, by=alice)
    services.plan_due()
    run = source.runs.order_by("-pk")[0]
    assert running.claim(run)
    services.cancel(run, by=alice)
    running.work(run)
    run.refresh_from_db()
    assert (run.state, run.created) == (State.CANCELLED, 0)


def test_who_lost_the_run_stores_nothing(catalogue: Catalogue, source: HarvestSource) -> None:
    catalogue.answer = ckan(many(2))
    HarvestSource.objects.update(is_wanted=True)
    services.plan_due()
    slow = source.runs.get()
    assert running.claim(slow)
    HarvestRun.objects.update(held_until=now() - timedelta(seconds=1))
    fast = source.runs.get()
    assert running.claim(fast)
    running.work(slow)
    assert not Dataset.objects.exists()
    running.work(fast)
    assert Dataset.objects.count() == 2


def test_a_changed_licence_table_is_applied_to_unchanged_records(
    catalogue: Catalogue, source: HarvestSource, alice: User
) -> None:
    catalogue.answer = ckan([package(1, license_id="Hausrecht")])
    harvest(source)
    assert Distribution.objects.get().licence == "Hausrecht"
    assert ["unknown-licence", "Hausrecht"] in source.records.get().findings
    source.licences = {"Hausrecht": "dl-de/zero-2-0"}
    services.save_source(source, by=alice)
    assert harvest(source).changed == 1
    assert Distribution.objects.get().licence == "dl-de/zero-2-0"


def test_a_try_stores_nothing(catalogue: Catalogue, source: HarvestSource, alice: User) -> None:
    catalogue.answer = ckan([package(1), package(2, private=True)])
    preview = services.try_source(source, by=alice)
    assert preview.count == 2
    assert [raw.refusal for raw in preview.raws] == ["", "private"]
    assert not Dataset.objects.exists()
    assert not HarvestRecord.objects.exists()


def test_old_ckan_is_read_by_its_list(catalogue: Catalogue, source: HarvestSource) -> None:
    packages = many(5)
    HarvestSource.objects.update(page_size=2)

    def answer(path: str, query: dict[str, str]) -> Reply:
        if not path.endswith("/current_package_list_with_resources"):
            return Reply(status=404)
        start = int(query["offset"])
        return Reply(
            json.dumps({"success": True, "result": packages[start : start + int(query["limit"])]}).encode()
        )

    catalogue.answer = answer
    assert counts(harvest(source)) == (5, 0, 0, 0, 0)
    assert counts(harvest(source)) == (0, 0, 5, 0, 0)
