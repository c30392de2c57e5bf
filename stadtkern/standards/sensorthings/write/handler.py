"""A request that writes, from its address and JSON to its answer; HTTP, `$batch` and MQTT share it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonpatch
import jsonpointer
from django.db import Error as DatabaseFault

from stadtkern.base.errors import NotPermitted, StadtkernError
from stadtkern.base.odata.paths import parse_resource
from stadtkern.observations.granted import Access
from stadtkern.observations.services import entities
from stadtkern.observations.services.entities import Draft
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.people.refusals import note_refusal
from stadtkern.standards.sensorthings.entities import EntityType
from stadtkern.standards.sensorthings.write import data_array
from stadtkern.standards.sensorthings.write.answers import Answer, failed, failure, shown, tag
from stadtkern.standards.sensorthings.write.drafts import changed_entity, new_entity
from stadtkern.standards.sensorthings.write.targets import Target, reference, resolve

JSON_PATCH = "application/json-patch+json"
JSON_TYPES = frozenset({"", "application/json", JSON_PATCH, "application/merge-patch+json"})
MOST_OPERATIONS = 1_000
CREATE_OBSERVATIONS = "CreateObservations"


class WrongMethod(StadtkernError):
    """The address does not take this method."""

    status = 405


class WrongType(StadtkernError):
    """The body is of a type that the address does not take."""

    status = 415


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that writes.

    Parameters
    ----------
    method
        POST, PUT, PATCH or DELETE.
    path
        behind the root of the interface, percent-encoded, such as `Things(1)/Datastreams`.
    body
        decoded JSON; None: nothing was sent.
    base
        address of the root of the interface, with a slash at its end.
    headers
        by their names in lower case.
    query
        behind the question mark, decoded.
    """

    method: str
    path: str
    body: Any
    base: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """Return the type of the body without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def handle(ask: Ask, access: Access) -> Answer:
    """Do what is asked, all of it or nothing, and return the answer; errors become answers, too."""
    try:
        return _handle(ask, access)
    except NotPermitted as error:
        name = re.match(r"[$A-Za-z]{0,40}", ask.path.lstrip("/"))
        note_refusal(access.principal, door="http", reason=f"{ask.method} {name[0] if name else ''}")
        return failed(error, access)
    except (StadtkernError, DatabaseFault) as error:
        return failed(error, access)
    except RecursionError:
        return failure(400, "The body is nested too deep")


def _handle(ask: Ask, access: Access) -> Answer:
    if ask.method != "DELETE" and ask.content_type not in JSON_TYPES:
        raise WrongType(f"Send JSON (Content-Type: application/json), not {ask.content_type[:80]}")
    if ask.path.strip("/") == CREATE_OBSERVATIONS:
        if ask.method != "POST":
            raise WrongMethod(f"{CREATE_OBSERVATIONS} takes POST alone")
        return data_array.create(ask.body, access, ask.base)
    resource = parse_resource(ask.path)
    if resource.suffix == "$ref":
        return _link(ask, resolve(resource, access), access)
    if resource.suffix:
        raise WrongMethod(f"{resource.suffix} can only be read")
    if not resource.segments:
        raise WrongMethod("The root of the interface can only be read")
    target = resolve(resource, access)
    methods = _OF_SET if target.pk is None else _OF_ENTITY
    if ask.method not in methods:
        raise WrongMethod(f"This address takes {', '.join(('GET', *methods))}, not {ask.method}")
    return methods[ask.method](ask, target, access)


def _create(ask: Ask, target: Target, access: Access) -> Answer:
    """Make an entity in a collection (section 10.2)."""
    given = {target.link.back: target.parent_pk} if target.link else {}
    if target.link and isinstance(ask.body, dict) and set(ask.body) == {"@iot.id"}:
        return _add(ask, target, access)
    draft = new_entity(target.entity, ask.body, given=frozenset(given))
    pk = entities.create(draft, access=access, given=given)
    snapshot = entities.snapshot(target.entity.name, pk)
    body = shown(target.entity, pk, snapshot, access, ask.base)
    return Answer(201, body, {"Location": body["@iot.selfLink"], "ETag": tag(snapshot)})


def _update(ask: Ask, target: Target, access: Access) -> Answer:
    """Change an entity: by a part of it, as a whole, or by JSON Patch (section 10.3)."""
    pk, entity = target.pk or 0, target.entity
    entities.update(
        entity.name,
        pk,
        access=access,
        drafted=lambda stored: _drafted(ask, entity, stored),
        is_expected=_expectation(ask),
    )
    snapshot = entities.snapshot(entity.name, pk)
    return Answer(200, shown(entity, pk, snapshot, access, ask.base), {"ETag": tag(snapshot)})


def _drafted(ask: Ask, entity: EntityType, stored: dict[str, Any]) -> Draft:
    if ask.content_type == JSON_PATCH:
        if ask.method != "PATCH":
            raise WrongType("JSON Patch takes the method PATCH")
        return changed_entity(entity, _patched(ask.body, entity, stored), "merge", stored)
    return changed_entity(entity, ask.body, "replace" if ask.method == "PUT" else "merge", stored)


def _patched(operations: Any, entity: EntityType, stored: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """Return the properties that a JSON Patch (RFC 6902) changes, null where it removes them."""
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise BadEntity("A JSON Patch is an array of operations (RFC 6902)")
    if len(operations) > MOST_OPERATIONS:
        raise BadEntity(f"A JSON Patch of more than {MOST_OPERATIONS} operations")
    before = {name: value for name, value in stored.items() if name in entity.property_of}
    try:
        after = jsonpatch.JsonPatch(operations).apply(before)
    except jsonpatch.JsonPatchTestFailed as error:
        raise entities.Conflict(f"The JSON Patch does not fit: {str(error)[:200]}") from error
    except (
        jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, ValueError, KeyError,
        AttributeError, IndexError,
    ) as error:  # fmt: skip  # the library lets plain errors through where an operation is malformed
        raise BadEntity(f"The JSON Patch cannot be applied: {str(error)[:200]}") from error
    if not isinstance(after, dict):
        raise BadEntity("The JSON Patch leaves no object")
    gone: dict[str, Any] = {name: None for name in before if name not in after}
    return gone | {
        name: value for name, value in after.items() if name not in before or before[name] != value
    }


def _delete(ask: Ask, target: Target, access: Access) -> Answer:
    """Delete an entity with what depends on it (section 10.4)."""
    entities.delete(target.entity.name, target.pk or 0, access=access, is_expected=_expectation(ask))
    return Answer(200)


def _expectation(ask: Ask) -> Callable[[dict[str, Any]], bool] | None:
    """Return whether an entity is as `If-Match` says (RFC 9110 section 13.1.1)."""
    told = ask.headers.get("if-match", "").strip()
    if not told or told == "*":
        return None
    tags = {one.strip().removeprefix("W/") for one in told.split(",")}
    return lambda stored: tag(stored) in tags


def _link(ask: Ask, target: Target, access: Access) -> Answer:
    """Change links by `$ref` (OData 4.01 protocol, section 11.4.6)."""
    if target.link is None or target.parent is None:
        raise WrongMethod("An entity set has no links to change")
    if ask.method == "POST" and target.link.many and target.pk is None:
        return _add(ask, target, access)
    if ask.method == "PUT" and not target.link.many:
        _relink(target, reference(ask.body), access)
        return Answer(204)
    if ask.method == "DELETE" and target.link.many:
        pk = target.pk or reference({"url": ask.query.get("$id", "")})
        entities.unlink(target.parent.name, target.parent_pk, target.link.name, pk, access=access)
        return Answer(204)
    if ask.method == "DELETE":
        raise BadEntity(f"The link {target.link.name} can lead elsewhere (PUT), but not be missing")
    raise WrongMethod("POST adds to a collection of links, PUT changes a single one, DELETE ends one")


def _add(ask: Ask, target: Target, access: Access) -> Answer:
    _relink(target, reference(ask.body), access)
    return Answer(204)


def _relink(target: Target, pk: int, access: Access) -> None:
    if target.parent is None or target.link is None:
        raise WrongMethod("An entity set has no links to change")
    draft = Draft(target.parent.name, {}, {target.link.name: (pk,)})
    entities.update(target.parent.name, target.parent_pk, access=access, drafted=lambda _stored: draft)


_Doer = Callable[[Ask, Target, Access], Answer]
_OF_SET: dict[str, _Doer] = {"POST": _create}
_OF_ENTITY: dict[str, _Doer] = {"PATCH": _update, "PUT": _update, "DELETE": _delete}
