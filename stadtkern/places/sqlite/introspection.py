"""Reading the schema back."""

from typing import Any

from django.db.backends.sqlite3.introspection import DatabaseIntrospection

from stadtkern.places.sqlite.rtree import is_part_of_tree


class SpatialIntrospection(DatabaseIntrospection):
    """SQLite's own, without the tables behind the R*Trees."""

    def get_table_list(self, cursor: Any) -> list[Any]:  # noqa: ANN401
        """Return the tables and views that are somebody's model."""
        return [table for table in super().get_table_list(cursor) if not is_part_of_tree(table.name)]
