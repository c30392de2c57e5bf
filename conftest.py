"""What every test may rely on."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings as hypothesis_settings

from tests.migrated import migrated_file

if TYPE_CHECKING:
    from stadtkern.people.models import User

# a busy machine is no failure of the code; what must be fast is measured in bench/
hypothesis_settings.register_profile("stadtkern", deadline=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "stadtkern"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix(worker_id: str) -> None:
    """Give each worker its own database; on SQLite it is in the worker's own memory anyway."""
    from django.db import connection  # noqa: PLC0415  # needs the settings

    if connection.vendor != "sqlite":
        connection.settings_dict["TEST"]["NAME"] = f"test_stadtkern_{worker_id}"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,  # noqa: ARG001  # has to come first
    monkeypatch_session: pytest.MonkeyPatch,
) -> Iterator[None]:
    """Begin with the tables that an earlier run with the same migrations left; migrating takes a while."""
    from django.db import connection  # noqa: PLC0415  # needs the settings

    if connection.vendor != "sqlite":
        yield
        return
    template = migrated_file()
    creation = connection.creation
    create = creation.create_test_db
    # a database in memory lives as long as a connection to it
    kept = sqlite3.connect(creation._get_test_db_name(), uri=True)  # type: ignore[attr-defined]  # noqa: SLF001  # Django has no public name for it

    def create_from_template(*args: Any, **kwargs: Any) -> str:  # noqa: ANN401  # as Django's
        if template.exists():
            with closing(sqlite3.connect(template)) as found:
                found.backup(kept)
        name: str = create(*args, **kwargs)
        if not template.exists():
            unfinished = template.with_suffix(f".{os.getpid()}")
            with closing(sqlite3.connect(unfinished)) as made:
                kept.backup(made)
            unfinished.replace(template)
        return name

    monkeypatch_session.setattr(creation, "create_test_db", create_from_template)
    yield
    kept.close()


@pytest.fixture(scope="session")
def monkeypatch_session() -> Iterator[pytest.MonkeyPatch]:
    """Change something for the whole run."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def person(name: str, *roles: str) -> "User":
    """Return a person of the standing cast."""
    from django.contrib.auth.models import Group  # noqa: PLC0415  # need the apps

    from stadtkern.people.models import User  # noqa: PLC0415

    user = User.objects.create_user(username=name, email=f"{name}@example.org")
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@pytest.fixture
def alice(db: None) -> "User":  # noqa: ARG001
    """Give Alice, an editor."""
    return person("alice", "editor")


@pytest.fixture
def charlie(db: None) -> "User":  # noqa: ARG001
    """Give Charlie, who may nothing."""
    return person("charlie")


@pytest.fixture
def english() -> Iterator[None]:
    """Read texts in English."""
    from django.utils import translation  # noqa: PLC0415  # needs the settings

    with translation.override("en"):
        yield
