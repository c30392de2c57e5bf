"""What every test may rely on."""

import os

import pytest
from hypothesis import settings as hypothesis_settings

# a busy machine is no failure of the code; what must be fast is measured in bench/
hypothesis_settings.register_profile("stadtkern", deadline=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "stadtkern"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """Keep the database of each worker in its own memory, as pytest-django does for Django's SQLite."""
