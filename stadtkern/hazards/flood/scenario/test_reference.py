"""The page of reference says what there is."""

import dataclasses
import re
from pathlib import Path

import stadtkern
from stadtkern.hazards.flood.scenario.model import TABLES, Scenario
from stadtkern.hazards.flood.scenario.reference import page

DOCS = Path(next(iter(stadtkern.__path__))).parent / "docs"


def test_the_page_is_up_to_date() -> None:
    """Otherwise: `python -m stadtkern.hazards.flood.scenario.reference > docs/reference/flood-scenario.md`."""
    assert (DOCS / "reference" / "flood-scenario.md").read_text(encoding="utf-8") == page()


def test_every_table_of_a_scenario_can_stand_in_a_file() -> None:
    assert {f.name for f in dataclasses.fields(Scenario)} - {"path"} == set(TABLES)


def test_tutorial_and_how_to_use_keys_that_exist() -> None:
    """Every key before an equals sign in their TOML blocks is one of some table."""
    known = {f.name.rstrip("_") for table, _ in TABLES.values() for f in dataclasses.fields(table)}
    for page_ in ("tutorials/from-terrain-to-flood-map.md", "how-to/simulate-a-flood.md"):
        blocks = re.findall(r"```toml\n(.*?)```", (DOCS / page_).read_text(encoding="utf-8"), re.DOTALL)
        assert blocks
        used = {k for block in blocks for k in re.findall(r"^([a-z_]+) *=", block, re.MULTILINE)}
        assert used <= known, used - known
        tables = {t for block in blocks for t in re.findall(r"^\[+([a-z_]+)\]+", block, re.MULTILINE)}
        assert tables <= set(TABLES), tables - set(TABLES)
