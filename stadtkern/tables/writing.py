"""Writes a table: Parquet with its Table Schema in it (GeoParquet 1.1 where there is geometry).

And the rejected rows.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stadtkern.base.tables import harmless
from stadtkern.tables.model import BBOX, GEOMETRY, ID, Box, Column, Fact, Geometry, Kind, Plan, Reject

TABLE, REJECTED = "table.parquet", "rejected.csv"
META = b"stadtkern"
MOST_REJECTS = 100_000
ROW_GROUP = 131_072
_LEVEL = 1
_TYPES: Mapping[Kind, str] = {
    "text": "string", "integer": "integer", "number": "number", "boolean": "boolean", "date": "date",
    "datetime": "datetime", "clock": "time", "json": "any",
}  # fmt: skip


def columns_of(plan: Plan) -> tuple[Column, ...]:
    """Return the columns that a plan stores."""
    return tuple(
        Column(one.name, one.title, one.kind, one.meaning, one.unit, one.description)
        for one in plan.columns
        if one.is_kept
    )


def table_schema(plan: Plan) -> dict[str, Fact]:
    """Return the Table Schema (Frictionless, v1) of what a plan stores; `unit` and `meaning` are ours."""
    fields: list[Fact] = []
    for one in plan.columns:
        if not one.is_kept:
            continue
        field: dict[str, Fact] = {"name": one.name, "title": one.title or one.name, "type": _TYPES[one.kind]}
        if one.meaning in {"url", "email"}:
            field["format"] = "uri" if one.meaning == "url" else "email"
        about = (("description", one.description), ("unit", one.unit), ("meaning", one.meaning))
        field |= {key: value for key, value in about if value}
        fields.append(field)
    if plan.geometry:
        fields.append({"name": GEOMETRY, "title": GEOMETRY, "type": "geojson"})
    schema: dict[str, Fact] = {"fields": fields, "missingValues": [""]}
    if plan.key:
        schema["primaryKey"] = list(plan.key)
    return schema


class TableWriter:
    """Writes blocks of rows one after the other."""

    def __init__(self, path: Path, plan: Plan, schema: pa.Schema) -> None:
        self.plan = plan
        self.rows = 0
        self.types: set[str] = set()
        self.shapes = 0
        self._box = np.array([np.inf, np.inf, -np.inf, -np.inf])
        full = pa.schema([(ID, pa.int64()), *schema])
        texts = [one.name for one in plan.columns if one.is_kept and one.kind in {"text", "json", "boolean"}]
        self._writer = pq.ParquetWriter(
            path, full, compression="zstd", compression_level=_LEVEL, use_dictionary=texts, version="2.6",
        )  # fmt: skip
        self._schema = full

    def write(self, table: pa.Table) -> None:
        """Write rows and give them numbers."""
        if not table.num_rows:
            return
        numbers = pa.array(np.arange(self.rows + 1, self.rows + 1 + table.num_rows, dtype=np.int64))
        full = table.add_column(0, ID, numbers).cast(self._schema)
        self._writer.write_table(full, row_group_size=ROW_GROUP)
        self.rows += table.num_rows
        if self.plan.geometry:
            self._note_box(table.column(BBOX))

    def _note_box(self, boxes: pa.ChunkedArray) -> None:
        for place, name in enumerate(("xmin", "ymin", "xmax", "ymax")):
            side = pc.struct_field(boxes, name)
            found = (pc.min if place < 2 else pc.max)(side).as_py()  # noqa: PLR2004  (two sides of each)
            if found is not None:
                self._box[place] = (min if place < 2 else max)(self._box[place], found)  # noqa: PLR2004
        self.shapes += len(boxes) - boxes.null_count

    @property
    def geometry(self) -> Geometry | None:
        """What is known about the geometry so far."""
        if not self.plan.geometry:
            return None
        return Geometry(_common(self.types), self.bbox, self.plan.geometry.crs, self.shapes)

    @property
    def bbox(self) -> Box | None:
        """The box around everything written; nothing if there is no geometry."""
        if not np.isfinite(self._box).all():
            return None
        west, south, east, north = (float(side) for side in self._box)
        return west, south, east, north

    def close(self) -> None:
        """Write the descriptions and the end of the file."""
        about: dict[str, Fact] = {
            "version": 1,
            "schema": table_schema(self.plan),
            "zone": self.plan.zone,
            "rows": self.rows,
            "columns": [
                {
                    "name": one.name,
                    "title": one.title,
                    "kind": one.kind,
                    "meaning": one.meaning,
                    "unit": one.unit,
                    "description": one.description,
                }
                for one in columns_of(self.plan)
            ],
        }
        geometry = self.geometry
        if geometry:
            about["geometry"] = {
                "type": geometry.type,
                "bbox": list(geometry.bbox) if geometry.bbox else None,
                "source_crs": geometry.source_crs,
                "count": geometry.count,
            }
            self._writer.add_key_value_metadata({"geo": json.dumps(self._geoparquet(geometry))})
        self._writer.add_key_value_metadata({META.decode(): json.dumps(about, ensure_ascii=False)})
        self._writer.close()

    def _geoparquet(self, geometry: Geometry) -> dict[str, Fact]:
        """Return the file's description, GeoParquet 1.1; without `crs` it is OGC:CRS84."""
        column: dict[str, Fact] = {
            "encoding": "WKB",
            "geometry_types": sorted(self.types),
            "covering": {"bbox": {side: [BBOX, side] for side in ("xmin", "ymin", "xmax", "ymax")}},
        }
        if geometry.bbox:
            column["bbox"] = list(geometry.bbox)
        return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}

    def abort(self) -> None:
        """Close the file without descriptions; it will be removed."""
        self._writer.close()


def _common(types: set[str]) -> str:
    if len(types) == 1:
        return next(iter(types))
    plain = {name.removeprefix("Multi") for name in types}
    return f"Multi{next(iter(plain))}" if len(plain) == 1 else "Geometry"


class RejectWriter:
    """Writes rejected rows as a CSV file that spreadsheets open without harm.

    Only the first 100,000 lines.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0
        self.rows = 0
        self._last = 0
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=";")
        self._writer.writerow(["row", "column", "value", "code"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, rejects: Sequence[Reject]) -> None:
        """Write rejected rows in the order of their numbers."""
        for one in sorted(rejects, key=lambda reject: (reject.row, reject.column)):
            if one.row != self._last:
                self.rows += 1
                self._last = one.row
            self.lines += 1
            if self.lines <= MOST_REJECTS:
                self._writer.writerow([one.row, one.column, harmless(one.value), one.code])
