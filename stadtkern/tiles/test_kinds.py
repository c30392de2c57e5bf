"""A folder is all that a new kind of tile takes."""

import shutil
from pathlib import Path

import pytest
from django.core.management import call_command

import stadtkern.tiles
from stadtkern.dashboards import registry
from stadtkern.dashboards.fields import TilesField


@pytest.mark.django_db
def test_tiles_are_no_part_of_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copied tile folder is found as a new kind of block and asks for no migration."""
    shutil.copytree(Path(next(iter(stadtkern.tiles.__path__))) / "text", tmp_path / "notice")
    source = (tmp_path / "notice" / "tile.py").read_text()
    (tmp_path / "notice" / "tile.py").write_text(
        source.replace('title=gettext_lazy("Text and picture")', 'title="Notice"')
    )
    monkeypatch.setattr(stadtkern.tiles, "__path__", [*stadtkern.tiles.__path__, str(tmp_path)])
    registry.tiles.cache_clear()
    try:
        assert "notice" in TilesField(blank=True).stream_block.child_blocks
        assert TilesField(blank=True).deconstruct()[2:] == ([], {"blank": True})
        call_command("makemigrations", "dashboards", check=True, dry_run=True, verbosity=0)
    finally:
        registry.tiles.cache_clear()
