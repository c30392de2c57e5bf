"""Adding a plugin: one folder; no other file changes, and the tests grow by themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stadtkern.base.plugins import plugin_packages

ROOT = Path(__file__).parent.parent
STANDARD = '''"""An interface added by the test."""

from stadtkern.contracts.standard import Standard

standard = Standard(title="Added", specification="https://standard.example", prefix="added/")
'''
URLS = '''"""Addresses of the added interface."""

from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("", lambda request: HttpResponse("added"))]
'''


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the package and its tests, in which plugins may be added."""
    folder = tmp_path_factory.mktemp("copy")
    ignore = shutil.ignore_patterns("__pycache__", "vendor", "browser", "*.mo")
    for name in ("stadtkern", "tests", "towns"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy."""
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    return subprocess.run(
        [sys.executable, *words], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )


def contract_tests(copy: Path) -> list[str]:
    """Return the names of the contract tests in the copy."""
    done = run(copy, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", "tests/test_plugins.py")
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if "::" in line]


def add_copy(copy: Path, kind: str, name: str) -> None:
    """Copy the first plugin of a kind under another name."""
    original = plugin_packages(f"stadtkern.{kind}")[0].rpartition(".")[2]
    target = copy / "stadtkern" / kind / name
    shutil.copytree(copy / "stadtkern" / kind / original, target)
    for path in target.rglob("*"):
        if path.suffix in {".py", ".html"}:
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(f"{kind}/{original}", f"{kind}/{name}"), encoding="utf-8")


def test_copied_plugins_are_found_tested_and_need_no_migration(copy: Path) -> None:
    """A connector, a tile and an interface more: more contract tests, no other file touched."""
    before = contract_tests(copy)
    files = {p: p.read_bytes() for p in copy.rglob("*.py")}
    add_copy(copy, "connectors", "added_connector")
    add_copy(copy, "tiles", "added_tile")
    standard = copy / "stadtkern" / "standards" / "added_standard"
    standard.mkdir()
    (standard / "__init__.py").write_text('"""An interface added by the test."""\n')
    (standard / "standard.py").write_text(STANDARD)
    (standard / "urls.py").write_text(URLS)
    (standard / "test_standard.py").write_text('"""Tests of the added interface."""\n')
    after = contract_tests(copy)
    assert all(path.read_bytes() == content for path, content in files.items())
    for name in ("added_connector", "added_tile", "added_standard"):
        assert sum(name in line for line in after) > 0, f"no contract test ran over {name}"
    assert len(after) > len(before)
    done = run(copy, "-m", "stadtkern", "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_plugins.py", "-k", "added")
    assert done.returncode == 0, done.stdout + done.stderr
