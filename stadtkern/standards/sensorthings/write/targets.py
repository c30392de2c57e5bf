"""What the address of a request that writes leads to."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from stadtkern.base.errors import NotFound
from stadtkern.base.odata.nodes import Resource
from stadtkern.observations.access import reachable, visible_streams
from stadtkern.observations.granted import Access
from stadtkern.observations.models import Datastream, Observation
from stadtkern.observations.services.archive.moving import bring_back_number
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.work import of_kind
from stadtkern.standards.sensorthings.entities import BY_NAME, BY_SET, EntityType, Link

_LOOKUPS = {
    ("MultiDatastream", "ObservedProperties"): "multi_components__datastream",
    ("ObservedProperty", "MultiDatastreams"): "components__observed_property",
}
"""Lookups of links whose way back is not one column."""


@dataclass(frozen=True, slots=True)
class Target:
    """An entity, or a collection of them.

    Parameters
    ----------
    entity
        type of what is addressed.
    pk
        identifier of the entity; None: a collection.
    parent, parent_pk, link
        the entity before it in the address and the link from there; None: an entity set.
    """

    entity: EntityType
    pk: int | None = None
    parent: EntityType | None = None
    parent_pk: int = 0
    link: Link | None = None


def resolve(resource: Resource, access: Access) -> Target:
    """Return what an address leads to; every entity on the way has to be there and visible.

    Raises
    ------
    NotFound
        If the address leads nowhere.
    """
    if not resource.segments:
        raise NotFound("This address is no entity and no collection")
    first, *rest = resource.segments
    if first.name not in BY_SET:
        raise NotFound(f"There is no entity set {first.name[:60]}")
    found = Target(BY_SET[first.name], _key(first.key))
    _require(found, access)
    for segment in rest:
        found = _follow(found, segment.name, _key(segment.key), access)
    return found


def _key(key: object) -> int | None:
    if isinstance(key, str):
        raise NotFound(f"There is no entity with the id '{key[:60]}'; identifiers are whole numbers")
    return key if isinstance(key, int) else None


def _follow(before: Target, name: str, key: int | None, access: Access) -> Target:
    if before.pk is None:
        raise NotFound(f"{before.entity.plural} needs an id before /{name[:60]}")
    link = before.entity.link_of.get(name)
    if link is None:
        raise NotFound(f"A {before.entity.name} has no link {name[:60]}")
    entity = BY_NAME[link.target]
    if link.many:
        found = Target(entity, key, before.entity, before.pk, link)
    elif key is not None:
        raise NotFound(f"{name} is one entity and takes no id")
    else:
        found = Target(entity, _single(before, link), before.entity, before.pk, link)
    _require(found, access)
    return found


def _require(target: Target, access: Access) -> None:
    """Refuse an entity that is not there, not visible, or not at the end of the link."""
    if target.pk is None:
        return
    rows = related(target.parent, target.parent_pk, target.link) if target.parent and target.link else None
    if target.entity.name == "Observation":
        found = (Observation.objects.all() if rows is None else rows).filter(number=target.pk)
        found = found.filter(datastream__in=visible_streams(access))
        is_there = found.exists() or (bring_back_number(target.pk, access.may_write) and found.exists())
    else:
        found = of_kind(target.entity.name) if rows is None else rows
        is_there = reachable(access, found.filter(pk=target.pk)).exists()
    if not is_there:
        raise NotFound(f"There is no {target.entity.name} {target.pk} at this address")


def related(parent: EntityType, pk: int, link: Link) -> "QuerySet[Any]":
    """Return the rows at the end of a link to many or one, of which the far end knows the way back."""
    if link.target == "Observation":
        return _observations(parent, pk)
    if parent.name == "Observation":
        row = Observation.objects.filter(number=pk).values_list("datastream", "feature").first() or (0, 0)
        if link.target == "FeatureOfInterest":
            feature = row[1] or Datastream.objects.filter(pk=row[0]).values("feature_of_interest")
            many = [feature] if isinstance(feature, int) else feature
            return of_kind(link.target).filter(pk__in=many)
        return of_kind(link.target).filter(pk=row[0])
    lookup = _LOOKUPS.get((parent.name, link.name)) or BY_NAME[link.target].link_of[link.back].path
    return of_kind(link.target).filter(**{lookup: pk})


def _observations(parent: EntityType, pk: int) -> "QuerySet[Any]":
    if parent.name == "FeatureOfInterest":
        default = Observation.objects.filter(feature=None, datastream__feature_of_interest=pk)
        return Observation.objects.filter(feature=pk) | default
    return Observation.objects.filter(datastream=pk)


def _single(before: Target, link: Link) -> int:
    """Return the identifier at the end of a link to one entity."""
    pk = related(before.entity, before.pk or 0, link).values_list("pk", flat=True).first()
    if pk is None:
        raise NotFound(f"This {before.entity.name} has no {link.name}")
    return int(pk)


def reference(body: object) -> int:
    """Return the identifier in a reference, such as `{"@iot.id": 1}` or `{"@odata.id": ".../Things(1)"}`."""
    if isinstance(body, dict):
        if isinstance(pk := body.get("@iot.id"), int) and not isinstance(pk, bool) and 0 < pk < 2**63:
            return pk
        for name in ("@odata.id", "@id", "@iot.selfLink", "url"):
            text = body.get(name)
            digits = text.rpartition("(")[2].removesuffix(")") if isinstance(text, str) else ""
            if digits.isascii() and digits.isdigit() and len(digits) < 19:  # noqa: PLR2004  # fits in 64 bits
                return int(digits)
    raise BadEntity('The body has to be a reference such as {"@iot.id": 1}')
