"""How entities were: `$asof` for a moment, `/$history` for all versions.

Both are our own additions to the standard. A moment is answered from the versions that each change by the
services leaves behind; an entity that never changed is answered as it is. Observations have no versions:
their `resultTime` says since when they are known.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from stadtkern.base.errors import NotFound, StadtkernError
from stadtkern.base.odata.nodes import Resource
from stadtkern.base.odata.paths import parse_resource
from stadtkern.observations.access import access_for_request, visible
from stadtkern.observations.fields import instant
from stadtkern.observations.granted import Access
from stadtkern.observations.models import EntityVersion
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.versions import EVER, snapshot
from stadtkern.observations.services.entities.work import of_kind
from stadtkern.standards.sensorthings.entities import BY_SET, EntityType
from stadtkern.standards.sensorthings.write import values
from stadtkern.standards.sensorthings.write.answers import Answer, failed
from stadtkern.standards.sensorthings.write.views import response, root

HISTORY = "$history"
AS_OF = "$asof"
USUAL, MOST = 100, 1000
"""Entities of one page."""
OPTIONS = frozenset({AS_OF, "$top", "$skip", "$count", "$select", "$skiptoken"})
FROM, TO, BY, DELETED = (f"@stadtkern.{name}" for name in ("validFrom", "validTo", "changedBy", "deleted"))


def asks_for_history(request: HttpRequest, path: str) -> bool:
    """Return whether a request is for this module."""
    return path.rstrip("/").endswith("/" + HISTORY) or any(name.lower() == AS_OF for name in request.GET)


def history(request: HttpRequest, path: str) -> HttpResponse:
    """Answer `Things(1)/$history`, `Things(1)?$asof=...` or `Things?$asof=...`."""
    access: Access | None = None
    try:
        access = access_for_request(request)
        return response(_answer(request, path.rstrip("/"), access))
    except StadtkernError as error:
        return response(failed(error, access))


def _answer(request: HttpRequest, path: str, access: Access) -> Answer:
    options = {name.lower(): value for name, value in request.GET.items() if isinstance(value, str)}
    if unknown := sorted(name for name in options if name.startswith("$") and name not in OPTIONS):
        raise BadEntity(f"{unknown[0][:40]} cannot be combined with {AS_OF} or {HISTORY}")
    if path.endswith("/" + HISTORY):
        entity, pk = _entity(parse_resource(path.removesuffix("/" + HISTORY)))
        if pk is None:
            raise NotFound(f"{HISTORY} needs one entity, such as {entity.plural}(1)/{HISTORY}")
        return Answer(200, _versions(entity, pk, options, access, root(request)))
    entity, pk = _entity(parse_resource(path))
    moment = instant(values.instant(options.get(AS_OF), AS_OF))
    if pk is None:
        return Answer(200, _set_at(entity, moment, options, access, root(request)))
    return Answer(200, _entity_at(entity, pk, moment, options, access, root(request)))


def _entity(resource: Resource) -> tuple[EntityType, int | None]:
    if len(resource.segments) != 1 or resource.suffix:
        raise BadEntity(f"{AS_OF} and {HISTORY} take an entity set or an entity of it, no links")
    (segment,) = resource.segments
    entity = BY_SET.get(segment.name)
    if entity is None or isinstance(segment.key, str):
        raise NotFound("There is no such entity set or entity")
    if entity.name == "Observation":
        raise BadEntity("Observations have no versions; their resultTime says since when they are known")
    return entity, segment.key


def _seen(entity: EntityType, access: Access) -> "QuerySet[Any]":
    """Return the rows that may be seen now."""
    return visible(access, of_kind(entity.name))


def _of(entity: EntityType, access: Access) -> "QuerySet[EntityVersion]":
    """Return the versions of entities that may be seen; those of removed ones are for who sees all."""
    versions = EntityVersion.objects.filter(entity=entity.name)
    return versions if access.sees_all else versions.filter(entity_id__in=_seen(entity, access).values("pk"))


def _valid_at(versions: "QuerySet[EntityVersion]", moment: datetime) -> "QuerySet[EntityVersion]":
    is_valid = Q(valid_to=None) | Q(valid_to__gt=moment)
    return versions.filter(is_valid, valid_from__lte=moment, document__isnull=False)


def _unchanged(entity: EntityType, access: Access) -> "QuerySet[Any]":
    """Return the rows that never changed since there is a history."""
    own = EntityVersion.objects.filter(entity=entity.name, entity_id=OuterRef("pk"))
    return _seen(entity, access).filter(~Exists(own))


def _entity_at(  # noqa: PLR0913, PLR0917
    entity: EntityType, pk: int, moment: datetime, options: Mapping[str, str], access: Access, base: str
) -> dict[str, Any]:
    version = _valid_at(_of(entity, access).filter(entity_id=pk), moment).order_by("-pk").first()
    if version is not None:
        return _selected(_document(entity, version, base, access), options)
    row = _unchanged(entity, access).filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There was no {entity.name} {pk} at {_text(moment)}")
    return _selected(_with_address(entity, pk, snapshot(entity.name, row), base), options)


def _set_at(
    entity: EntityType, moment: datetime, options: Mapping[str, str], access: Access, base: str
) -> dict[str, Any]:
    """Return a page of an entity set at a moment, by identifier."""
    valid, unchanged = _valid_at(_of(entity, access), moment), _unchanged(entity, access)
    found: dict[str, Any] = {}
    if options.get("$count", "").lower() == "true":
        found["@iot.count"] = valid.count() + unchanged.count()
    after, skip, top = (_number(options, name) for name in ("$skiptoken", "$skip", "$top"))
    size = min(USUAL if top is None else top, MOST)
    ids = valid.filter(entity_id__gt=after or 0).order_by().values_list("entity_id", flat=True)
    rows = unchanged.filter(pk__gt=after or 0).order_by().values_list("pk", flat=True)
    start = skip or 0
    page = list(ids.union(rows).order_by("entity_id")[start : start + size + 1])
    shown, more = page[:size], len(page) > size > 0
    if more and (top is None or top > size):
        link = {name: value for name, value in options.items() if name not in {"$skip", "$skiptoken"}}
        if top is not None:
            link["$top"] = str(top - size)
        address = urlencode(link | {"$skiptoken": str(shown[-1])}, quote_via=quote, safe="$:,")
        found["@iot.nextLink"] = f"{base}{entity.plural}?{address}"
    documents = {
        one.entity_id: _document(entity, one, base, access) for one in valid.filter(entity_id__in=shown)
    }
    for row in of_kind(entity.name).filter(pk__in=[pk for pk in shown if pk not in documents]):
        documents[row.pk] = _with_address(entity, row.pk, snapshot(entity.name, row), base)
    return found | {"value": [_selected(documents[pk], options) for pk in shown]}


def _versions(
    entity: EntityType, pk: int, options: Mapping[str, str], access: Access, base: str
) -> dict[str, Any]:
    """Return the versions of an entity, newest first."""
    versions = _of(entity, access).filter(entity_id=pk).order_by("-valid_from", "-pk")
    top, skip = _number(options, "$top"), _number(options, "$skip") or 0
    size = min(USUAL if top is None else top, MOST)
    page: Sequence[EntityVersion] = list(versions[skip : skip + size + 1])
    if not page:
        row = _unchanged(entity, access).filter(pk=pk).first()
        if row is None and not versions.exists():
            raise NotFound(f"There is no {entity.name} {pk}")
        only = [] if row is None or skip else [_with_address(entity, pk, snapshot(entity.name, row), base)]
        return {"value": only}
    found: dict[str, Any] = {}
    if options.get("$count", "").lower() == "true":
        found["@iot.count"] = versions.count()
    if len(page) > size and (top is None or top > size):
        found["@iot.nextLink"] = f"{base}{entity.plural}({pk})/{HISTORY}?$skip={skip + size}"
    return found | {"value": [_document(entity, one, base, access) for one in page[:size]]}


def _document(entity: EntityType, version: EntityVersion, base: str, access: Access) -> dict[str, Any]:
    since = None if version.valid_from == EVER else _text(version.valid_from)
    facts = {FROM: since, TO: _text(version.valid_to)}
    if access.may_manage:
        facts[BY] = version.changed_by
    if version.document is None:
        return {"@iot.id": version.entity_id, **facts, DELETED: True}
    return _with_address(entity, version.entity_id, version.document, base) | facts


def _with_address(entity: EntityType, pk: int, document: Mapping[str, Any], base: str) -> dict[str, Any]:
    return {"@iot.id": pk, "@iot.selfLink": f"{base}{entity.plural}({pk})", **document}


def _selected(document: dict[str, Any], options: Mapping[str, str]) -> dict[str, Any]:
    """Return what `$select` names."""
    if not (told := options.get("$select")):
        return document
    names = {"@iot.id" if name.strip() == "id" else name.strip() for name in told.split(",")}
    return {name: value for name, value in document.items() if name in names}


def _number(options: Mapping[str, str], name: str) -> int | None:
    told = options.get(name)
    if told is None:
        return None
    if not (told.isascii() and told.isdigit()) or len(told) > 18:  # noqa: PLR2004  # fits in 64 bits
        raise BadEntity(f"{name} has to be a whole number")
    return int(told)


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat().replace("+00:00", "Z")
