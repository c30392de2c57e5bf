"""Settings of the test run, set before Django reads them (pytest plugin, see `addopts`)."""

import os
import tempfile

os.environ.setdefault("STADTKERN_DATA_DIR", tempfile.mkdtemp(prefix="stadtkern-test-"))
os.environ.setdefault("STADTKERN_SECRET_KEY", "only-for-tests")
os.environ.setdefault("STADTKERN_LOG_LEVEL", "WARNING")
os.environ.setdefault("STADTKERN_REQUIRE_SECOND_FACTOR", "no")
os.environ.setdefault("STADTKERN_FRONT_PAGE_SECONDS", "0")
os.environ.setdefault("STADTKERN_SHARED", os.path.join(os.path.dirname(__file__), "..", "..", "shared"))  # noqa: PTH118, PTH120
