"""Paths of a query into joins: each path is joined once, so that all that is said of it is about one row."""

from dataclasses import dataclass, field

from stadtkern.base.odata.errors import QueryError
from stadtkern.observations.access import Access
from stadtkern.standards.sensorthings.compile.dialect import Dialect
from stadtkern.standards.sensorthings.compile.sql import Sql
from stadtkern.standards.sensorthings.compile.tables import joins, seen
from stadtkern.standards.sensorthings.entities import BY_NAME, EntityType

MOST_JOINS = 16
"""Links that one query may follow in its conditions."""


@dataclass(slots=True)
class Names:
    """Aliases of tables, each given once in a query."""

    prefix: str = "t"
    given: int = 0

    def next(self) -> str:
        """Return a new alias."""
        self.given += 1
        return f"{self.prefix}{self.given}"


@dataclass(slots=True)
class Scope:
    """An entity that paths begin at, and the joins that they need.

    Parameters
    ----------
    entity, alias
        the entity and its table in the query.
    names
        where aliases come from; shared with the scopes inside.
    outer
        what variables of `any` and `all` stand for.
    """

    entity: EntityType
    alias: str
    dialect: Dialect
    access: Access
    names: Names
    outer: dict[str, "Scope"] = field(default_factory=dict)
    joined: dict[tuple[str, ...], tuple[EntityType, str]] = field(default_factory=dict)
    clauses: list[Sql] = field(default_factory=list)
    is_many: bool = False
    """Whether a join may give several rows for one."""

    def follow(self, steps: tuple[str, ...]) -> tuple[EntityType, str]:
        """Return the entity at the end of a path of links, and its alias; join what is not joined yet."""
        if not steps:
            return self.entity, self.alias
        if steps in self.joined:
            return self.joined[steps]
        if len(self.joined) >= MOST_JOINS:
            raise QueryError(f"The query follows more than {MOST_JOINS} links.")
        entity, alias = self.follow(steps[:-1])
        link = entity.link_of[steps[-1]]
        target = BY_NAME[link.target]
        for join in joins(entity.name, link.name):
            before, alias = alias, self.names.next()
            on = join.on.format(a=before, b=alias)
            self.clauses.append(Sql(f"LEFT JOIN {join.table} {alias} ON {on}"))
        if link.many:
            self.is_many = True
            self._restrict(target, alias)
        self.joined[steps] = target, alias
        return target, alias

    def _restrict(self, target: EntityType, alias: str) -> None:
        """Join only what the reader may know of: what hangs on something visible need not be visible."""
        if (condition := seen(target, alias, self.access)) is not None:
            last = self.clauses[-1]
            self.clauses[-1] = Sql(f"{last.text} AND {condition.text}", last.params + condition.params)

    def split(self, steps: tuple[str | int, ...]) -> tuple[tuple[str, ...], tuple[str | int, ...]]:
        """Return the links at the begin of a path, and the rest: a property and its members."""
        entity = self.entity
        links: list[str] = []
        for number, step in enumerate(steps):
            link = entity.link_of.get(str(step))
            if link is None:
                return tuple(links), steps[number:]
            links.append(link.name)
            entity = BY_NAME[link.target]
        return tuple(links), ()
