"""Finds out what a file is, and how it would be read."""

from pathlib import Path

from stadtkern.tables.model import Hints, Survey


def survey(path: Path, *, name: str, hints: Hints | None = None) -> Survey:
    """Look at the beginning and the end of a file; takes seconds and little memory however large it is.

    Parameters
    ----------
    path
        The uploaded file.
    name
        Under which it was uploaded; only a help, the content decides.
    hints
        What is known already.

    Raises
    ------
    TableError
        If it is no table, or not one that may be read.
    """
    raise NotImplementedError
