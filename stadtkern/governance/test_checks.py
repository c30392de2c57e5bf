"""`stadtkern check` tells when old data are no longer deleted."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.core.checks import run_checks

from stadtkern.base.clock import now
from stadtkern.governance.models import RetentionRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> RetentionRun:
    """Return a run of a retention rule that went well just now."""
    return RetentionRun.objects.create(name="x", started_at=now())


def found(databases: Sequence[str] = ("default",)) -> set[str]:
    """Return the numbers of what the checks of this app say."""
    said = run_checks(tags=["stadtkern"], include_deployment_checks=True, databases=databases)
    return {str(m.id) for m in said if str(m.id).startswith("governance.")}


def test_retention_that_runs_is_not_mentioned(run: RetentionRun) -> None:
    assert found() == set()


def test_a_retention_job_that_stands_still_is_named(run: RetentionRun) -> None:
    RetentionRun.objects.update(started_at=now() - timedelta(days=4))
    assert found() == {"governance.W001"}


def test_a_retention_rule_that_fails_is_named(run: RetentionRun) -> None:
    RetentionRun.objects.update(error="disk full")
    assert found() == {"governance.W002"}


def test_without_a_database_nobody_is_asked() -> None:
    assert found(databases=()) == set()
    assert found() == {"governance.W001"}
