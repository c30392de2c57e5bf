"""Resource paths to what they name: a collection, an entity, a property (18-088 section 9.2)."""

from dataclasses import dataclass

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Binary, Number, Path, Resource, Segment
from stadtkern.standards.sensorthings.compile.columns import IDS
from stadtkern.standards.sensorthings.entities import BY_NAME, BY_SET, EntityType, Link
from stadtkern.standards.sensorthings.errors import Missing
from stadtkern.standards.sensorthings.read.context import Context
from stadtkern.standards.sensorthings.read.documents import TARGETS, rows_by_id
from stadtkern.standards.sensorthings.read.rows import Parent, listing
from stadtkern.standards.sensorthings.read.shape import SELF


@dataclass(frozen=True, slots=True)
class Target:
    """What an address names.

    Parameters
    ----------
    number
        id of an entity; None: a collection.
    parent
        what a collection hangs on.
    steps
        the property of the entity, and the way to a member of it.
    """

    entity: EntityType
    number: int | None = None
    parent: Parent | None = None
    steps: tuple[str, ...] = ()


def resolve(resource: Resource, context: Context) -> Target:
    """Return what a path names; each entity on the way has to exist and to be known to the reader."""
    first, *rest = resource.segments
    entity = BY_SET.get(first.name)
    if entity is None:
        raise Missing(f'There is no "{first.name}"; there are {", ".join(BY_SET)}.')
    target = Target(entity, None if first.key is None else _key(first))
    for number, segment in enumerate(rest):
        if target.number is None:
            raise Missing(f'"{segment.name}" needs one entity before it, such as {target.entity.plural}(1).')
        link = target.entity.link_of.get(segment.name)
        if link is None:
            return _property(target, rest[number:])
        target = _follow(target, link, segment, context)
    return target


def _key(segment: Segment) -> int:
    if not isinstance(segment.key, int):
        raise Missing(f"Ids are whole numbers, such as {segment.name}(1).")
    return segment.key


def _follow(target: Target, link: Link, segment: Segment, context: Context) -> Target:
    inner = BY_NAME[link.target]
    number = target.number or 0
    if not link.many:
        if segment.key is not None:
            raise Missing(f"{link.name} is one entity; it takes no id.")
        return Target(inner, _only(target.entity, number, link, context))
    parent = Parent(target.entity, number, link.name)
    if segment.key is None:
        if not rows_by_id(context, target.entity, ["{a}.id"], [number]):
            raise Missing(f"There is no {target.entity.plural}({number}).")
        return Target(inner, parent=parent)
    key = _key(segment)
    of_key = Binary("eq", Path(("id",)), Number(key))
    if not listing(context, inner, condition=of_key, parent=parent).page(["{a}.id"], 1):
        raise Missing(f"There is no {link.name}({key}) of {target.entity.plural}({number}).")
    return Target(inner, key)


def _only(entity: EntityType, number: int, link: Link, context: Context) -> int:
    """Return the id of the one entity that a link leads to."""
    rows = rows_by_id(context, entity, [TARGETS[entity.name, link.name]], [number])
    if not rows:
        raise Missing(f"There is no {entity.plural}({number}).")
    found = rows[0][0]
    if found is None or not rows_by_id(context, BY_NAME[link.target], ["{a}.id"], [found]):
        raise Missing(f"{entity.plural}({number}) has no {link.name}.")
    return int(found)


def _property(target: Target, segments: list[Segment]) -> Target:
    if any(segment.key is not None for segment in segments):
        raise QueryError("Properties take no ids.")
    first = segments[0].name
    if first not in target.entity.property_of and first not in {*IDS, SELF}:
        names = ", ".join([*target.entity.property_of, *target.entity.link_of])
        raise Missing(f'{target.entity.name} has no "{first}"; it has {names}.')
    return Target(target.entity, target.number, steps=tuple(segment.name for segment in segments))
