"""Which parts of an entity an answer shows: `$select` and `$expand` of one level."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Expand, Query
from stadtkern.standards.sensorthings.compile.columns import IDS
from stadtkern.standards.sensorthings.entities import BY_NAME, EntityType, Link
from stadtkern.standards.sensorthings.read.fields import Field, fields_of

SELF = "@iot.selfLink"


@dataclass(frozen=True, slots=True)
class Branch:
    """An expanded link, and the query of what it leads to."""

    link: Link
    target: EntityType
    query: Query


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document of an entity type shows.

    Parameters
    ----------
    members
        for a property of which only members are selected: the ways to them.
    links
        links that are shown as addresses.
    """

    entity: EntityType
    fields: tuple[Field, ...]
    has_id: bool
    has_self: bool
    links: tuple[Link, ...]
    branches: tuple[Branch, ...]
    members: dict[str, tuple[tuple[str | int, ...], ...]]


def shape_of(entity: EntityType, query: Query, vendor: str) -> Shape:
    """Return what `$select` and `$expand` ask for; without `$select` all is shown."""
    branches = _branches(entity, query.expand)
    expanded = {branch.link.name for branch in branches}
    fields = fields_of(entity, vendor)
    if not query.select or ("*",) in query.select:
        links = tuple(link for link in entity.links if link.name not in expanded)
        return Shape(entity, tuple(fields.values()), True, True, links, branches, {})  # noqa: FBT003
    names = {str(path[0]) for path in query.select}
    known = {*fields, *entity.link_of, *IDS, SELF}
    if unknown := sorted(names - known):
        raise QueryError(f'{entity.name} has no property "{unknown[0]}"; it has {", ".join(sorted(known))}.')
    return Shape(
        entity,
        tuple(field for name, field in fields.items() if name in names),
        bool(names & IDS),
        SELF in names,
        tuple(link for link in entity.links if link.name in names - expanded),
        branches,
        _members(entity, query.select),
    )


def _members(
    entity: EntityType, select: Sequence[tuple[str | int, ...]]
) -> dict[str, tuple[tuple[str | int, ...], ...]]:
    """Return the ways to selected members, for properties that are not selected as a whole."""
    whole = {path[0] for path in select if len(path) == 1}
    found: dict[str, tuple[tuple[str | int, ...], ...]] = {}
    for path in select:
        name = str(path[0])
        if name in entity.link_of and len(path) > 1:
            raise QueryError(f"Select properties of {name} within $expand: $expand={name}($select=...).")
        if name not in whole:
            found[name] = (*found.get(name, ()), path[1:])
    return found


def _branches(entity: EntityType, expands: Sequence[Expand]) -> tuple[Branch, ...]:
    """Return the expanded links; paths that begin with the same link become one."""
    queries: dict[str, Query] = {}
    for expand in expands:
        first, rest = expand.path[0], expand.path[1:]
        if first not in entity.link_of:
            raise QueryError(f'{entity.name} has no link "{first}"; it has {", ".join(entity.link_of)}.')
        query = Query(expand=(Expand(rest, expand.query),)) if rest else expand.query
        queries[first] = _merged(queries[first], query) if first in queries else query
    return tuple(
        Branch(entity.link_of[name], BY_NAME[entity.link_of[name].target], query)
        for name, query in queries.items()
    )


def _merged(one: Query, other: Query) -> Query:
    """Return two queries of the same link as one: what either expands is expanded."""
    bare = Query()
    base = one if replace(one, expand=()) != bare else other
    if replace(one, expand=()) != bare and replace(other, expand=()) != bare:
        raise QueryError("A link is expanded twice with different options.")
    return replace(base, expand=(*one.expand, *other.expand))
