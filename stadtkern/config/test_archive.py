"""`stadtkern archive` moves old months, tells them, and brings them back."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stadtkern.base.errors import BadInput
from stadtkern.config.commands import archive
from stadtkern.config.export import observation_rows
from stadtkern.contracts.connector import Reading
from stadtkern.observations.models import Observation
from stadtkern.observations.services import record

MAY = datetime(2025, 5, 1, tzinfo=UTC)


def run(*words: str) -> int:
    """Run the command."""
    parser = ArgumentParser()
    archive.add_arguments(parser)
    return archive.run(parser.parse_args(words))


@pytest.mark.django_db
def test_months_go_and_come_back(tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ANN401  # of pytest-django
    settings.DATA_DIR = tmp_path
    readings = [
        Reading(
            thing="gubin", observed_property="water_level", unit="cm", result=200.0,
            phenomenon_time=MAY + timedelta(days=day),
        )
        for day in range(70)
    ]  # fmt: skip
    record(readings, source="imgw")
    assert run() == 0
    assert capsys.readouterr().out == "0 months moved\n", "no data profile wants it"
    assert run("--older-than", "60", "--dry-run", "--stream", "imgw:gubin:water_level") == 0
    assert "2025-05: would be moved" in capsys.readouterr().out
    assert Observation.objects.count() == 70
    exported = list(observation_rows([]))
    assert run("--older-than", "60") == 0
    assert list(observation_rows([])) == exported
    assert "imgw:gubin:water_level 2025-05: 31 values" in capsys.readouterr().out
    assert Observation.objects.count() == 9
    assert run("--list") == 0
    (may, _june) = capsys.readouterr().out.splitlines()
    assert Path(may.rsplit(", ", 1)[1]).exists()
    assert run("--bring-back") == 0
    assert capsys.readouterr().out == "61 values brought back\n"
    assert Observation.objects.count() == 70


@pytest.mark.parametrize("words", [("--older-than", "3"), ("--older-than", "1000000000")])
def test_spans_that_make_no_sense_are_told(words: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="31 to"):
        run(*words)


@pytest.mark.django_db
def test_unknown_series_are_told() -> None:
    with pytest.raises(BadInput, match="no series 'x'"):
        run("--stream", "x")
