"""The files of the archive: Parquet that says by itself what it holds (Apache Parquet, format 2.6).

Times are timestamps in UTC, results numbers in the unit that the metadata of the file name. What is no
number, and what SensorThings keeps beside a result, is JSON text. Columns without anything cost a few bytes.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stadtkern.observations.services.columns import JSON, NULL, TIMES, Columns, Ints
from stadtkern.observations.services.storage.base import Writing

MEANING = {
    "phenomenon_time": "when it was so; with phenomenon_end, from when on",
    "result": "the number, in the unit of the file",
    "value": "a result that is no number, as JSON",
    "quality": "1 good, 2 not evaluated, 3 questionable, 4 bad, 9 missing (IODE primary flags)",
    "checks": "failed tests and what the source said, bits as listed in the metadata of the file",
    "result_time": "since when it was known",
    "phenomenon_end": "until when it was so",
    "valid_from": "valid from",
    "valid_to": "valid until",
    "parameters": "further facts as sent, JSON",
    "result_quality": "quality as the sender said it, JSON",
    "feature_id": "feature of interest in SensorThings",
    "id": "@iot.id in SensorThings",
    "copy": "counts the results of one time from 0",
}
_EVERY = ("phenomenon_time", "quality", "checks", "id", "copy")
"""Columns that are never empty."""
_SMALL = ("quality", "checks", "copy")


@dataclass(slots=True)
class Summary:
    """What is in a file that was written."""

    rows: int = 0
    first_time: int = 0
    last_time: int = 0
    first_result_time: int | None = None
    last_result_time: int | None = None
    first_number: int = 0
    last_number: int = 0
    features: frozenset[int] = frozenset()
    size: int = 0
    digest: str = ""

    def add(self, rows: Writing) -> None:
        """Count rows, not none, which come in the order of time."""
        columns = rows.columns
        ends = [int(columns.time.max())]
        if columns.phenomenon_end is not None:
            ends.append(int(columns.phenomenon_end.max()))
        numbers = int(rows.number.min()), int(rows.number.max())
        if not self.rows:
            self.first_time, self.last_time = int(columns.time[0]), ends[0]
            self.first_number, self.last_number = numbers
        self.last_time = max(self.last_time, *ends)
        self.first_number = min(self.first_number, numbers[0])
        self.last_number = max(self.last_number, numbers[1])
        self.rows += len(columns)
        if columns.result_time is not None:
            known = columns.result_time[columns.result_time != NULL]
            if len(known):
                edges = int(known.min()), int(known.max())
                self.first_result_time = min(edges[0], self.first_result_time or edges[0])
                self.last_result_time = max(edges[1], self.last_result_time or edges[1])
        if columns.feature is not None:
            self.features |= frozenset(np.unique(columns.feature[columns.feature != NULL]).tolist())


def write(path: Path, pieces: Iterable[Writing], facts: Mapping[str, str]) -> Summary:
    """Write a file that is whole and on disk when it stands under its name; return what is in it.

    Parameters
    ----------
    pieces
        Rows of one datastream in the order of time; none of the pieces is empty.
    facts
        What the file says of itself.
    """
    from pyarrow import parquet  # noqa: PLC0415  # takes a quarter of a second

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    summary = Summary()
    try:
        with parquet.ParquetWriter(
            partial,
            _schema(facts),
            compression="zstd",
            use_dictionary=["value", "parameters", "result_quality", "quality", "checks"],
            column_encoding=dict.fromkeys(("phenomenon_time", "id"), "DELTA_BINARY_PACKED"),
        ) as writer:
            for piece in pieces:
                summary.add(piece)
                writer.write_table(_table(piece, writer.schema))
        with partial.open("rb+") as file:
            summary.digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        summary.size = partial.stat().st_size
        partial.replace(path)
        _sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)
    return summary


def _sync(folder: Path) -> None:
    """Bring the names in a folder to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _schema(facts: Mapping[str, str]) -> Any:  # noqa: ANN401  # pyarrow has no types
    import pyarrow as pa  # noqa: PLC0415  # takes a quarter of a second

    time, text = pa.timestamp("us", tz="UTC"), pa.string()
    kinds = {
        **dict.fromkeys(("phenomenon_time", *TIMES), time),
        **dict.fromkeys(JSON, text),
        **dict.fromkeys(_SMALL, pa.int16()),
        "result": pa.float64(),
        "feature_id": pa.int64(),
        "id": pa.int64(),
    }
    fields = [
        pa.field(name, kinds[name], nullable=name not in _EVERY, metadata={"description": meaning})
        for name, meaning in MEANING.items()
    ]
    return pa.schema(fields, metadata=dict(facts))


def _table(rows: Writing, schema: Any) -> Any:  # noqa: ANN401  # as above
    import pyarrow as pa  # noqa: PLC0415  # as above

    columns = rows.columns
    values: dict[str, Any] = {
        "phenomenon_time": columns.time,
        "result": columns.result,
        "quality": rows.quality,
        "checks": rows.checks,
        "id": rows.number,
        "copy": rows.copy,
        "feature_id": columns.feature,
        **{name: getattr(columns, name) for name in (*TIMES, *JSON)},
    }
    return pa.table([_array(values[one.name], one.type, len(columns)) for one in schema], schema=schema)


def _array(column: Any, kind: Any, rows: int) -> Any:  # noqa: ANN401  # of numpy to one of pyarrow
    import pyarrow as pa  # noqa: PLC0415  # as above

    if column is None:
        return pa.nulls(rows, kind)
    if column.dtype == object:
        return pa.array(column.tolist(), kind)
    if column.dtype == np.float64:
        return pa.array(column, kind, mask=np.isnan(column))
    made = pa.array(column, pa.int64(), mask=column == NULL)
    return made.cast(pa.timestamp("us")).cast(kind) if pa.types.is_timestamp(kind) else made.cast(kind)


def read(path: Path, datastream: int) -> Iterator[Writing]:
    """Yield all rows of a file in pieces.

    Raises
    ------
    FileNotFoundError
        If it has gone back into the table in the meantime.
    """
    from pyarrow import parquet  # noqa: PLC0415  # as above

    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=50_000, use_threads=False):
            yield _writing({name: batch.column(name) for name in batch.schema.names}, datastream)


def read_columns(path: Path, names: list[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Return some of the columns of numbers and times of a file; nan where there is no result.

    Raises
    ------
    FileNotFoundError
        If it has gone back into the table in the meantime.
    """
    from pyarrow import parquet  # noqa: PLC0415  # as above

    with parquet.ParquetFile(path) as file:
        table = file.read(columns=names, use_threads=False)
    return {name: _numbers(table.column(name)) for name in names}


def _numbers(column: Any) -> np.ndarray[Any, Any]:  # noqa: ANN401  # of pyarrow
    import pyarrow as pa  # noqa: PLC0415  # as above

    if pa.types.is_floating(column.type):
        found: np.ndarray[Any, Any] = column.to_numpy(zero_copy_only=False)
        return found
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    filled = column.fill_null(NULL) if column.null_count else column
    whole: np.ndarray[Any, Any] = filled.to_numpy(zero_copy_only=False)
    return whole.astype(np.int64)


def _writing(table: Mapping[str, Any], datastream: int) -> Writing:
    """Return rows of pyarrow as the bulk path writes them."""
    sparse = {name: table["feature_id" if name == "feature" else name] for name in (*TIMES, "feature")}
    texts = {name: table[name] for name in JSON}
    columns = Columns(
        np.full(len(table["id"]), datastream, dtype=np.int64),
        _numbers(table["phenomenon_time"]),
        _numbers(table["result"]),
        **{name: _numbers(column) for name, column in sparse.items() if not _is_empty(column)},
        **{name: _texts(column) for name, column in texts.items() if not _is_empty(column)},
    )
    small: list[Ints] = [_numbers(table[name]) for name in ("id", "copy", "quality", "checks")]
    return Writing(columns, *small)


def _is_empty(column: Any) -> bool:  # noqa: ANN401  # of pyarrow
    return bool(column.null_count == len(column))


def _texts(column: Any) -> Any:  # noqa: ANN401  # of pyarrow to one of numpy
    return np.array([*column.to_pylist(), None], dtype=object)[:-1]
