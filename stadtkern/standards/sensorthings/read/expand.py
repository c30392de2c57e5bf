"""`$expand`: what links lead to, one query for each link however many entities (18-088 section 9.3.2.1)."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from stadtkern.base.odata.nodes import Order
from stadtkern.base.odata.render import render_query
from stadtkern.observations.services.archive.beside import Extent
from stadtkern.standards.sensorthings.compile.order import order_by
from stadtkern.standards.sensorthings.compile.scope import Names, Scope
from stadtkern.standards.sensorthings.compile.sql import Sql, build, every, joined
from stadtkern.standards.sensorthings.compile.tables import (
    LATEST,
    OBSERVATION,
    STREAMS,
    joins,
    seen,
    table_of,
)
from stadtkern.standards.sensorthings.read.across import first_of_each
from stadtkern.standards.sensorthings.read.bounds import TIME, bounds
from stadtkern.standards.sensorthings.read.conditions import conjuncts, where_of
from stadtkern.standards.sensorthings.read.context import MOST_ENTITIES, Context
from stadtkern.standards.sensorthings.read.documents import Builder, Document, rows_by_id
from stadtkern.standards.sensorthings.read.limits import DEFAULT, MOST
from stadtkern.standards.sensorthings.read.rows import Listing, each_stream
from stadtkern.standards.sensorthings.read.shape import Branch, Shape, shape_of

Row = tuple[Any, ...]


def expanded(context: Context, shape: Shape, builder: Builder, rows: Sequence[Row]) -> list[Document]:
    """Return the documents of `rows` with all that is expanded."""
    return _sized(context, shape, builder, rows)[0]


def _sized(
    context: Context, shape: Shape, builder: Builder, rows: Sequence[Row]
) -> tuple[list[Document], list[int]]:
    """Return documents, and how many entities each one holds: shared ones count wherever they stand."""
    context.check(len(rows))
    documents = [builder.document(row) for row in rows]
    sizes = [1] * len(rows)
    for branch in shape.branches:
        if branch.link.many:
            inner = _add_many(context, shape, branch, rows, documents)
        else:
            inner = _add_one(context, builder, branch, rows, documents)
        sizes = [own + more for own, more in zip(sizes, inner, strict=True)]
        context.check(sum(sizes))
    return documents, sizes


def _add_one(
    context: Context, builder: Builder, branch: Branch, rows: Sequence[Row], documents: list[Document]
) -> list[int]:
    """Put the one entity that a link leads to into each document, shared by all of which it is the same.

    Returns how many entities each document got.
    """
    slot = builder.targets[branch.link.name]
    wanted = sorted({row[slot] for row in rows if row[slot] is not None})
    inner = shape_of(branch.target, branch.query, context.dialect.vendor)
    maker = Builder(inner, context.root)
    found = rows_by_id(context, branch.target, maker.columns, wanted)
    made, sizes = _sized(context, inner, maker, found)
    place_of = {row[0]: place for place, row in enumerate(found)}
    places = [place_of.get(row[slot]) for row in rows]
    for place, document in zip(places, documents, strict=True):
        if place is not None:
            document[branch.link.name] = made[place]
    return [0 if place is None else sizes[place] for place in places]


def _add_many(
    context: Context, shape: Shape, branch: Branch, rows: Sequence[Row], documents: list[Document]
) -> list[int]:
    """Put the collection that a link leads to into each document; return how many entities each one got."""
    parents = [row[0] for row in rows]
    inner = shape_of(branch.target, branch.query, context.dialect.vendor)
    maker = Builder(inner, context.root, shape.entity)
    top = min(DEFAULT if branch.query.top is None else branch.query.top, MOST)
    is_observed = branch.target.name == "Observation" and shape.entity.name in STREAMS
    find = _observations if is_observed else _ranked
    found = find(context, shape, branch, maker.columns, parents, top + 1)
    flat = [row for parent in found.values() for row in parent[:top]]
    made, inner_sizes = _sized(context, inner, maker, flat)
    place_of = {id(row): place for place, row in enumerate(flat)}
    counts = _counts(context, shape, branch, parents) if branch.query.count else {}
    name, rest = branch.link.name, _rest(branch, top)
    sizes = []
    for parent, document in zip(parents, documents, strict=True):
        own = found.get(parent, [])
        if branch.query.count:
            document[f"{name}@iot.count"] = counts.get(parent, 0)
        places = [place_of[id(row)] for row in own[:top]]
        document[name] = [made[place] for place in places]
        sizes.append(sum(inner_sizes[place] for place in places))
        if len(own) > top:
            document[f"{name}@iot.nextLink"] = f"{context.root}/{shape.entity.plural}({parent})/{rest}"
    return sizes


def _rest(branch: Branch, top: int) -> str:
    """Return the end of the address of what comes behind the first `top` entities of a link."""
    query = replace(branch.query, top=top, skip=(branch.query.skip or 0) + top)
    return f"{branch.link.name}?{render_query(query)}"


def _scope(context: Context, branch: Branch, alias: str, prefix: str) -> Scope:
    return Scope(branch.target, alias, context.dialect, context.access, Names(prefix))


def _children(context: Context, shape: Shape, branch: Branch, parents: Sequence[int]) -> tuple[Sql, Sql]:
    """Return the tables `p` of the parents and `t0` of what the link leads to, and the condition on both."""
    source, before = f"{table_of(shape.entity)} p", "p"
    steps = joins(shape.entity.name, branch.link.name)
    for number, join in enumerate(steps):
        alias = "t0" if number == len(steps) - 1 else f"x{number}"
        source += f" JOIN {join.table} {alias} ON {join.on.format(a=before, b=alias)}"
        before = alias
    where = where_of(branch.target, "t0", conjuncts(branch.query.filter), context, Names("w"))
    visible = seen(branch.target, "t0", context.access)
    found = [context.dialect.any_of("p.id", parents), *where.conditions]
    found += [visible] if visible is not None else []
    return build("{} {}", Sql(source), joined(where.clauses)), every(found)


def _ranked(  # noqa: PLR0913, PLR0917  # the same six for every kind of branch
    context: Context, shape: Shape, branch: Branch, columns: Sequence[str], parents: Sequence[int], limit: int
) -> dict[int, list[Row]]:
    """Return the first rows of each parent, by rank within it."""
    if not parents:
        return {}
    scope = _scope(context, branch, "t0", "o")
    keys = Listing(context, branch.target, branch.query.orderby, [], None, None, 0).keys(scope)
    tables, found = _children(context, shape, branch, parents)
    order = order_by(keys, context.dialect)
    selected = ", ".join(f"{column.format(a='t0')} AS c{number}" for number, column in enumerate(columns))
    inner = build(
        "SELECT {}, p.id AS parent, ROW_NUMBER() OVER (PARTITION BY p.id ORDER BY {}) AS place "
        "FROM {} {} WHERE {}",
        Sql(selected),
        order,
        tables,
        joined(scope.clauses),
        found,
    )
    skip = branch.query.skip or 0
    outer = build(
        "SELECT * FROM ({}) r WHERE place > {} AND place <= {} ORDER BY parent, place LIMIT {}",
        inner,
        Sql("%s", (skip,)),
        Sql("%s", (skip + limit,)),
        _enough(parents),
    )
    rows = context.rows(outer, _extent(context, shape, branch, parents))
    context.check(len(rows) - len(parents))
    return {parent: list(own) for parent, own in groupby(rows, key=lambda row: row[len(columns)])}


def _enough(parents: Sequence[int]) -> Sql:
    """Return how many rows to read at most: with more of them the answer would be too large anyway."""
    return Sql("%s", (MOST_ENTITIES + len(parents) + 1,))


def _counts(context: Context, shape: Shape, branch: Branch, parents: Sequence[int]) -> dict[int, int]:
    """Return how many entities a link leads to, by parent."""
    if not parents:
        return {}
    if branch.target.name == "Observation" and shape.entity.name in STREAMS and branch.query.filter is None:
        only = context.dialect.any_of("l.datastream_id", parents)
        query = build(f"SELECT l.datastream_id, l.count FROM {LATEST} l WHERE {{}}", only)  # noqa: S608  # name of a table
    else:
        tables, found = _children(context, shape, branch, parents)
        query = build("SELECT p.id, count(*) FROM {} WHERE {} GROUP BY p.id", tables, found)
    extent = _extent(context, shape, branch, parents)
    return {int(parent): int(number) for parent, number in context.rows(query, extent)}


def _extent(context: Context, shape: Shape, branch: Branch, parents: Sequence[int]) -> Extent | None:
    """Return which observations a link of these entities leads to; None: it leads to something else."""
    if branch.target.name != "Observation":
        return None
    streams = list(parents) if shape.entity.name in STREAMS else None
    feature = parents[0] if shape.entity.name == "FeatureOfInterest" and len(parents) == 1 else None
    found = Listing(context, branch.target, (), conjuncts(branch.query.filter), None, streams, 0).extent()
    return replace(
        found, streams=context.everything().streams if streams is None else streams, feature=feature
    )


# ---- observations of datastreams


def _observations(  # noqa: PLR0913, PLR0917  # the same six for every kind of branch
    context: Context, shape: Shape, branch: Branch, columns: Sequence[str], parents: Sequence[int], limit: int
) -> dict[int, list[Row]]:
    """Return the first observations of each datastream; by time they are looked up, not ranked."""
    orders = branch.query.orderby or (Order(TIME),)
    if len(orders) != 1 or orders[0].expression != TIME:
        return _ranked(context, shape, branch, columns, parents, limit)
    if not parents:
        return {}
    skip = branch.query.skip or 0
    time = -1 if orders[0].descending else 1
    if time < 0 and limit == 2 and not skip and branch.query.filter is None:  # noqa: PLR2004  # the newest, and whether there are more
        return _newest(context, columns, parents)
    rest = conjuncts(branch.query.filter)
    listing = Listing(context, branch.target, orders, rest, None, list(parents), time)
    table, joins_, found = each_stream(listing, parents, limit + skip, ())
    way = " DESC" if time < 0 else ""

    def ask(further: Sequence[str]) -> Sql:
        shown = (*columns, "{a}.datastream_id", *further)
        return build(
            f"SELECT {{}} FROM {{}} {{}} WHERE {{}} "  # noqa: S608  # constants
            f"ORDER BY t0.datastream_id, t0.phenomenon_time{way}, t0.copy{way} LIMIT {{}}",
            Sql(", ".join(column.format(a="t0") for column in shown)),
            table,
            joins_,
            found,
            _enough(parents),
        )

    times, others = bounds(rest, context)
    is_plain = not others and all(one.over is None for one in times)
    rows = first_of_each(context, ask, listing.extent(), limit + skip if is_plain else None, time)
    context.check(len(rows) - len(parents))
    return {
        stream: list(own)[skip : skip + limit]
        for stream, own in groupby(rows, key=lambda row: row[len(columns)])
    }


def _newest(context: Context, columns: Sequence[str], parents: Sequence[int]) -> dict[int, list[Row]]:
    """Return the newest observation of each datastream, twice where there are more, by the statistics."""
    query = build(
        f"SELECT {{}}, l.count, l.datastream_id FROM {LATEST} l JOIN {OBSERVATION} t0 ON "  # noqa: S608  # names of tables
        "t0.datastream_id = l.datastream_id AND t0.phenomenon_time = l.phenomenon_time AND t0.copy = l.copy "
        "WHERE {}",
        Sql(", ".join(column.format(a="t0") for column in columns)),
        context.dialect.any_of("l.datastream_id", parents),
    )
    # the newest two stay in the table
    return {row[-1]: [row, row] if row[-2] > 1 else [row] for row in context.table_rows(query)}
