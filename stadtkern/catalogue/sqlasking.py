"""Strangers ask tables in SQL: which tables a statement names, how often and how many at once may ask."""

import csv
import hashlib
import io
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.http import HttpRequest

from stadtkern.base.errors import BadInput, NotFound, TooMany, Unavailable
from stadtkern.base.tables import harmless
from stadtkern.catalogue import uses
from stadtkern.catalogue.access import Reader, note_read, readable
from stadtkern.catalogue.models import Distribution, Version
from stadtkern.catalogue.views.interface import plain
from stadtkern.people.rates import Rates
from stadtkern.tables import SqlResult, sql

NAME = re.compile(r'"([A-Za-z0-9_-]+--[A-Za-z0-9_-]+)"', re.ASCII)
LONGEST = 10_000
MOST_TABLES = 20
PER_MINUTE = 20
"""Statements a minute of one sender without a key; as many at once."""
AT_ONCE = 2
"""Statements that run at the same time in one process; each has a process and memory of its own."""
PATIENCE = 5.0
"""Seconds a statement waits for its turn."""
MOST_SENDERS = 10_000
_turns = threading.BoundedSemaphore(AT_ONCE)
_rates = Rates()


@dataclass(frozen=True, slots=True)
class Source:
    """A table that a statement names."""

    distribution: Distribution
    version: Version


def sources(statement: str, reader: Reader) -> dict[str, Source]:
    """Return the tables that a statement names, as far as the reader may read them.

    A table is named by the short names of dataset and table: `"trees--trees"`, in double quotes.

    Raises
    ------
    BadInput
        if there are none, or too many.
    NotFound
        if a name is no table of ours.
    """
    names = list(dict.fromkeys(NAME.findall(statement)))
    if not names:
        raise BadInput('Name a table in double quotes: SELECT * FROM "dataset--table" LIMIT 10.')
    if len(names) > MOST_TABLES:
        raise BadInput(f"A statement reads {MOST_TABLES} tables at most.")
    found = {one.distribution.name: one for one in _candidates(names, reader)}
    for name in names:
        if name not in found:
            raise NotFound(f'There is no table "{name}" that you may read.')
    return {name: found[name] for name in names}


def _candidates(names: list[str], reader: Reader) -> list[Source]:
    """Return the readable tables whose dataset one of the names begins with."""
    slugs = {name[: match.start()] for name in names for match in re.finditer("--", name)}
    versions = Version.objects.current().filter(
        distribution__is_live=True,
        distribution__dataset__in=readable(reader).filter(slug__in=slugs).values("pk"),
    )
    related = versions.select_related("distribution__dataset__profile")
    return [Source(one.distribution, one) for one in related]


def count_sender(request: HttpRequest) -> None:
    """Count a statement of a sender without a key; the address is kept only as a hash, and in memory.

    Raises
    ------
    TooMany
        if there were too many within a minute.
    """
    text = f"{settings.SECRET_KEY}{request.META.get('REMOTE_ADDR', '')}"
    sender = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    if len(_rates.buckets) > MOST_SENDERS:
        _rates.buckets.clear()
    wait = _rates.wait(sender, PER_MINUTE)
    if wait:
        raise TooMany(f"{PER_MINUTE} statements a minute are allowed; wait {wait} s.", retry_after=wait)


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE):
        raise Unavailable("Many people are asking just now; try again in a few seconds.")
    try:
        yield
    finally:
        _turns.release()


def ask(request: HttpRequest, statement: str, reader: Reader) -> SqlResult:
    """Return the answer to a statement.

    Raises
    ------
    BadInput
        if the statement is empty, too long, not allowed or wrong (`tables.TableError`).
    NotFound
        if it names a table that is not there.
    Unavailable
        if too many ask at once.
    """
    text = statement.strip()
    if not text:
        raise BadInput("Write a statement: SELECT ...")
    if len(text) > LONGEST:
        raise BadInput(f"A statement has {LONGEST} characters at most.")
    if "\0" in text:
        raise BadInput("A statement has no NUL in it.")
    named = sources(text, reader)
    paths: Mapping[str, Path] = {name: one.version.table_path for name, one in named.items()}
    with _turn():
        result = sql(paths, text)
    for one in named.values():
        note_read(reader, one.distribution.dataset, "sql", len(result.rows))
        uses.note(request, one.distribution.dataset, "sql")
    return result


def as_csv(result: SqlResult) -> str:
    """Return an answer as CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([harmless(name) for name in result.columns])
    for row in result.rows:
        writer.writerow(["" if value is None else harmless(_flat(value)) for value in row])
    return out.getvalue()


def _flat(value: object) -> object:
    return value if isinstance(value, str | int | float) else plain(value)


def as_parquet(result: SqlResult) -> bytes:
    """Return an answer as Parquet; columns of mixed values become text."""
    arrays = [_array([row[number] for row in result.rows]) for number in range(len(result.columns))]
    names = [
        name if name not in result.columns[:n] else f"{name}_{n}" for n, name in enumerate(result.columns)
    ]
    out = io.BytesIO()
    pq.write_table(pa.table(arrays, names=names), out, compression="zstd")
    return out.getvalue()


def _array(values: list[object]) -> pa.Array:
    try:
        return pa.array(values)
    except pa.ArrowException:
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def forget_senders() -> None:
    """Begin counting anew."""
    _rates.buckets.clear()
