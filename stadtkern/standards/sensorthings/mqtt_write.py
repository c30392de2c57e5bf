"""Creating Observations by MQTT (OGC 18-088 section 14.1): a group of messages, one set of writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from stadtkern.base.errors import StadtkernError
from stadtkern.contracts.messages import Arrival
from stadtkern.observations.access import Access
from stadtkern.observations.fields import micros
from stadtkern.observations.models import Datastream
from stadtkern.observations.services import bulk
from stadtkern.observations.services.entities.creation import check_of, make
from stadtkern.observations.services.entities.drafts import Result
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.observations import columns
from stadtkern.observations.services.entities.results import Check, shown
from stadtkern.observations.services.entities.work import work
from stadtkern.standards.sensorthings.entities import OBSERVATION
from stadtkern.standards.sensorthings.mqtt_topics import Target, read_target
from stadtkern.standards.sensorthings.write import drafts, observations, values

SOURCE = "sensorthings"
LARGEST_BODY = 1_000_000
STREAM_LINKS = ("Datastream", "MultiDatastream")
NOT_ALLOWED = "its sender may not write to this datastream"


@dataclass(slots=True)
class _Plain:
    """A message that says nothing but one result for one datastream."""

    place: int
    stream: int
    link: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class _Group:
    """Messages on their way into the tables."""

    arrivals: Sequence[Arrival]
    lines: list[str] = field(default_factory=list)
    plain: list[_Plain] = field(default_factory=list)


def store(arrivals: Sequence[Arrival]) -> list[str]:
    """Store messages within the open transaction; return for each what is wrong with it.

    Messages with nothing but a result for one datastream, which is nearly all of them, are stored together;
    the others, such as those with a feature of interest within, one by one.
    """
    group = _Group(arrivals, [""] * len(arrivals))
    for place, arrival in enumerate(arrivals):
        try:
            _sort(group, place, arrival)
        except StadtkernError as error:
            group.lines[place] = str(error)
    _store_plain(group)
    return group.lines


def _sort(group: _Group, place: int, arrival: Arrival) -> None:
    target = read_target(arrival.topic)
    if target is None:
        raise BadEntity("Observations are created on topics such as v1.1/Datastreams(1)/Observations")
    if len(arrival.body) > LARGEST_BODY:
        raise BadEntity(f"The message is larger than {LARGEST_BODY} bytes")
    body = values.decode(arrival.body)
    if not isinstance(body, dict):
        raise BadEntity("An Observation is a JSON object")
    found = _plain(target, body)
    if found is None:
        _store_one(arrival, target, body)
        return
    stream, link = found
    if not arrival.access.may_write(stream):
        raise BadEntity(NOT_ALLOWED)
    group.plain.append(_Plain(place, stream, link, body))


def _plain(target: Target, body: Mapping[str, Any]) -> tuple[int, str] | None:
    """Return the datastream of a message without other links, and the link that names it; else None."""
    named = [name for name in STREAM_LINKS if name in body]
    if "FeatureOfInterest" in body or len(target.steps) > 2:  # noqa: PLR2004
        return None
    if target.stream is not None:
        return (target.stream, target.link) if not named else None
    if target.link or len(named) != 1:
        return None
    link = body[named[0]]
    if isinstance(link, dict) and drafts.ID in link:
        return drafts.identifier(link[drafts.ID], named[0]), named[0]
    return None


def _store_plain(group: _Group) -> None:
    """Check and store the plain messages by one call of the bulk path."""
    if not group.plain:
        return
    streams = {one.stream for one in group.plain}
    checks = {
        (stream.pk, "MultiDatastream" if stream.is_multi else "Datastream"): check_of(stream)
        for stream in Datastream.objects.filter(pk__in=streams)
    }
    rows: list[tuple[_Plain, Result]] = []
    for one in group.plain:
        try:
            check = checks.get((one.stream, one.link))
            rows.append((one, _checked(one, check, micros(group.arrivals[one.place].received))))
        except StadtkernError as error:
            group.lines[one.place] = str(error)
    if not rows:
        return
    stored = bulk.store(
        columns([one.stream for one, _result in rows], [result for _one, result in rows]),
        received=group.arrivals[0].received,
    )
    for row, (_reason, text) in stored.reasons.items():
        group.lines[rows[row][0].place] = text


def _checked(one: _Plain, check: Check | None, now: int) -> Result:
    if check is None:
        raise BadEntity(f"There is no {one.link} {one.stream}")
    for name in one.body:
        if name not in OBSERVATION.property_of and name not in STREAM_LINKS and "@" not in name:
            raise BadEntity(f"An Observation has no property or link {shown(name)}")
    return observations.observation(one.body, now=now, check=check)


def _store_one(arrival: Arrival, target: Target, body: Mapping[str, Any]) -> None:
    """Store a message with links, and with what is nested in it, like the same request by HTTP."""
    access: Access = arrival.access
    given = _given(access, target, arrival)
    draft = drafts.new_entity(OBSERVATION, dict(body), given=frozenset(given))
    with transaction.atomic(), work(access, now=arrival.received) as piece:
        make(piece, draft, given)


def _given(access: Access, target: Target, arrival: Arrival) -> dict[str, int]:
    """Return the links that the topic gives; every entity on the way has to be there."""
    from stadtkern.standards.sensorthings.notify import resolve  # noqa: PLC0415  # reads by the same way

    if len(target.steps) == 1:
        return {}
    parent = resolve(target.steps[:-1], access)
    if parent is None:
        raise BadEntity(f"There is nothing at {arrival.topic[:200]}")
    return {target.link: parent}
