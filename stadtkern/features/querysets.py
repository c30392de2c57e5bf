"""Collections made of the rows of any model."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import shapely
from django.contrib.gis.db.models import Extent
from django.db.models import Count, Max, Min, Model, Q, QuerySet

from stadtkern.contracts.option import Label
from stadtkern.features.boxes import Bounds, Span, parts
from stadtkern.features.collections import About, Page, Property, Row, Wanted
from stadtkern.features.services import DIGITS, rounded


class FromRows:
    """A collection of the rows of a model, read anew at each question.

    Parameters
    ----------
    rows
        returns the rows that everybody may read.
    geometry_path
        name of the field with the geometry.
    properties
        by name; the expressions are evaluated in the database.
    time_path
        name of the field with the time, if there is one.
    facts
        `box`, `number`, `first` and `last`, if somebody has asked for them already.
    """

    def __init__(  # noqa: PLR0913  # each is one thing a collection is made of
        self,
        name: str,
        *,
        title: Label,
        description: Label,
        rows: Callable[[], "QuerySet[Any]"],
        geometry_path: str,
        properties: Callable[[], Mapping[str, Property]],
        time_path: str = "",
        geometries: Sequence[str] = (),
        licence: str = "",
        attribution: str = "",
        page: Callable[[], str] = str,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self.name, self.title, self.description = name, title, description
        self.rows, self.geometry_path, self.declared = rows, geometry_path, properties
        self.time_paths = (time_path, time_path) if time_path else None
        self.geometries, self.licence, self.attribution = geometries, licence, attribution
        self.page_address, self.known = page, facts

    def about(self) -> About:
        """Say what it is; one query unless the facts are known."""
        if self.known is None:
            return self._about(self._facts())
        return self._about(self.known)

    def _facts(self) -> Mapping[str, Any]:
        asked: dict[str, Any] = {"box": Extent(self.geometry_path), "number": Count("pk")}
        if self.time_paths:
            asked |= {"first": Min(self.time_paths[0]), "last": Max(self.time_paths[1])}
        found: dict[str, Any] = self.rows_of().order_by().aggregate(**asked)
        return found

    def _about(self, found: Mapping[str, Any]) -> About:
        span = (found["first"], found["last"]) if found.get("first") else None
        return About(
            name=self.name,
            title=str(self.title),
            description=str(self.description),
            bounds=found["box"],
            span=span,
            geometries=self.geometries,
            count=found["number"],
            licence=self.licence,
            attribution=self.attribution,
            page=self.page_address(),
        )

    def properties(self) -> Mapping[str, Property]:
        """Return what can be asked for."""
        return self.declared()

    def rows_of(self) -> "QuerySet[Any]":
        """Return the rows with a place."""
        return self.rows().filter(**{f"{self.geometry_path}__isnull": False})

    def about_how_many(self, box: Bounds) -> int | None:  # noqa: ARG002  # it would have to count
        """Nobody knows."""
        return None

    def page(self, wanted: Wanted, *, shapes: bool = False) -> Page:  # noqa: ARG002  # they are at hand anyway
        """Return the features asked for, in the order of their keys."""
        rows = self.rows_of().filter(pk__gt=wanted.after)
        if wanted.box is not None:
            rows = rows.filter(self._meets(wanted.box))
        if wanted.shape is not None:
            rows = rows.filter(**{f"{self.geometry_path}__beside_shape": wanted.shape})
        if wanted.span is not None and self.time_paths:
            rows = rows.filter(self._within(wanted.span))
        if wanted.condition is not None:
            rows = rows.filter(wanted.condition)
        found = self._read(rows.order_by("pk")[: wanted.limit + 1])
        more = len(found) > wanted.limit
        found = found[: wanted.limit]
        after = found[-1].place if more and found else None
        return Page(found, after, len(found) if after is None and not wanted.after else None)

    def row(self, key: str, *, shapes: bool = False) -> Row | None:  # noqa: ARG002  # they are at hand anyway
        """Return the row with this primary key."""
        if not (key.isascii() and key.isdigit() and len(key) < 19):  # noqa: PLR2004  # what the column holds
            return None
        return next(iter(self._read(self.rows_of().filter(pk=int(key))[:1])), None)

    def drawn(self, box: Bounds, zoom: int, most: int) -> Sequence[Row]:  # noqa: ARG002  # few rows
        """Return the first rows in a box."""
        return self._read(self.rows_of().filter(self._meets(box)).order_by("pk")[:most])

    def _meets(self, box: Bounds) -> Q:
        condition = Q()
        for part in parts(box):
            condition |= Q(**{f"{self.geometry_path}__meets_box": part})
        return condition

    def _within(self, span: Span) -> Q:
        assert self.time_paths is not None  # noqa: S101  # the caller looked
        path, condition = self.time_paths[0], Q()
        if span.end is not None:
            condition &= Q(**{f"{path}__lte": span.end})
        if span.start is not None:
            condition &= Q(**{f"{path}__gte": span.start})
        return condition

    def _read(self, rows: "QuerySet[Model]") -> list[Row]:
        declared = self.properties()
        names = list(declared)
        values = {f"property_{number}": declared[name].expression for number, name in enumerate(names)}
        found = list(rows.annotate(**values).values_list("pk", self.geometry_path, *values))
        shapes = [shapely.from_wkb(bytes(geometry.wkb)) for _pk, geometry, *_values in found]
        texts = shapely.to_geojson(rounded(shapes, DIGITS))
        blobs = shapely.to_wkb(shapes, include_srid=False)
        kinds = [declared[name].kind for name in names]
        return [
            Row(pk, pk, text, _as_json(names, kinds, values), blob)
            for (pk, _geometry, *values), text, blob in zip(found, texts, blobs, strict=True)
        ]


def _as_json(names: Sequence[str], kinds: Sequence[str], values: Sequence[Any]) -> str:
    made = {
        name: value == "true" if kind == "boolean" and isinstance(value, str) else value
        for name, kind, value in zip(names, kinds, values, strict=True)
    }
    return msgspec.json.encode(made, enc_hook=str).decode()
