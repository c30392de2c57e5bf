"""Rows of one entity type: which, in which order, from where on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Expression, Order
from stadtkern.observations.archive.models import ArchiveFile
from stadtkern.observations.services.archive.beside import Extent
from stadtkern.standards.sensorthings.compile.fold import fold
from stadtkern.standards.sensorthings.compile.order import Key, behind, keys_of, order_by
from stadtkern.standards.sensorthings.compile.scope import Names, Scope
from stadtkern.standards.sensorthings.compile.sql import Sql, Type, build, every, joined
from stadtkern.standards.sensorthings.compile.tables import (
    LATEST,
    OBSERVATION,
    STREAM,
    STREAMS,
    joins,
    table_of,
)
from stadtkern.standards.sensorthings.entities import EntityType
from stadtkern.standards.sensorthings.read.across import Wanted, first_rows
from stadtkern.standards.sensorthings.read.bounds import TIME, number_of, span_of
from stadtkern.standards.sensorthings.read.conditions import (
    base_conditions,
    conjuncts,
    split,
    stream_ids,
    where_of,
)
from stadtkern.standards.sensorthings.read.context import Context

MOST_STREAMS = 2000
"""Datastreams whose newest rows are looked up one by one; beyond that the whole table is sorted."""
FAR = 2**62
"""Microseconds beyond every calendar."""
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Parent:
    """The entity that a collection hangs on, and the name of the link that leads to it."""

    entity: EntityType
    number: int
    link: str


@dataclass(slots=True)
class Listing:
    """All rows that a collection holds; made by `listing`.

    Parameters
    ----------
    streams
        for observations: the datastreams they may belong to; None: any.
    rest
        the conditions that go into the query of the rows.
    time
        1 or -1 where rows are sorted by phenomenonTime alone, upwards or downwards; else 0.
    """

    context: Context
    entity: EntityType
    orders: tuple[Order, ...]
    rest: list[Expression]
    parent: Parent | None
    streams: list[int] | None
    time: int

    # ---- pieces of the query

    def source(self, alias: str, after: Sequence[Any]) -> tuple[Sql, Sql]:
        """Return the joins and the condition for the rows of `alias` that come behind the values `after`."""
        names = Names(f"{alias}_")
        scope = Scope(self.entity, alias, self.context.dialect, self.context.access, names)
        further = [behind(self.keys(scope), after, self.context.dialect)] if after else []
        where = where_of(self.entity, alias, self.rest, self.context, names)
        conditions = every([*self._base(alias), *where.conditions, *further])
        return joined([*scope.clauses, *where.clauses]), conditions

    def _base(self, alias: str) -> list[Sql]:
        if self.entity.name != "Observation":
            return [*base_conditions(self.entity, alias, self.context), *self._of_parent(alias)]
        return self._of_feature(alias) if self.is_of_feature else []

    @property
    def is_of_feature(self) -> bool:
        """Return whether these are the observations of one feature of interest."""
        return self.parent is not None and self.parent.entity.name == "FeatureOfInterest"

    def _of_feature(self, alias: str) -> list[Sql]:
        """Return that an observation is of the feature, by its own word or by that of its datastream."""
        number = self.parent.number if self.parent else 0
        own = f"SELECT id FROM {STREAM} WHERE feature_of_interest_id = %s"  # noqa: S608  # name of a table
        text = f"{alias}.feature_id = %s OR ({alias}.feature_id IS NULL AND {alias}.datastream_id IN ({own}))"
        return [Sql(f"({text})", (number, number))]

    def _of_parent(self, alias: str) -> list[Sql]:
        """Return that a row hangs on the parent."""
        if self.parent is None:
            return []
        first, *more = joins(self.parent.entity.name, self.parent.link)
        number = (self.parent.number,)
        if not more:
            return [Sql(first.on.format(a="p", b=alias).replace("p.id", "%s"), number)]
        on = first.on.format(a="p", b="x").replace("p.id", "%s")
        column = more[0].on.format(a="x", b=alias).partition(" = ")[2]
        return [Sql(f"{alias}.id IN (SELECT {column} FROM {first.table} x WHERE {on})", number)]  # noqa: S608  # names of tables

    def keys(self, scope: Scope) -> list[Key]:
        """Return what the rows are sorted by, down to a last key that no two rows share."""
        found = keys_of(self.orders, scope)
        if scope.is_many:
            raise QueryError("One cannot sort by what an entity has many of.")
        if self.time:
            columns = ("copy",) if self.is_one_stream else ("datastream_id", "copy")
            return [*found, *(_number(f"{scope.alias}.{one}", self.time < 0) for one in columns)]
        last = f"{scope.alias}.id"
        if any(key.sql.text == last for key in found):
            return found
        return [*found, _number(last, descending=False)]

    @property
    def is_one_stream(self) -> bool:
        """Return whether all rows belong to one datastream."""
        return self.streams is not None and len(self.streams) == 1

    # ---- rows

    def page(
        self, columns: Sequence[str], limit: int, skip: int = 0, after: Sequence[Any] = ()
    ) -> Sequence[Row]:
        """Return `columns` of up to `limit` rows, and behind them the values of their keys.

        Parameters
        ----------
        columns
            SQL with `{a}` for the alias.
        after
            values of the keys of the row after which to begin.
        """
        if self.streams == [] or limit <= 0:
            return []

        def ask(further: Sequence[str], limit: int, skip: int) -> Sql:
            return self._query(columns, further, limit, skip, after)

        if self.entity.name != "Observation":
            return self.context.rows(ask((), limit, skip), self.extent(after))
        wanted = Wanted(
            ask=ask,
            extent=self.extent(after),
            limit=limit,
            skip=skip,
            time=self.time,
            place=len(columns),
        )
        return first_rows(self.context, wanted)

    def _query(
        self, columns: Sequence[str], further: Sequence[str], limit: int, skip: int, after: Sequence[Any]
    ) -> Sql:
        scope = Scope(self.entity, "t0", self.context.dialect, self.context.access, Names("o"))
        keys = self.keys(scope)
        table, joins_, found = self._tables(limit + skip, after)
        own, more = ([Sql(one.format(a="t0")) for one in names] for names in (columns, further))
        return build(
            "SELECT {} FROM {} {} {} WHERE {} ORDER BY {} LIMIT {} OFFSET {}",
            joined([*own, *(key.sql for key in keys), *more], ", "),
            table,
            joined(scope.clauses),
            joins_,
            found,
            order_by(keys, self.context.dialect),
            Sql("%s", (limit,)),
            Sql("%s", (skip,)),
        )

    def extent(self, after: Sequence[Any] = ()) -> Extent:
        """Return which observations this is about, or a condition on them."""
        if self.entity.name != "Observation":
            within = span_of(self.rest, self.context, of_observations=True)
            return replace(self.context.everything(), start=within.start, end=within.end)
        within = span_of(self.rest, self.context)
        if after and self.time:
            within.narrow(*((after[0], None) if self.time > 0 else (None, after[0] + 1)))
        return Extent(
            streams=self.streams,
            start=within.start,
            end=within.end,
            feature=self.parent.number if self.parent and self.is_of_feature else None,
            number=number_of(self.rest),
        )

    def _tables(self, limit: int, after: Sequence[Any]) -> tuple[Sql, Sql, Sql]:
        """Return tables, joins and condition: each datastream by itself where that is quicker."""
        streams = self.streams
        if self.time and streams is not None and 1 < len(streams) <= MOST_STREAMS:
            return each_stream(self, streams, limit, after)
        joins_, found = self.source("t0", after)
        if streams is not None:
            found = every([self.context.dialect.any_of("t0.datastream_id", streams), found])
        return Sql(f"{table_of(self.entity)} t0"), joins_, found

    def count(self) -> int:
        """Return how many rows there are."""
        if self.streams == []:
            return 0
        if self.entity.name == "Observation" and not self.rest and not self.is_of_feature:
            return self._count_by_statistics()
        joins_, found = self.source("t0", ())
        if self.streams is not None:
            found = every([self.context.dialect.any_of("t0.datastream_id", self.streams), found])
        table = Sql(f"{table_of(self.entity)} t0")
        query = build("SELECT count(*) FROM {} {} WHERE {}", table, joins_, found)
        ((number,),) = self.context.rows(query, self.extent())
        return int(number)

    def _count_by_statistics(self) -> int:
        query = Sql(f"SELECT COALESCE(sum(l.count), 0) FROM {LATEST} l")  # noqa: S608  # name of a table
        if self.streams is not None:
            only = self.context.dialect.any_of("l.datastream_id", self.streams)
            query = build("{} WHERE {}", query, only)
        ((number,),) = self.context.rows(query)
        return int(number)


def _number(column: str, descending: bool) -> Key:  # noqa: FBT001  # one of two ways
    return Key(Sql(column, (), Type.NUMBER, certain=True), descending)


def each_stream(
    listing: Listing, streams: Sequence[int], limit: int, after: Sequence[Any]
) -> tuple[Sql, Sql, Sql]:
    """Return tables, joins and condition that give the first `limit` rows of each datastream, or a few more.

    PostgreSQL goes through the datastreams by LATERAL; SQLite looks up the time of the last row wanted.
    """
    dialect, way = listing.context.dialect, " DESC" if listing.time < 0 else ""
    if dialect.vendor == "postgresql":
        joins_, found = listing.source("i", after)
        inner = build(
            f"SELECT i.* FROM {OBSERVATION} i {{}} WHERE i.datastream_id = s.id AND {{}} "  # noqa: S608  # names of tables
            f"ORDER BY i.phenomenon_time{way}, i.copy{way} LIMIT {{}}",
            joins_,
            found,
            Sql("%s", (limit,)),
        )
        numbers = Sql("unnest(%s::bigint[]) AS s(id)", (list(streams),))
        return build("{} CROSS JOIN LATERAL ({}) t0", numbers, inner), Sql(""), Sql("1 = 1")
    inner_joins, inner_found = listing.source("i", after)
    last = build(
        f"SELECT i.phenomenon_time FROM {OBSERVATION} i {{}} WHERE i.datastream_id = s.value AND {{}} "  # noqa: S608  # as above
        f"ORDER BY i.phenomenon_time{way} LIMIT 1 OFFSET {{}}",
        inner_joins,
        inner_found,
        Sql("%s", (limit - 1,)),
    )
    sign, edge = (">=", -FAR) if listing.time < 0 else ("<=", FAR)
    joins_, found = listing.source("t0", after)
    within = build(f"t0.phenomenon_time {sign} COALESCE(({{}}), {edge})", last)
    table = Sql(f"json_each(%s) s CROSS JOIN {OBSERVATION} t0", (json.dumps(list(streams)),))
    return table, joins_, every([Sql("t0.datastream_id = s.value"), found, within])


def listing(
    context: Context,
    entity: EntityType,
    *,
    condition: Expression | None = None,
    orders: tuple[Order, ...] = (),
    parent: Parent | None = None,
) -> Listing:
    """Return the rows of an entity type, or those that hang on a parent, which the reader may know of."""
    orders = tuple(Order(fold(one.expression, context.now), one.descending) for one in orders)
    if entity.name != "Observation":
        return Listing(context, entity, orders, conjuncts(condition), parent, None, 0)
    about, rest = split(condition)
    streams = stream_ids(about, context)
    if parent is not None and parent.entity.name in STREAMS:
        streams = [parent.number] if streams is None or parent.number in streams else []
    if not orders and streams is None:
        known = _all_streams(context)
        streams = known if len(known) <= MOST_STREAMS else None
    if not orders and streams is not None and len(streams) <= MOST_STREAMS:
        orders = (Order(TIME),)
    time = 0
    if len(orders) == 1 and orders[0].expression == TIME:
        time = -1 if orders[0].descending else 1
    if time and streams is None:
        streams = _all_streams(context)
    found = Listing(context, entity, orders, rest, parent, streams, time)
    return _of_feature(found) if found.is_of_feature else found


def _all_streams(context: Context) -> list[int]:
    """Return the datastreams that have observations."""
    return [row[0] for row in context.rows(Sql(f"SELECT datastream_id FROM {LATEST}"))]  # noqa: S608  # name of a table


def _of_feature(found: Listing) -> Listing:
    """Return the observations of a feature by its datastreams, where no observation names it by itself."""
    number = found.parent.number if found.parent else 0
    named = f"SELECT 1 FROM {OBSERVATION} WHERE feature_id = %s LIMIT 1"  # noqa: S608  # name of a table
    others = ArchiveFile.objects.filter(features=number).exclude(datastream__feature_of_interest=number)
    if found.context.table_rows(Sql(named, (number,))) or others.exists():
        return found
    streams = f"SELECT id FROM {STREAM} WHERE feature_of_interest_id = %s"  # noqa: S608  # name of a table
    own = {row[0] for row in found.context.rows(Sql(streams, (number,)))}
    found.streams = sorted(own if found.streams is None else own & set(found.streams))
    if not found.orders:
        found.orders, found.time = (Order(TIME),), 1
    return found
