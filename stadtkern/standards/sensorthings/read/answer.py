"""Answers to GET: a path and a query in, bytes out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from stadtkern.base.odata import parse_query, parse_resource
from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Query, Resource
from stadtkern.observations.access import Access
from stadtkern.standards.sensorthings.apply.answer import applied
from stadtkern.standards.sensorthings.compile.columns import IDS
from stadtkern.standards.sensorthings.compile.order import token_of, values_of
from stadtkern.standards.sensorthings.compile.scope import Names, Scope
from stadtkern.standards.sensorthings.errors import Missing
from stadtkern.standards.sensorthings.formats import FORMATS
from stadtkern.standards.sensorthings.landing import landing
from stadtkern.standards.sensorthings.read.context import Context
from stadtkern.standards.sensorthings.read.documents import Builder, member, rows_by_id
from stadtkern.standards.sensorthings.read.expand import expanded
from stadtkern.standards.sensorthings.read.fields import MISSING
from stadtkern.standards.sensorthings.read.limits import DEFAULT, MOST
from stadtkern.standards.sensorthings.read.resource import Target, resolve
from stadtkern.standards.sensorthings.read.rows import Listing, listing
from stadtkern.standards.sensorthings.read.shape import Shape, shape_of

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
PAGING = frozenset({"$skip", "$skiptoken"})


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to read.

    Parameters
    ----------
    path
        behind the root of the service, percent-encoded.
    query
        behind the question mark, percent-encoded.
    root
        address of the service, without a slash at its end.
    """

    path: str
    query: str
    access: Access
    root: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `body` at once, or `pieces` as they are read."""

    body: bytes = b""
    content_type: str = JSON
    status: int = 200
    pieces: Iterator[bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)


def encode(document: object) -> bytes:
    """Return a document as JSON."""
    return msgspec.json.encode(document)


def answer(ask: Ask) -> Answer:
    """Return the answer to a request to read.

    Raises
    ------
    QueryError
        if the query makes no sense.
    Missing
        if there is nothing at this address that the reader may know of.
    """
    resource = parse_resource(ask.path)
    query = parse_query(ask.query)
    context = Context(ask.access, ask.root)
    if not resource.segments:
        return Answer(encode(landing(ask.root)))
    target = resolve(resource, context)
    if target.steps:
        return _property(target, resource, context)
    if target.number is not None:
        return _entity(target, resource, query, context)
    return _collection(target, resource, query, context, ask)


# ---- one entity


def _entity(target: Target, resource: Resource, query: Query, context: Context) -> Answer:
    _only_for_collections(query)
    if resource.suffix == "$count":
        raise QueryError("One entity cannot be counted.")
    shape = (
        _reference(target)
        if resource.suffix == "$ref"
        else shape_of(target.entity, query, context.dialect.vendor)
    )
    if resource.suffix == "$value":
        raise QueryError("$value belongs to a property, such as Things(1)/name/$value.")
    (document,) = _documents(target, shape, context)
    return Answer(encode(document))


def _only_for_collections(query: Query) -> None:
    for name, value in (
        ("$filter", query.filter),
        ("$orderby", query.orderby),
        ("$apply", query.apply),
        ("$top", query.top),
        ("$skip", query.skip),
        ("$skiptoken", query.skip_token),
    ):
        if value not in (None, (), ""):
            raise QueryError(f"{name} is for collections; this is one entity.")


def _reference(target: Target) -> Shape:
    return Shape(target.entity, (), has_id=False, has_self=True, links=(), branches=(), members={})


def _documents(target: Target, shape: Shape, context: Context) -> list[dict[str, Any]]:
    """Return the document of the one entity that is asked for, in a list."""
    builder = Builder(shape, context.root)
    rows = rows_by_id(context, target.entity, builder.columns, [target.number or 0])
    if not rows:
        raise Missing(f"There is no {target.entity.plural}({target.number}).")
    return expanded(context, shape, builder, rows)


def _property(target: Target, resource: Resource, context: Context) -> Answer:
    """Return a property as an object with one member, or bare (18-088 section 9.2.4, 9.2.5)."""
    if resource.suffix in {"$ref", "$count"}:
        raise QueryError(f"{resource.suffix} belongs to entities, not to their properties.")
    first, *rest = target.steps
    shape = shape_of(target.entity, Query(select=((first,),)), context.dialect.vendor)
    (document,) = _documents(target, shape, context)
    name = "@iot.id" if first in IDS else first
    value: Any = document.get(name, MISSING)
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    for step in rest:
        name, value = step, member(value, step)
        if value is MISSING:
            raise Missing(f'There is no "{step}" in {"/".join(target.steps)}.')
    if value is MISSING or value is None:
        return Answer(status=204)
    if resource.suffix != "$value":
        return Answer(encode({name: value}))
    if isinstance(value, str):
        return Answer(value.encode(), TEXT)
    return Answer(encode(value), TEXT if isinstance(value, int | float) else JSON)


# ---- collections


def _collection(target: Target, resource: Resource, query: Query, context: Context, ask: Ask) -> Answer:
    if resource.suffix == "$value":
        raise QueryError("$value belongs to a property, such as Things(1)/name/$value.")
    if query.apply:
        return Answer(encode(applied(target, query, context)))
    rows = listing(context, target.entity, condition=query.filter, orders=query.orderby, parent=target.parent)
    if resource.suffix == "$count":
        return Answer(str(rows.count()).encode(), TEXT)
    if resource.suffix == "$ref":
        shape = _reference(target)
    else:
        shape = shape_of(target.entity, query, context.dialect.vendor)
    wanted = query.result_format.lower()
    if wanted in {"", "json", JSON}:
        return Answer(encode(_page(rows, shape, query, context, ask)))
    if wanted not in FORMATS:
        raise QueryError(f'There is no format "{query.result_format[:40]}"; there are {", ".join(FORMATS)}.')
    return _formatted(rows, shape, query, wanted)


def after(rows: Listing, query: Query) -> Sequence[Any]:
    """Return the values of the keys that `$skiptoken` stands for; empty without one."""
    if not query.skip_token:
        return ()
    context = rows.context
    scope = Scope(rows.entity, "t0", context.dialect, context.access, Names("o"))
    return values_of(query.skip_token, rows.keys(scope))


def _page(rows: Listing, shape: Shape, query: Query, context: Context, ask: Ask) -> dict[str, Any]:
    builder = Builder(shape, context.root, rows.parent.entity if rows.parent else None)
    top = min(DEFAULT if query.top is None else query.top, MOST)
    behind, skip = after(rows, query), query.skip or 0
    found = rows.page(builder.columns, top + 1, 0 if behind else skip, behind) if top else []
    page: dict[str, Any] = {}
    if query.count:
        page["@iot.count"] = rows.count()
    if len(found) > top:
        token = token_of(found[top - 1][builder.width :])
        page["@iot.nextLink"] = _next(ask, skip + top, token)
    page["value"] = expanded(context, shape, builder, found[:top])
    return page


def _next(ask: Ask, skip: int, token: str) -> str:
    """Return the address of the next page: `$skiptoken` says where it begins, `$skip` how far that is."""
    kept = [part for part in ask.query.split("&") if part and not _is_paging(part)]
    query = "&".join([*kept, f"$skip={skip}", f"$skiptoken={token}"])
    return f"{ask.root}/{ask.path.strip('/')}?{query}"


def _is_paging(part: str) -> bool:
    return part.partition("=")[0].lower().replace("%24", "$") in PAGING


def _formatted(rows: Listing, shape: Shape, query: Query, wanted: str) -> Answer:
    form = FORMATS[wanted]
    pieces = form.pieces(rows, shape, query, after(rows, query))
    headers = {}
    if form.suffix:
        name = f"{shape.entity.plural}.{form.suffix}"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Answer(content_type=form.content_type, pieces=pieces, headers=headers)
