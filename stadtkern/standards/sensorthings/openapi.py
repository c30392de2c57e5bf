"""The interface in words of OpenAPI 3.1, for programs that make clients and tests out of it."""

from typing import Any

from stadtkern.standards.sensorthings.entities import ENTITY_TYPES, EntityType, Kind, Link

PATH = "openapi.json"
MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.1"
Json = dict[str, Any]
_TIME: Json = {"type": "string", "examples": ["2026-01-31T12:00:00Z"]}
_KINDS: dict[Kind, Json] = {
    Kind.TEXT: {"type": "string"},
    Kind.URI: {"type": "string"},
    Kind.OBJECT: {"type": "object"},
    Kind.LIST: {"type": "array", "items": {}},
    Kind.ANY: {},
    Kind.INSTANT: _TIME | {"description": "ISO 8601 with zone"},
    Kind.PERIOD: _TIME | {"description": "begin/end, both ISO 8601 with zone"},
    Kind.TIME: _TIME | {"description": "ISO 8601 with zone, or begin/end"},
    Kind.GEOMETRY: {"type": "object", "description": "GeoJSON, if encodingType says so"},
}
_OPTIONS: dict[str, Json] = {
    "$filter": {"type": "string"},
    "$orderby": {"type": "string"},
    "$top": {"type": "integer", "minimum": 0},
    "$skip": {"type": "integer", "minimum": 0},
    "$count": {"type": "boolean"},
    "$resultFormat": {"type": "string", "enum": ["dataArray", "CSV", "GeoJSON", "parquet"]},
    "$apply": {"type": "string"},
}
_OF_ONE: dict[str, Json] = {
    "$select": {"type": "string"},
    "$expand": {"type": "string"},
    "$asof": {"type": "string", "examples": ["2026-01-31T12:00:00Z"]},
}
_ID: Json = {
    "name": "id", "in": "path", "required": True, "description": "@iot.id",
    "schema": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
}  # fmt: skip
_KEY: Json = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": "The same request under the same key is done once.",
    "schema": {"type": "string", "maxLength": 200},
}  # fmt: skip


def description(root: str) -> Json:
    """Return the description of the service that begins at `root`, without a slash at its end."""
    paths: Json = {"/": {"get": _operation("landing", "Entity sets and conformance", {})}}
    for entity in ENTITY_TYPES:
        paths |= _paths(entity)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OGC SensorThings API",
            "version": "1.1",
            "description": "OGC 18-088, with $apply, $asof, $history and further result formats.",
        },
        "servers": [{"url": root}],
        "paths": paths | {"/CreateObservations": _data_array(), "/$batch": _batch()},
        "components": {
            "schemas": {entity.name: _schema(entity) for entity in ENTITY_TYPES} | {"Error": _ERROR},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "API key or OIDC token"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
        "security": [{}, {"bearer": []}, {"key": []}],
    }


_ERROR: Json = {
    "type": "object",
    "required": ["code", "type", "message"],
    "properties": {
        "code": {"type": "integer"},
        "type": {"const": "error"},
        "message": {"type": "string", "description": "what is wrong, for a person"},
    },
}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _body(schema: Json, media_type: str = "application/json") -> Json:
    return {"required": True, "content": {media_type: {"schema": schema}}}


def _operation(name: str, summary: str, good: Json, **more: Any) -> Json:  # noqa: ANN401  # JSON
    """Return an operation; `good` is the schema of what it answers, `status` the status that goes with it."""
    status = str(more.pop("status", 200))
    answer = {"description": "done", "content": {"application/json": {"schema": good}}} if good else None
    failed = {"description": "why not", "content": {"application/json": {"schema": _reference("Error")}}}
    responses = {status: answer or {"description": "done"}, "default": failed}
    return {"operationId": name, "summary": summary, "responses": responses, **more}


def _paths(entity: EntityType) -> Json:
    name, plural, one = entity.name, entity.plural, f"/{entity.plural}({{id}})"
    page: Json = {
        "type": "object",
        "properties": {"value": {"type": "array", "items": {"type": "object"}}},
    }
    making = {"parameters": [_KEY], "requestBody": _body(_reference(name)), "status": 201}
    changing = {"requestBody": _body({"type": "object"}), "parameters": [_ID]}
    patch = changing | {"requestBody": _patch()}
    found: Json = {
        f"/{plural}": {
            "get": _operation(f"list{plural}", f"Read {plural}", {}, parameters=_query(_OPTIONS | _OF_ONE)),
            "post": _operation(f"make{name}", f"Make a {name}", _reference(name), **making),
        },
        one: {
            "get": _operation(
                f"read{name}", f"Read a {name}", {"type": "object"}, parameters=[_ID, *_query(_OF_ONE)]
            ),
            "patch": _operation(f"change{name}", f"Change a {name}", _reference(name), **patch),
            "put": _operation(f"replace{name}", f"Replace a {name}", _reference(name), **changing),
            "delete": _operation(f"delete{name}", f"Delete a {name}", {}, parameters=[_ID]),
        },
    }
    for link in entity.links:
        found[f"{one}/{link.name}"] = _linked(entity, link, page)
    if name != "Observation":
        told = _operation(f"history{name}", f"Read how a {name} was", page, parameters=[_ID])
        found[f"{one}/$history"] = {"get": told}
    return found


def _query(options: dict[str, Json]) -> list[Json]:
    return [
        {"name": name, "in": "query", "required": False, "schema": schema} for name, schema in options.items()
    ]


def _patch() -> Json:
    """Return the bodies that change an entity: a part of it, or operations (RFC 6902)."""
    operation: Json = {
        "type": "object",
        "required": ["op", "path"],
        "properties": {
            "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {"type": "string", "examples": ["/name"]},
            "from": {"type": "string"},
            "value": {},
        },
    }
    operations = {"type": "array", "items": operation}
    return {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/json-patch+json": {"schema": operations},
        },
    }


def _linked(entity: EntityType, link: Link, page: Json) -> Json:
    what = f"{link.name} of a {entity.name}"
    name = f"{entity.name}{link.name}"
    options = _OPTIONS | _OF_ONE if link.many else _OF_ONE
    query = [one for one in _query(options) if one["name"] != "$asof"]
    found = {
        "get": _operation(f"list{name}", f"Read {what}", page if link.many else {"type": "object"},
                          parameters=[_ID, *query])
    }  # fmt: skip
    if link.many:
        body = _body(_reference(link.target))
        found["post"] = _operation(
            f"make{name}", f"Make one of the {what}", {}, parameters=[_ID, _KEY], requestBody=body, status=201
        )
    return found


def _schema(entity: EntityType) -> Json:
    """Return an entity; what is nested in it is an entity, or a reference by @iot.id."""
    links = {
        one.name: {"type": "array", "items": {"type": "object"}} if one.many else {"type": "object"}
        for one in entity.links
    }
    own = {
        one.name: _KINDS[one.kind] | ({} if one.writable else {"readOnly": True}) for one in entity.properties
    }
    needed = [one.name for one in entity.properties if one.mandatory and one.writable]
    return {"type": "object", "properties": own | links, "required": needed}


def _data_array() -> Json:
    part: Json = {
        "type": "object",
        "required": ["components", "dataArray"],
        "properties": {
            "Datastream": {"type": "object", "properties": {"@iot.id": {"type": "integer"}}},
            "MultiDatastream": {"type": "object", "properties": {"@iot.id": {"type": "integer"}}},
            "components": {
                "type": "array",
                "items": {"type": "string"},
                "examples": [["phenomenonTime", "result"]],
            },
            "dataArray": {"type": "array", "items": {"type": "array", "items": {}}},
        },
    }
    answer: Json = {"type": "array", "items": {"type": "string"}}
    body = _body({"type": "array", "items": part})
    summary = "Store many Observations; each row is answered by its address or its error"
    return {
        "post": _operation(
            "createObservations", summary, answer, parameters=[_KEY], requestBody=body, status=201
        )
    }


def _batch() -> Json:
    request: Json = {
        "type": "object",
        "required": ["id", "method", "url"],
        "properties": {
            "id": {"type": "string"},
            "atomicityGroup": {"type": "string"},
            "dependsOn": {"type": "array", "items": {"type": "string"}},
            "method": {"enum": ["GET", "POST", "PATCH", "PUT", "DELETE"]},
            "url": {"type": "string", "examples": ["Things(1)"]},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": {},
        },
    }
    body = _body({"type": "object", "required": ["requests"],
                  "properties": {"requests": {"type": "array", "items": request}}})  # fmt: skip
    return {"post": _operation("batch", "Do many requests in order", {"type": "object"}, requestBody=body)}
