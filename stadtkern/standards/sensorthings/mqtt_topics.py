"""Topics of SensorThings (OGC 18-088 section 14): `v1.1/` and a resource path, perhaps with `$select`."""

from dataclasses import dataclass
from functools import lru_cache

from stadtkern.base.odata import Limits, QueryError, parse_query, parse_resource
from stadtkern.standards.sensorthings.entities import BY_SET, OBSERVATION, EntityType, Link
from stadtkern.standards.sensorthings.standard import VERSION

LIMITS = Limits(length=1500)
MOST_KEPT = 10_000
MOST_STEPS = 8


class BadTopic(Exception):
    """The text is no topic of this interface; the message says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a topic: an entity set or a link, and the identifier of an entity in it."""

    entity: EntityType
    link: Link | None
    """How it hangs on the step before; None: it is the first one."""
    key: int | None = None

    @property
    def is_one(self) -> bool:
        """Return whether it leads to one entity."""
        return self.key is not None or (self.link is not None and not self.link.many)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a topic is about.

    Parameters
    ----------
    steps
        the way to an entity or an entity set.
    member
        JSON name of a property of the entity, with the members within it behind it; empty: all of it.
    select
        the properties that are wanted, as `$select` names them; empty: all.
    """

    steps: tuple[Step, ...]
    member: tuple[str | int, ...] = ()
    select: tuple[tuple[str | int, ...], ...] = ()

    @property
    def entity(self) -> EntityType:
        """Return the type of what it is about."""
        return self.steps[-1].entity

    @property
    def is_set(self) -> bool:
        """Return whether it is about an entity set."""
        return not self.steps[-1].is_one


@lru_cache(MOST_KEPT)
def read_topic(text: str) -> Topic:  # noqa: C901  # one branch for each kind of packet
    """Return what a topic is about.

    Raises
    ------
    BadTopic
        if there is no such resource, or it is none to subscribe to.
    """
    version, _slash, rest = text.partition("/")
    if version != VERSION or not rest:
        raise BadTopic(f"topics begin with {VERSION}/ and an entity set")
    if "#" in rest or "+" in rest:
        raise BadTopic("wildcards are not possible here; name an entity set")
    path, question, query = rest.partition("?")
    try:
        resource = parse_resource(path, LIMITS)
        options = parse_query(query, LIMITS) if question else None
    except QueryError as error:
        raise BadTopic(str(error)) from error
    if not resource.segments:
        raise BadTopic(f"topics begin with {VERSION}/ and an entity set")
    if resource.suffix:
        raise BadTopic(f"{resource.suffix} cannot be subscribed to")
    steps: list[Step] = []
    names = list(resource.segments)
    while names:
        step = _step(names[0].name, names[0].key, steps[-1] if steps else None)
        if step is None:
            break
        steps.append(step)
        names.pop(0)
    if len(steps) > MOST_STEPS:
        raise BadTopic(f"a topic has at most {MOST_STEPS} steps")
    wanted = _property(steps[-1], [(one.name, one.key) for one in names]) if names else ()
    if options is None:
        return Topic(tuple(steps), wanted)
    given = {
        name
        for name in ("filter", "orderby", "expand", "top", "skip", "count", "apply")
        if getattr(options, name)
    }
    if given or options.result_format or options.as_of or options.skip_token:
        raise BadTopic("of the query options only $select is possible here")
    if wanted:
        raise BadTopic("$select is possible for entities and entity sets only")
    return Topic(tuple(steps), select=_select(steps[-1].entity, options.select))


def _step(name: str, key: int | str | None, before: Step | None) -> Step | None:
    """Return a step; None if the name is that of a property."""
    if isinstance(key, str):
        raise BadTopic("identifiers are whole numbers")
    if before is None:
        if (entity := BY_SET.get(name)) is None:
            raise BadTopic(f'there is no entity set "{name[:40]}"')
        return Step(entity, None, key)
    if not before.is_one:
        raise BadTopic(f"{before.entity.plural} needs an identifier before {name[:40]}")
    if (link := before.entity.link_of.get(name)) is None:
        return None
    if key is not None and not link.many:
        raise BadTopic(f"{name} leads to one entity and takes no identifier")
    target = next(one for one in BY_SET.values() if one.name == link.target)
    return Step(target, link, key)


def _property(step: Step, names: list[tuple[str, int | str | None]]) -> tuple[str | int, ...]:
    """Return the way to a property of the entity that a topic leads to."""
    entity = step.entity
    if not step.is_one:
        raise BadTopic(f"{entity.plural} needs an identifier before {names[0][0][:40]}")
    if names[0][0] not in entity.property_of or any(key is not None for _name, key in names):
        raise BadTopic(f'a {entity.name} has no property or link "{names[0][0][:40]}"')
    return tuple(name for name, _key in names)


def _select(
    entity: EntityType, paths: tuple[tuple[str | int, ...], ...]
) -> tuple[tuple[str | int, ...], ...]:
    for path in paths:
        name = str(path[0])
        if name not in {"*", "id"} and name not in entity.property_of and name not in entity.link_of:
            raise BadTopic(f'a {entity.name} has no property "{name[:40]}"')
        if name in entity.link_of and len(path) > 1:
            raise BadTopic(f"properties of {name} cannot be selected here")
    return () if ("*",) in paths else paths


@dataclass(frozen=True, slots=True)
class Target:
    """Where an Observation is to be created (section 14.1).

    Parameters
    ----------
    steps
        the way to the entity set `Observations`; one step: the message names its Datastream.
    """

    steps: tuple[Step, ...]

    @property
    def link(self) -> str:
        """Return the link of the Observation that the topic gives; empty: none."""
        link = self.steps[-1].link
        return "" if link is None else link.back

    @property
    def parent(self) -> int | None:
        """Return the entity at the end of that link; None: none, or it has to be looked up."""
        return self.steps[-2].key if len(self.steps) > 1 else None

    @property
    def stream(self) -> int | None:
        """Return the Datastream or MultiDatastream, as far as the topic says it."""
        return self.parent if self.link in {"Datastream", "MultiDatastream"} else None


@lru_cache(MOST_KEPT)
def read_target(text: str) -> Target | None:
    """Return where a message on a topic is to be created; None: nothing can be created there."""
    try:
        topic = read_topic(text)
    except BadTopic:
        return None
    if topic.entity is not OBSERVATION or not topic.is_set or topic.select or topic.member:
        return None
    if len(topic.steps) > 1 and topic.steps[-2].key is None:
        return None
    return Target(topic.steps)
