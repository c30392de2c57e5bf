"""The trail names who acts, and nobody who acted before."""

import pytest
from auditlog.context import auditlog_value
from auditlog.models import LogEntry
from django.test import Client

from stadtkern.people.audit import acting_as
from stadtkern.people.models import Organisation, User


@pytest.fixture
def no_actor() -> None:
    """Begin like a thread that has served nobody yet."""
    auditlog_value.set({"signal_duid": None})


def _entry(slug: str) -> LogEntry:
    with acting_as("key:abc"):
        made = Organisation.objects.create(slug=slug, name={"en": slug})
    return LogEntry.objects.get_for_object(made).get()


@pytest.mark.usefixtures("no_actor")
def test_whoever_asked_before_is_not_named(client: Client, charlie: User) -> None:
    client.force_login(charlie)
    assert client.get("/en/").status_code == 200
    found = _entry("after")
    assert found.actor is None
    assert found.additional_data == {"principal": "key:abc"}


@pytest.mark.usefixtures("no_actor", "db")
def test_an_error_leaves_no_name_behind() -> None:
    with pytest.raises(RuntimeError, match="broken"), acting_as("key:abc"):
        raise RuntimeError("broken")
    made = Organisation.objects.create(slug="later", name={"en": "Later"})
    assert LogEntry.objects.get_for_object(made).get().additional_data is None
    assert auditlog_value.get() == {"signal_duid": None}
