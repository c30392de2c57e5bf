"""Files as people save them, written into a folder of the test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stadtkern.tables import Hints, Ingested, Survey, Table, ingest, survey
from stadtkern.tables.model import Box

GUBEN: Box = (14.55, 51.85, 14.80, 52.05)

TREES = (
    "Baumkataster der Stadt Guben;;;;;;;\r\n"
    "Stand: 31.12.2024;;;;;;;\r\n"
    ";;;;;;;\r\n"
    "Nr.;AGS;Baumart;Pflanzdatum;Höhe (m);Wert in €;Naturdenkmal;Anteil in %\r\n"
    "1;12071160;Stieleiche;01.03.1950;18,5;1.234,50;ja;12,5\r\n"
    "2;12071160;Winterlinde;15.11.2001;9,25;k. A.;nein;7\r\n"
    "3;01001000;Rotbuche;31.02.1999;22;980,00;nein;3,5\r\n"
    "4;12071160;Ahorn;05.05.2010;hoch;15.000,00;ja;100\r\n"
    "5;12071160;Blutpflaume;1.6.2015;4,0;-;nein;0\r\n"
    "6;12071160;Kiefer;02.06.2015;14,0;300,00;nein;1\r\n"
    "7;12071160;Birke;03.06.2015;11,0;310,00;nein;1\r\n"
    "8;12071160;Erle;04.06.2015;12,5;320,00;nein;1\r\n"
    "9;12071160;Weide;05.06.2015;10,0;330,00;ja;1\r\n"
    "10;12071160;Pappel;06.06.2015;19,0;340,00;nein;1\r\n"
    "11;12071160;Ulme;07.06.2015;13,0;350,00;nein;1\r\n"
    "12;12071160;Esche;08.06.2015;15,0;360,00;nein;1\r\n"
    "Summe;;;;;19.574,50;;\r\n"
    "Quelle: Stadt Guben, Bauamt;;;;;;;\r\n"
)

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text or bytes to a file and return its path."""

    def write(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


class Read:
    """A file that was looked at and read."""

    def __init__(self, path: Path, folder: Path, hints: Hints) -> None:
        self.survey: Survey = survey(path, name=path.name, hints=hints)
        self.done: Ingested = ingest(path, self.survey.plan, folder)
        self.table = Table(self.done.table_path)

    @property
    def kinds(self) -> dict[str, str]:
        """Kind of each column, with its meaning behind a colon."""
        return {
            one.plan.name: f"{one.plan.kind}:{one.plan.meaning}" if one.plan.meaning else one.plan.kind
            for one in self.survey.columns
        }

    @property
    def codes(self) -> set[str]:
        """Codes of what the survey has to say."""
        return {problem.code for problem in self.survey.problems}

    @property
    def rejects(self) -> list[list[str]]:
        """The lines of the rejected rows without their header."""
        if self.done.rejected_path is None:
            return []
        lines = self.done.rejected_path.read_text(encoding="utf-8-sig").splitlines()
        return [line.split(";") for line in lines[1:]]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    """Look at a file and read it as proposed."""
    count = 0

    def read(path: Path, **hints: object) -> Read:
        nonlocal count
        count += 1
        return Read(path, tmp_path / f"read-{count}", Hints(**({"bbox": GUBEN} | hints)))  # type: ignore[arg-type]

    return read
