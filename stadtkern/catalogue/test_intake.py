"""Files come in, are read, and become current."""

from io import BytesIO
from pathlib import Path

import pytest
from auditlog.models import LogEntry
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.catalogue import current
from stadtkern.catalogue.fixtures import (
    MORE_TREES,
    TREES,
    _own_folder,
    bring,
    make_dataset,
    make_profile,
    make_table,
)
from stadtkern.catalogue.models import Dataset, Distribution, FollowUp, Version
from stadtkern.catalogue.services import approval, files, retention, versions, work
from stadtkern.catalogue.services.datasets import new_table
from stadtkern.people.models import Membership, Organisation, User
from stadtkern.tables import Plan, Query, Table

__all__ = ["_own_folder"]
pytestmark = pytest.mark.django_db
State = Version.State


@pytest.fixture
def mia(alice: User) -> User:  # the roles have to be there
    from conftest import person  # noqa: PLC0415

    return person("mia", "moderator")


def test_a_german_file_is_read_as_it_was_meant(alice: User) -> None:
    version = bring(make_table(alice), by=alice)
    assert (version.state, version.rows, version.rejected_rows) == (State.READY, 3, 0)
    table = Table(version.table_path)
    kinds = {one.title: one.kind for one in table.columns}
    assert list(kinds.values()) == ["integer", "text", "number", "date", "number", "text"]
    first = table.rows(Query(limit=1)).as_dicts()[0]
    assert "12071160" in first.values()
    assert 1234.5 in first.values()
    assert version.source_path.read_bytes() == TREES


def test_the_second_version_says_what_changed(alice: User) -> None:
    table = make_table(alice)
    bring(table, by=alice)
    second = bring(table, MORE_TREES, by=alice)
    assert second.number == 2
    assert (second.difference["before"], second.difference["added"], second.difference["removed"]) == (
        1,
        1,
        0,
    )
    assert [one.is_proposed for one in table.versions.order_by("number")] == [False, True]


def test_corrections_are_kept_for_the_next_file(alice: User) -> None:
    table = make_table(alice)

    def correct(plan: Plan) -> Plan:
        first = plan.columns[0]
        return plan.with_column(first.name, kind="text", title="Baumnummer", description="Schild am Stamm")

    bring(table, by=alice, correct=correct)
    second = bring(table, MORE_TREES, by=alice)
    first = Table(second.table_path).columns[0]
    assert (first.kind, first.title, first.description) == ("text", "Baumnummer", "Schild am Stamm")


def test_a_refused_file_says_why_and_leaves_nothing(alice: User) -> None:
    table = make_table(alice)
    with pytest.raises(BadInput):
        bring(table, b"<!doctype html><html><body>Anmeldung</body></html>", "liste.csv", by=alice)
    version = table.versions.get()
    assert version.state == State.FAILED
    assert version.findings["failure"]["code"] == "is_html"
    assert not version.table_folder.exists()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\Users\\a\\b.csv", "\x00\x07.csv", "", "a" * 400 + ".csv"]
)
def test_names_of_files_lead_nowhere(name: str, alice: User) -> None:
    version = versions.upload(make_table(alice), BytesIO(b"a;b\n1;2\n"), name, by=alice)
    assert version.source_path.parent == version.folder
    assert len(version.original_name) <= 255
    assert version.source_path.is_file()


def test_empty_and_too_large_files_are_refused(alice: User, settings: Settings) -> None:
    settings.UPLOAD_MOST_BYTES = 10
    table = make_table(alice)
    for data in (b"", TREES):
        with pytest.raises(BadInput):
            versions.upload(table, BytesIO(data), "x.csv", by=alice)
    assert not table.versions.exists()
    assert list(Path(settings.DATA_DIR, files.INCOMING).glob("*")) == []


def test_a_refused_first_file_leaves_no_dataset(alice: User) -> None:
    with pytest.raises(BadInput):
        new_table("Leer", make_profile(), by=alice, file=BytesIO(b""), name="leer.csv")
    assert not Dataset.objects.exists()


def test_two_datasets_of_one_title_get_two_addresses(alice: User) -> None:
    one, two = (make_dataset(alice, title="Straßenbäume & łąki") for _number in range(2))
    assert (one.slug, two.slug) == ("strassenbaeume-laki", "strassenbaeume-laki-2")


def test_bound_editors_change_only_what_is_theirs(alice: User) -> None:
    table = make_table(alice)
    fire = Organisation.objects.create(slug="fire", name={"de": "Feuerwehr"})
    Membership.objects.create(user=alice, organisation=fire, role=Membership.Role.EDITOR)
    alice = User.objects.get(pk=alice.pk)
    with pytest.raises(NotPermitted):
        versions.upload(table, BytesIO(TREES), "x.csv", by=alice)
    with pytest.raises(NotPermitted):
        new_table("Fremd", make_profile(), by=alice, file=BytesIO(TREES), name="x.csv")
    own = new_table("Eigen", make_profile("hydrants", "fire"), by=alice, file=BytesIO(TREES), name="x.csv")
    assert own.number == 1


def test_nothing_is_public_before_the_approval(alice: User, mia: User) -> None:
    table = make_table(alice)
    version = bring(table, by=alice)
    with pytest.raises(NotPermitted):
        versions.make_current(version, by=alice)
    with pytest.raises(NotPermitted):
        approval.publish(table.dataset, by=alice)
    approval.submit(table.dataset, by=alice)
    table.dataset.refresh_from_db()
    assert not Dataset.objects.public().exists()
    assert not Version.objects.current().exists()
    state = table.dataset.current_workflow_task_state
    state.approve(user=mia)
    assert Dataset.objects.public().get() == table.dataset
    assert Distribution.objects.public().get() == table
    assert Version.objects.current().get() == version
    stored = Dataset.objects.get()
    assert stored.issued is not None
    assert stored.modified is not None


def test_sent_back_with_a_comment_and_submitted_again(alice: User, mia: User) -> None:
    table = make_table(alice)
    bring(table, by=alice)
    approval.submit(table.dataset, by=alice)
    dataset = Dataset.objects.get()
    with pytest.raises(BadInput):
        approval.submit(dataset, by=alice)
    dataset.current_workflow_task_state.reject(user=mia, comment="Bitte die Höhe erklären")
    dataset = Dataset.objects.get()
    assert not dataset.live
    written = approval.latest(dataset)
    written.description = {"de": "Die Höhe ist geschätzt."}
    approval.save_draft(written, by=alice)
    approval.submit(Dataset.objects.get(), by=alice)
    Dataset.objects.get().current_workflow_task_state.approve(user=mia)
    assert Dataset.objects.public().get().description == {"de": "Die Höhe ist geschätzt."}


def test_a_public_dataset_stays_as_it_is_until_the_next_approval(alice: User, mia: User) -> None:
    table = make_table(alice)
    first = bring(table, by=alice)
    approval.publish(table.dataset, by=mia)
    dataset = Dataset.objects.get()
    written = approval.latest(dataset)
    written.title, written.draft_keywords = {"de": "Bäume, neu"}, ["Baum", "Straße"]
    approval.save_draft(written, by=alice)
    table.refresh_from_db()
    approval.change_distribution(table, {"title": {"de": "Neuer Titel"}}, by=alice)
    second = bring(Distribution.objects.get(), MORE_TREES, by=alice)
    public = Dataset.objects.public().get()
    assert public.title == {"de": "Straßenbäume"}
    assert list(public.keywords.all()) == []
    assert Distribution.objects.get().title == {"de": "Bäume"}
    assert Version.objects.current().get() == first

    approval.publish(Dataset.objects.get(), by=mia)
    public = Dataset.objects.public().get()
    assert public.title == {"de": "Bäume, neu"}
    assert {one.word for one in public.keywords.all()} == {"Baum", "Straße"}
    assert Distribution.objects.get().title == {"de": "Neuer Titel"}
    assert Version.objects.current().get() == second


def test_what_comes_after_submitting_waits_for_the_next_approval(alice: User, mia: User) -> None:
    table = make_table(alice)
    first = bring(table, by=alice)
    approval.submit(table.dataset, by=alice)
    second = bring(Distribution.objects.get(), MORE_TREES, by=alice)
    with pytest.raises(BadInput):
        versions.propose(second, by=alice)
    Dataset.objects.get().current_workflow_task_state.approve(user=mia)
    assert Version.objects.current().get() == first


def test_an_older_version_comes_back(alice: User, mia: User) -> None:
    table = make_table(alice)
    first = bring(table, by=alice)
    approval.publish(table.dataset, by=mia)
    second = bring(Distribution.objects.get(), MORE_TREES, by=alice)
    versions.make_current(second, by=mia)
    versions.make_current(first, by=mia)
    assert Version.objects.current().get() == first
    assert Version.objects.get(pk=second.pk).was_current


def test_withdrawn_datasets_are_gone_with_a_reason(alice: User, mia: User) -> None:
    table = make_table(alice)
    bring(table, by=alice)
    approval.publish(table.dataset, by=mia)
    dataset = Dataset.objects.get()
    with pytest.raises(BadInput):
        versions.withdraw(dataset, "  ", by=alice)
    versions.withdraw(dataset, {"de": "Fehler in den Daten"}, by=alice)
    assert not Dataset.objects.public().exists()
    with pytest.raises(BadInput):
        versions.upload(Distribution.objects.get(), BytesIO(TREES), "x.csv", by=alice)
    with pytest.raises(NotPermitted):
        versions.restore(dataset, by=alice)
    versions.restore(dataset, by=mia)
    assert Dataset.objects.public().exists()


def test_cancelling_deletes_the_file(alice: User) -> None:
    version = versions.upload(make_table(alice), BytesIO(TREES), "x.csv", by=alice)
    assert version.folder.exists()
    versions.cancel(version, by=alice)
    changes = [one.changes for one in LogEntry.objects.get_for_object(version)]
    assert {"state": ["waiting", "cancelled"]} in changes
    assert version.state == State.CANCELLED
    assert not version.folder.exists()
    assert work.look_at_new() == 0
    with pytest.raises(BadInput):
        versions.cancel(version, by=alice)


def test_who_holds_a_version_stops_when_it_is_cancelled(alice: User) -> None:
    version = versions.upload(make_table(alice), BytesIO(TREES), "x.csv", by=alice)
    work.look_at_new()
    versions.confirm(version, Plan.from_json(Version.objects.get().plan), by=alice)
    with files.working_on(version.pk):
        versions.cancel(version, by=alice)
        assert Version.objects.get().state == State.READING
    work.read_small()
    assert Version.objects.get().state == State.CANCELLED
    assert not version.folder.exists()


def test_two_editors_cannot_confirm_the_same_file_twice(alice: User) -> None:
    version = versions.upload(make_table(alice), BytesIO(TREES), "x.csv", by=alice)
    work.look_at_new()
    plan = Plan.from_json(Version.objects.get().plan)
    versions.confirm(version, plan, by=alice)
    with pytest.raises(BadInput):
        versions.confirm(version, plan, by=alice)


def test_a_file_that_ends_the_worker_again_and_again_is_given_up(alice: User) -> None:
    version = versions.upload(make_table(alice), BytesIO(TREES), "x.csv", by=alice)
    Version.objects.filter(pk=version.pk).update(state=State.LOOKING, attempts=work.MOST_ATTEMPTS)
    work.look_at_new()
    version.refresh_from_db()
    assert version.state == State.FAILED
    assert version.findings["failure"]["code"] == "worker_ended"
    versions.retry(version, by=alice)
    work.look_at_new()
    assert Version.objects.get().state == State.ASKING


def test_other_subjects_are_told_again_until_they_are_done(alice: User, mia: User) -> None:
    seen: list[int] = []

    def fill(version: Version) -> None:
        seen.append(version.number)
        if len(seen) == 1:
            raise RuntimeError("the index is busy")

    current.register("test", fill)
    try:
        table = make_table(alice)
        bring(table, by=alice)
        approval.publish(table.dataset, by=mia)
        current.run_pending()
        task = FollowUp.objects.get(name="test")
        assert (seen, task.is_done, task.problem) == ([1], False, "RuntimeError: the index is busy")
        FollowUp.objects.update(next_at=task.next_at.replace(year=2020))
        current.run_pending()
        assert FollowUp.objects.get(name="test").is_done
        assert seen == [1, 1]
    finally:
        current.forget("test")


def test_files_nobody_needs_are_deleted_and_others_stay(
    alice: User,
    mia: User,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    from datetime import timedelta  # noqa: PLC0415

    from stadtkern.base import clock  # noqa: PLC0415

    table = make_table(alice)
    shown = bring(table, by=alice)
    approval.publish(table.dataset, by=mia)
    second = bring(Distribution.objects.get(), MORE_TREES, by=alice)
    versions.make_current(second, by=mia)
    unused = bring(Distribution.objects.get(), TREES + b"9;x;1;1.1.2000;1;1\n", by=alice)
    Version.objects.filter(pk=unused.pk).update(is_proposed=False)
    asking = versions.upload(Distribution.objects.get(), BytesIO(TREES), "x.csv", by=alice)
    work.look_at_new()
    later = clock.now() + timedelta(days=settings.FAILED_UPLOAD_DAYS + 1)
    with django_capture_on_commit_callbacks(execute=True):
        assert retention.delete_unpublished(later) == 2
    assert [one.folder.exists() for one in (shown, second, unused, asking)] == [True, True, False, False]
    with pytest.raises(BadInput):
        versions.make_current(unused, by=mia)


def test_deleting_a_dataset_deletes_its_files(
    alice: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    version = bring(make_table(alice), by=alice)
    with django_capture_on_commit_callbacks(execute=True):
        Dataset.objects.get().delete()
    assert not version.folder.exists()
