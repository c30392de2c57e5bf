"""Data really end."""

from datetime import UTC, datetime, timedelta

import pytest
from auditlog.models import LogEntry
from django.db import DatabaseError

from stadtkern.base.errors import StadtkernError
from stadtkern.governance import retention
from stadtkern.governance.models import RetentionRun
from stadtkern.people.audit import delete_old_entries
from stadtkern.people.models import Organisation

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_rules(monkeypatch: pytest.MonkeyPatch) -> dict[str, retention.Rule]:
    """Return a registry that holds only what the test puts there."""
    own: dict[str, retention.Rule] = {}
    monkeypatch.setattr(retention, "_rules", own)
    return own


def delete_organisations(_now: datetime) -> int:
    """Delete every organisation."""
    return Organisation.objects.all().delete()[0]


def test_a_rule_deletes_and_leaves_a_record() -> None:
    """The run is the proof."""
    Organisation.objects.create(slug="alice")
    retention.register("test.organisations", delete_organisations)
    retention.run_retention()
    assert not Organisation.objects.exists()
    run = RetentionRun.objects.get()
    assert (run.name, run.deleted, run.error) == ("test.organisations", 1, "")
    assert run.finished_at is not None


def test_a_dry_run_counts_and_keeps_everything() -> None:
    """Nothing is deleted, nothing recorded."""
    Organisation.objects.create(slug="alice")
    retention.register("test.organisations", delete_organisations)
    assert [run.deleted for run in retention.run_retention(dry_run=True)] == [1]
    assert Organisation.objects.exists()
    assert not RetentionRun.objects.exists()


def test_a_failing_rule_stops_no_other() -> None:
    """The failure is in the record, in words."""

    def broken(_now: datetime) -> int:
        raise DatabaseError("disk full")

    Organisation.objects.create(slug="bob")
    retention.register("test.a_broken", broken)
    retention.register("test.b_organisations", delete_organisations)
    runs = retention.run_retention()
    assert [(run.error, run.deleted) for run in runs] == [("DatabaseError: disk full", 0), ("", 1)]
    assert not Organisation.objects.exists()


def test_one_rule_can_run_alone() -> None:
    """An unknown name is refused with the names there are."""
    retention.register("test.organisations", delete_organisations)
    assert len(retention.run_retention(only="test.organisations")) == 1
    with pytest.raises(StadtkernError, match=r"test\.organisations"):
        retention.run_retention(only="nothing")


def test_a_name_is_taken_once() -> None:
    """Registering the same function again is harmless, another one an error."""
    retention.register("test.organisations", delete_organisations)
    retention.register("test.organisations", delete_organisations)
    with pytest.raises(ValueError, match="already"):
        retention.register("test.organisations", lambda _now: 0)


def test_the_audit_trail_ends() -> None:
    """Entries older than five years go, younger ones stay."""
    Organisation.objects.create(slug="old")
    LogEntry.objects.update(timestamp=NOW - timedelta(days=1827))
    Organisation.objects.create(slug="young")
    LogEntry.objects.filter(object_repr="young").update(timestamp=NOW - timedelta(days=1825))
    assert delete_old_entries(NOW) == 1
    assert [entry.object_repr for entry in LogEntry.objects.all()] == ["young"]


def test_the_record_ends_too() -> None:
    """A job that only ever wrote would grow for good."""
    for days in (729, 731):
        RetentionRun.objects.create(name="x", started_at=NOW - timedelta(days=days))
    assert retention.delete_old_runs(NOW) == 1
    assert RetentionRun.objects.get().started_at == NOW - timedelta(days=729)
