"""Collections in our own tables."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import BinaryField, F, FloatField, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.http import HttpRequest

from stadtkern.features import access
from stadtkern.features.boxes import WORLD, Bounds, Span, parts
from stadtkern.features.collections import About, Collection, Page, Property, Row, Wanted
from stadtkern.features.facts import Facts, Kind
from stadtkern.features.models import Feature, FeatureCollection

COLUMNS = ("number", "key", "text", "kept")
LAST_ZOOM = 15


class PropertyValue(Func):
    """The value of one property: a number, or text ("true" and "false" for truth); NULL if there is none."""

    arity = 1

    def __init__(self, name: str, kind: Kind) -> None:
        self.name, self.kind = name, kind
        numeric = kind in {"integer", "number"}
        super().__init__(F("properties"), output_field=FloatField() if numeric else TextField())

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:  # type: ignore[override]  # noqa: ANN401, ARG002  # Django's
        """Return it for PostgreSQL."""
        column, params = compiler.compile(self.get_source_expressions()[0])
        sql = f"({column} ->> %s)"
        numeric = self.kind in {"integer", "number"}
        return f"{sql}::double precision" if numeric else sql, (*params, self.name)

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:  # noqa: ANN401, ARG002  # Django's
        """Return it for SQLite."""
        column, params = compiler.compile(self.get_source_expressions()[0])
        sql, params = (
            f"json_extract({column}, %s)",
            (*params, f"$.{json.dumps(self.name, ensure_ascii=False)}"),
        )
        if self.kind in {"integer", "number"}:
            return f"CAST({sql} AS REAL)", params
        if self.kind == "boolean":
            return f"CASE {sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END", params
        return f"CAST({sql} AS TEXT)", params


class Table:
    """One collection with its current loading."""

    geometry_path: str = "geometry"

    def __init__(self, collection: FeatureCollection) -> None:
        current = collection.current
        assert current is not None  # noqa: S101  # `access.readable` gives no others
        self.collection, self.set = collection, current
        self.facts = Facts.from_json(current.facts)
        self.time_paths: tuple[str, str] | None = ("started", "ended")

    def about(self) -> About:
        """Say what it is."""
        one, facts = self.collection, self.facts
        return About(
            name=one.name,
            title=str(one),
            description=one.get_description(),  # type: ignore[attr-defined]  # made by the field
            bounds=facts.bounds,
            span=facts.span,
            geometries=facts.geometries,
            count=facts.count,
            licence=one.licence,
            attribution=one.attribution,
            page=one.page,
            revision=str(self.set.pk),
            is_public=getattr(one, "is_public", True),
        )

    @cached_property
    def _properties(self) -> dict[str, Property]:
        facts = self.facts
        return {
            name: Property(kind, facts.titles.get(name, name), PropertyValue(name, kind))
            for name, kind in facts.kinds.items()
        }

    def properties(self) -> Mapping[str, Property]:
        """Return the properties that were loaded."""
        return self._properties

    def rows_of(self) -> "QuerySet[Any]":
        """Return the features of the current loading."""
        return Feature.objects.filter(set=self.set)

    def about_how_many(self, box: Bounds) -> int | None:
        """Estimate how many features meet a box."""
        found = sum(self.facts.density.estimate(part) for part in parts(box))
        return min(round(found), self.facts.count)

    def page(self, wanted: Wanted, *, shapes: bool = False) -> Page:
        """Return the features asked for, in the order of the loading."""
        rows = self._chosen(wanted).filter(number__gt=wanted.after).order_by("number")
        found = self._read(rows[: wanted.limit + 1], shapes=shapes)
        more = len(found) > wanted.limit
        found = found[: wanted.limit]
        after = found[-1].place if more and found else None
        return Page(found, after, self._matched(wanted, len(found), after))

    def _matched(self, wanted: Wanted, returned: int, after: int | None) -> int | None:
        if wanted.box is None and wanted.span is None and wanted.condition is None:
            return self.facts.count
        return returned if after is None and not wanted.after else None

    def row(self, key: str, *, shapes: bool = False) -> Row | None:
        """Return one feature by its own name, else by its number."""
        named = Q(pk__in=[]) if not key else Q(key=key)
        if key.isascii() and key.isdigit() and len(key) < 19:  # noqa: PLR2004  # what the column holds
            named |= Q(key="", number=int(key))
        rows = self.rows_of().filter(named)
        return next(iter(self._read(rows[:1], shapes=shapes)), None)

    def drawn(self, box: Bounds, zoom: int, most: int) -> Sequence[Row]:
        """Return the features of a tile: those that stand for others first."""
        drawn = self.facts.zooms[min(zoom, LAST_ZOOM)] if self.facts.zooms else 0
        near = sum(self.facts.density.estimate(part) for part in parts(box))
        if zoom < LAST_ZOOM and drawn < max(near * 6, 1000):
            rows = self.rows_of().filter(_meets(box, "beside_box"), zoom__lte=zoom)
        else:
            rows = self._by_place().filter(_meets(box, "meets_box"))
            if zoom < LAST_ZOOM:
                rows = rows.filter(zoom__lte=zoom)
        return self._read(rows[:most], shapes=True)

    def _chosen(self, wanted: Wanted) -> "QuerySet[Any]":
        rows, lookup = self.rows_of(), "beside_box"
        if wanted.box is not None and wanted.box != WORLD and self._is_narrow(wanted):
            rows, lookup = self._by_place(), "meets_box"
        if wanted.box is not None:
            near = _meets(wanted.box, lookup)
            if wanted.shape is not None:
                near &= Q(geometry__beside_shape=wanted.shape)
            rows = rows.filter(near | Q(west=None) if self.facts.nowhere else near)
        if wanted.span is not None and self.facts.span is not None:
            rows = rows.filter(_within(wanted.span))
        return rows if wanted.condition is None else rows.filter(wanted.condition)

    def _is_narrow(self, wanted: Wanted) -> bool:
        """Return whether the spatial index reads less than going through the rows in their order would."""
        assert wanted.box is not None  # noqa: S101  # the caller looked
        near = self.about_how_many(wanted.box) or 0
        return wanted.condition is not None or near <= math.sqrt((wanted.limit + 1) * self.facts.count)

    def _by_place(self) -> "QuerySet[Any]":
        """Return the same rows without the index by number, which SQLite would prefer to that by place."""
        if connection.vendor != "sqlite":
            return self.rows_of()
        return Feature.objects.alias(one_set=F("set_id") + Value(0)).filter(one_set=self.set.pk)

    def _read(self, rows: "QuerySet[Any]", *, shapes: bool) -> list[Row]:
        columns = (*COLUMNS, "shape") if shapes else COLUMNS
        rows = rows.annotate(kept=Cast("properties", TextField()))
        if shapes:
            rows = rows.annotate(shape=_AsWkb("geometry"))
        found = rows.values_list(*columns)
        if shapes:
            return [
                Row(number, key or number, text, kept, None if shape is None else bytes(shape))
                for number, key, text, kept, shape in found
            ]
        return [Row(number, key or number, text, kept) for number, key, text, kept in found]


def _meets(box: Bounds, lookup: str) -> Q:
    condition = Q()
    for part in parts(box):
        condition |= Q(**{f"geometry__{lookup}": part})
    return condition


def _within(span: Span) -> Q:
    """Return what holds for features at some time in the span, and without a time (17-069r4, 7.15.4)."""
    condition = Q()
    if span.end is not None:
        condition &= Q(started__lte=span.end)
    if span.start is not None:
        condition &= Q(ended__gte=span.start)
    return condition | Q(started=None)


class _AsWkb(Cast):
    """The geometry as the bytes in which the database keeps it, without an object for each."""

    def __init__(self, column: str) -> None:
        super().__init__(column, BinaryField())

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:  # type: ignore[override]  # noqa: ANN401  # Django's
        """Return the plain column; on PostGIS as bytes."""
        sql, params = compiler.compile(self.get_source_expressions()[0])
        return (f"ST_AsBinary({sql})" if connection.vendor == "postgresql" else sql), params

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:  # noqa: ANN401
        """Return the plain column."""
        return self.as_sql(compiler, connection, **extra)

    as_postgresql = as_sqlite


class TableSource:
    """All filled collections that a reader may read."""

    def names(self, request: HttpRequest | None) -> Iterator[str]:
        """Yield their names."""
        yield from access.readable(request).order_by("name").values_list("name", flat=True)

    def get(self, names: Sequence[str], request: HttpRequest | None) -> Mapping[str, Collection]:
        """Return those of `names`; one query."""
        found = access.readable(request).filter(name__in=names).select_related("current")
        return {one.name: Table(one) for one in found}
