"""What every part of an answer needs to know of its request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DataError, InternalError, OperationalError, connection

from stadtkern.base import clock
from stadtkern.base.errors import Unavailable
from stadtkern.base.odata.errors import QueryError
from stadtkern.observations.access import Access
from stadtkern.observations.services.archive.beside import (
    WHOLE,
    Extent,
    beside,
    files_of,
    fill,
    make_table,
    make_whole,
)
from stadtkern.standards.sensorthings.compile.dialect import Dialect, dialect
from stadtkern.standards.sensorthings.compile.sql import Sql
from stadtkern.standards.sensorthings.compile.tables import OBSERVATION
from stadtkern.standards.sensorthings.read.watch import within

MOST_ENTITIES = 200_000
"""Entities in one answer that is not streamed, those within others counted."""
MENTIONED = re.compile(rf'(?<!")\b{OBSERVATION}\b')
"""In a question; Django quotes the name where it says what a reader may know of."""
_STOPPED = ("interrupted", "canceling statement")
_ASKED = (
    "user-defined function raised exception",
    "parser stack overflow",
    "too deep",
    "too large",
    "malformed",
)


@dataclass(slots=True)
class Context:
    """Who asks, where the service begins, and when "now" is.

    Parameters
    ----------
    root
        address of the service without the slash at its end, such as `https://town.example/sta/v1.1`.
    """

    access: Access
    root: str
    now: datetime = field(default_factory=clock.now)
    dialect: Dialect = field(default_factory=dialect)
    seconds: float = 30.0
    """How long one query may take."""

    @staticmethod
    def check(entities: int) -> None:
        """Refuse an answer of too many entities."""
        if entities > MOST_ENTITIES:
            raise QueryError(
                f"The answer would hold more than {MOST_ENTITIES} entities; ask for less by $top or $filter."
            )

    def everything(self) -> Extent:
        """Return all observations that the reader may know of."""
        return Extent(streams=None if self.access.sees_all else sorted(self.access.readable))

    def rows(self, sql: Sql, extent: Extent | None = None) -> Sequence[tuple[Any, ...]]:
        """Return all rows of a query, observations in the archive included.

        Parameters
        ----------
        extent
            what observations the query is about; None: nobody knows.
        """
        if not MENTIONED.search(sql.text):
            return self.table_rows(sql)
        extent = self.everything() if extent is None else extent
        if not extent.is_archived:
            return self.table_rows(sql)
        with beside():
            if not (found := files_of(extent)):
                return self.table_rows(sql)
            make_table()
            fill(found, extent)
            make_whole(extent)
            return self.table_rows(asked_of(sql, WHOLE))

    def table_rows(self, sql: Sql) -> Sequence[tuple[Any, ...]]:
        """Return all rows of a query as the tables are, without the archive."""
        try:
            with within(self.seconds), connection.cursor() as cursor:
                cursor.execute(sql.text, sql.params)
                found: Sequence[tuple[Any, ...]] = cursor.fetchall()
                return found
        except (DataError, InternalError) as error:
            if "transaction is aborted" in str(error):  # by what went wrong before
                raise
            raise QueryError(_computed(error)) from error
        except OperationalError as error:
            if any(word in str(error) for word in _STOPPED):
                raise Unavailable(
                    f"This takes longer than {self.seconds:g} seconds; ask for less."
                ) from error
            if any(word in str(error) for word in _ASKED):
                raise QueryError(_computed(error)) from error
            raise


def asked_of(sql: Sql, table: str) -> Sql:
    """Return the same query of another table instead of the one of observations."""
    return Sql(MENTIONED.sub(table, sql.text), sql.params, sql.type)


def _computed(error: Exception) -> str:
    reason = (str(error).splitlines() or [""])[0]
    return f"The database cannot compute this: {reason}"
