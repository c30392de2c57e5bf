"""What subscribers get to see when something was stored (OGC 18-088 section 14.2)."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import Model, QuerySet

from stadtkern.base.odata.nodes import Query
from stadtkern.contracts.messages import News
from stadtkern.observations.access import Access, visible
from stadtkern.observations.models import Datastream, Observation
from stadtkern.observations.services.entities.shapes import MODELS
from stadtkern.observations.services.entities.work import STREAMS
from stadtkern.standards.sensorthings.entities import (
    BY_NAME,
    DATASTREAM,
    MULTI_DATASTREAM,
    OBSERVATION,
    EntityType,
)
from stadtkern.standards.sensorthings.mqtt_topics import BadTopic, Step, Topic, read_topic
from stadtkern.standards.sensorthings.read.documents import entity_documents
from stadtkern.standards.sensorthings.standard import VERSION, standard
from stadtkern.standards.sensorthings.write.targets import related

Published = tuple[str, bytes]
Select = tuple[tuple[str | int, ...], ...]
ROOT = f"{settings.PUBLIC_URL}/{standard.prefix.rstrip('/')}"
KEPT_BY_SERVER = frozenset({"phenomenonTime", "resultTime", "observedArea"})
"""Properties of a datastream that new observations change."""


def publications(news: News, topics: Collection[str] | None, access: Access) -> Iterator[Published]:
    """Yield topic and body of what subscribers with these rights get to see of some news.

    A set gets entities that are new or changed, an entity and its properties what changed; nothing tells
    that an entity was removed, since the standard has no message for that.
    """
    if news.how == "deleted":
        return
    for kind, ids, fields in _changes(news, access):
        if topics is None:
            yield from _common(kind, ids, fields, access)
            continue
        concerned = [(text, topic) for text, topic in _read(topics) if topic.entity is kind]
        yield from _wanted(kind, ids, fields, concerned, access)


def _read(topics: Collection[str]) -> Iterator[tuple[str, Topic]]:
    """Yield topics with what they are about; one that an older version granted may be none any more."""
    for text in topics:
        with suppress(BadTopic):
            yield text, read_topic(text)


def _changes(news: News, access: Access) -> Iterator[tuple[EntityType, list[int], frozenset[str]]]:
    """Yield which entities of which type changed, as far as `access` may see anything of them."""
    ids = [pk for first, last in news.runs for pk in range(first, last + 1)]
    if news.kind != OBSERVATION.name:
        kind = BY_NAME.get(news.kind)
        if kind is not None:
            yield kind, ids, news.fields
        return
    streams = [pk for pk in sorted(news.datastreams) if access.may_read(pk)]
    if news.datastreams and not streams:
        return
    yield OBSERVATION, ids, news.fields
    multi = set(Datastream.objects.filter(pk__in=streams, is_multi=True).values_list("pk", flat=True))
    for kind, own in (
        (DATASTREAM, [pk for pk in streams if pk not in multi]),
        (MULTI_DATASTREAM, sorted(multi)),
    ):
        if own:
            yield kind, own, KEPT_BY_SERVER


def _wanted(
    kind: EntityType,
    ids: Sequence[int],
    fields: frozenset[str],
    topics: Sequence[tuple[str, Topic]],
    access: Access,
) -> Iterator[Published]:
    """Yield what there is for topics about entities of one type."""
    by_select: dict[Select, list[tuple[str, Topic, list[int]]]] = {}
    for text, topic in topics:
        if own := _concerned(topic, ids, fields, access):
            select = (topic.member[:1],) if topic.member else topic.select
            by_select.setdefault(select, []).append((text, topic, own))
    for select, chosen in by_select.items():
        needed = sorted({pk for _text, _topic, own in chosen for pk in own})
        found = documents(kind, needed, access, select)
        bodies = {pk: encode(document) for pk, document in found.items()}
        for text, topic, own in chosen:
            for pk in own:
                if pk not in found:
                    continue
                yield text, _property(found[pk], topic.member) if topic.member else bodies[pk]


def documents(
    kind: EntityType, ids: Sequence[int], access: Access, select: Select = ()
) -> dict[int, dict[str, Any]]:
    """Return the documents of entities as `GET` gives them, in the order of their identifiers."""
    found = entity_documents(kind, ids, access, ROOT, Query(select=select))
    return dict(sorted(found.items()))


def _property(document: dict[str, Any], path: Sequence[str | int]) -> bytes:
    """Return one property under its own name (section 14.2.3)."""
    value: Any = msgspec.json.decode(encode(document))
    for name in path:
        value = value.get(str(name)) if isinstance(value, dict) else None
    return encode({str(path[-1]): value})


def _concerned(topic: Topic, ids: Sequence[int], fields: frozenset[str], access: Access) -> list[int]:
    """Return those of the changed entities that a topic is about."""
    if topic.member and fields and topic.member[0] not in fields:
        return []
    last = topic.steps[-1]
    if not topic.is_set:
        pk = resolve(topic.steps, access) if last.key is None else last.key
        return [pk] if pk is not None and pk in ids else []
    if len(topic.steps) == 1:
        return list(ids)
    parent = resolve(topic.steps[:-1], access)
    return [] if parent is None else _within(topic.steps[-2].entity, parent, last, ids)


def _within(parent: EntityType, pk: int, step: Step, ids: Sequence[int]) -> list[int]:
    """Return those of `ids` that hang on an entity by a link."""
    name = "number" if step.entity is OBSERVATION else "pk"
    found = _hanging(parent, pk, step).filter(**{f"{name}__in": ids})
    return sorted(set(found.values_list(name, flat=True)))


def _hanging(parent: EntityType, pk: int, step: Step) -> "QuerySet[Any]":
    """Return the rows that a link leads to from the entity `pk` of the type `parent`."""
    return rows_of(step.entity) if step.link is None else related(parent, pk, step.link)


def rows_of(kind: EntityType) -> "QuerySet[Any]":
    """Return all rows of an entity type."""
    if kind is OBSERVATION:
        return Observation.objects.all()
    rows: QuerySet[Any] = MODELS[kind.name]._default_manager.all()  # noqa: SLF001  # Django's own name for it
    return rows.filter(is_multi=STREAMS[kind.name]) if kind.name in STREAMS else rows


def resolve(steps: Sequence[Step], access: Access) -> int | None:
    """Return the identifier of the entity that steps lead to; None if one on the way is not to be seen."""
    pk: int | None = None
    for place, step in enumerate(steps):
        rows = rows_of(step.entity) if pk is None else _hanging(steps[place - 1].entity, pk, step)
        name = "number" if step.entity is OBSERVATION else "pk"
        if step.key is not None:
            rows = rows.filter(**{name: step.key})
        pk = _visible(step.entity, rows, access).values_list(name, flat=True).first()
        if pk is None:
            return None
    return pk


def _visible(kind: EntityType, rows: "QuerySet[Any]", access: Access) -> "QuerySet[Model]":
    if kind is not OBSERVATION:
        return visible(access, rows)
    return rows if access.sees_all else rows.filter(datastream__in=access.readable)


def encode(document: dict[str, Any]) -> bytes:
    """Return a document as it is sent."""
    return msgspec.json.encode(document)


def _common(
    kind: EntityType, ids: Sequence[int], fields: frozenset[str], access: Access
) -> Iterator[Published]:
    """Yield what is published at an outside broker, whose subscriptions nobody tells us.

    Observations go to their set, and to that of their datastream; other entities to their set and to their
    own topic; their changed properties to one topic each.
    """
    if kind is OBSERVATION:
        yield from _common_observations(ids, access)
        return
    for pk, document in documents(kind, ids, access).items():
        body, own = encode(document), f"{VERSION}/{kind.plural}({pk})"
        if fields != KEPT_BY_SERVER:
            yield f"{VERSION}/{kind.plural}", body
        yield own, body
        for name in sorted(fields & set(kind.property_of)):
            yield f"{own}/{name}", encode({name: document.get(name)})


def _common_observations(ids: Sequence[int], access: Access) -> Iterator[Published]:
    streams = dict(Observation.objects.filter(number__in=ids).values_list("number", "datastream_id"))
    multi = set(
        Datastream.objects.filter(pk__in=set(streams.values()), is_multi=True).values_list("pk", flat=True)
    )
    for pk, document in documents(OBSERVATION, ids, access).items():
        stream, body = streams.get(pk), encode(document)
        kind = MULTI_DATASTREAM if stream in multi else DATASTREAM
        yield f"{VERSION}/Observations", body
        yield f"{VERSION}/{kind.plural}({stream})/Observations", body
