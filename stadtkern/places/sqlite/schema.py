"""Migrations: each change of a table with geometries leaves its R*Trees right."""

from collections.abc import Iterable

from django.contrib.gis.db.models import GeometryField
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor
from django.db.models import Model

from stadtkern.places.sqlite.loose import AnyField, Params
from stadtkern.places.sqlite.rtree import SpatialIndex, spatial_index

REMADE = "new__"
"""Django's prefix of the table that shall replace the one of the same name."""


class SpatialSchemaEditor(DatabaseSchemaEditor):
    """SQLite's schema editor, which also keeps the R*Trees.

    SQLite changes most things by making a new table, copying the rows and renaming. The new table gets its
    trees when it has its final name, so that rows are indexed once.
    """

    def create_model(self, model: type[Model]) -> None:
        """Create the table and its trees."""
        super().create_model(model)
        if not model._meta.db_table.startswith(REMADE):  # noqa: SLF001
            self._build(self._indexes(model))

    def delete_model(self, model: type[Model], handle_autom2m: bool = True) -> None:  # noqa: FBT001, FBT002
        """Remove the table and its trees."""
        self._drop(self._indexes(model))
        super().delete_model(model, handle_autom2m=handle_autom2m)

    def alter_db_table(self, model: type[Model], old_db_table: str, new_db_table: str) -> None:
        """Rename the table and its trees."""
        if old_db_table == new_db_table:
            return
        indexes = list(self._indexes(model))
        self._drop(_of_table(indexes, old_db_table))
        super().alter_db_table(model, old_db_table, new_db_table)
        self._build(_of_table(indexes, new_db_table))

    def add_field(self, model: type[Model], field: AnyField) -> None:
        """Add the column and its tree."""
        super().add_field(model, field)
        self._build(self._indexes(model, [field]))

    def remove_field(self, model: type[Model], field: AnyField) -> None:
        """Remove the column and its tree."""
        self._drop(self._indexes(model, [field]))  # first: SQLite drops no column that a trigger names
        super().remove_field(model, field)

    def _alter_field(  # noqa: PLR0913, PLR0917  # Django's signature
        self,
        model: type[Model],
        old_field: AnyField,
        new_field: AnyField,
        old_type: str,
        new_type: str,
        old_db_params: Params,
        new_db_params: Params,
        strict: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Change the column; the tree of a geometry follows it, all trees follow a primary key."""
        fields = [f for f in model._meta.local_concrete_fields if f.column == old_field.column]  # noqa: SLF001
        if old_field.primary_key or new_field.primary_key:
            fields = list(model._meta.local_concrete_fields)  # noqa: SLF001
        self._drop(self._indexes(model, fields))
        arguments = (old_field, new_field, old_type, new_type, old_db_params, new_db_params, strict)
        super()._alter_field(model, *arguments)  # type: ignore[misc]  # stubs: private methods are missing
        self._build(self._altered(model, old_field, new_field, fields))

    def _altered(
        self,
        model: type[Model],
        old_field: AnyField,
        new_field: AnyField,
        fields: Iterable[AnyField],
    ) -> Iterable[SpatialIndex]:
        changed = new_field.model
        for field in fields:
            if field.column == old_field.column:
                yield from self._indexes(changed, [new_field])
            elif new_field.primary_key:
                yield from self._indexes(changed, [field])
            else:
                yield from self._indexes(model, [field])

    def _indexes(
        self, model: type[Model], fields: Iterable[AnyField] | None = None
    ) -> Iterable[SpatialIndex]:
        chosen = model._meta.local_concrete_fields if fields is None else fields  # noqa: SLF001
        for field in chosen:
            if isinstance(field, GeometryField) and (index := spatial_index(model, field, self.connection)):
                yield index

    def _build(self, indexes: Iterable[SpatialIndex]) -> None:
        for index in indexes:
            for statement in (*index.drop(), *index.create()):
                self.execute(statement, None)

    def _drop(self, indexes: Iterable[SpatialIndex]) -> None:
        for index in indexes:
            for statement in index.drop():
                self.execute(statement, None)


def _of_table(indexes: Iterable[SpatialIndex], table: str) -> list[SpatialIndex]:
    return [SpatialIndex(table, index.column, index.key, index.numbered) for index in indexes]
