"""What can be used is documented: commands, settings, connectors, tiles, decisions."""

import re
from pathlib import Path

import pytest

from stadtkern.base.plugins import plugin_packages
from stadtkern.config.cli import command_names

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
SETTING = re.compile(r"STADTKERN_([A-Z_]+)|\benv(?:_flag)?\(\s*\"([A-Z_]+)\"")
NOT_FOR_PEOPLE = {"EXAMPLES", "SHARED", "TEST_WORKERS"}


def used_settings() -> set[str]:
    """Return the names of all `STADTKERN_*` variables that the package reads."""
    found: set[str] = set()
    for path in (ROOT / "stadtkern").rglob("*.py"):
        if not path.name.startswith("test_"):
            found |= {a or b for a, b in SETTING.findall(path.read_text(encoding="utf-8"))}
    return {name.rstrip("_") for name in found} - NOT_FOR_PEOPLE - {""}


def test_every_setting_is_described() -> None:
    """`docs/reference/settings.md` names each variable, and none that does not exist."""
    text = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    described = set(re.findall(r"`STADTKERN_([A-Z_]+)`", text))
    assert described == used_settings()


@pytest.mark.parametrize("name", command_names())
def test_every_command_is_described(name: str) -> None:
    """`docs/reference/commands.md` names each command."""
    assert f"stadtkern {name}" in (REFERENCE / "commands.md").read_text(encoding="utf-8")


def test_every_decision_has_its_four_parts() -> None:
    """Context, decision, consequence, would change if."""
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8").lower()
        for part in ("context", "decision", "consequence", "would change if"):
            assert part in text, f"{page.name} says nothing under {part!r}"


def test_links_between_pages_lead_somewhere() -> None:
    """Every relative link in a page of documentation exists."""
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


@pytest.mark.parametrize("kind", ["connectors", "hazards", "tiles", "standards"])
def test_every_plugin_says_what_it_is(kind: str) -> None:
    """A plugin folder begins with a sentence about itself."""
    for package in plugin_packages(f"stadtkern.{kind}"):
        path = ROOT / Path(*package.split(".")) / "__init__.py"
        assert path.read_text(encoding="utf-8").strip(), f"{package} says nothing about itself"
