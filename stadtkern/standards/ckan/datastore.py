"""The rows of tables as CKAN's DataStore gives them."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from stadtkern.catalogue import access, uses
from stadtkern.catalogue.access import Reader
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.catalogue.refusals import words
from stadtkern.catalogue.tableset import table_of
from stadtkern.standards.ckan.actions import action, find_resource
from stadtkern.standards.ckan.errors import Forbidden, Invalid, Missing
from stadtkern.standards.ckan.params import Params
from stadtkern.tables import (
    GEOMETRY,
    ID,
    Aggregate,
    Column,
    Filter,
    Group,
    Order,
    Query,
    Table,
    TableError,
    sql,
)

Json = dict[str, Any]
MOST_ROWS, USUAL_ROWS = 32_000, 100
TYPES = {
    "text": "text",
    "integer": "int",
    "number": "numeric",
    "boolean": "bool",
    "date": "date",
    "datetime": "timestamptz",
    "clock": "time",
    "json": "json",
}
_NAMED = re.compile(r'"([a-zA-Z0-9_-]+--[a-zA-Z0-9_-]+)"')


def _open(key: str, reader: Reader) -> tuple[Distribution, Table]:
    """Return a table that the reader may read."""
    one = find_resource(key)
    version = one.current_version
    if version is None:
        raise Missing(f'Not found: Resource "{key[:200]}" was not found.')
    _demand(reader, one.dataset)
    return one, table_of(version)


def _demand(reader: Reader, dataset: Dataset) -> None:
    if not access.can_read(reader, dataset):
        raise Forbidden("Access denied: the rows of this dataset are not open to everybody")


@action
def datastore_search(params: Params, reader: Reader) -> Json:
    """Return rows of a table: filtered, searched, sorted, page by page."""
    key = params.needed("resource_id", "id")
    one, table = _open(key, reader)
    query = _query(params, table)
    try:
        if params.flag("distinct"):
            return _distinct(params, key, table, query)
        page = table.rows(query)
        total = page.total
    except TableError as error:
        raise Invalid(query=[words(error)]) from error
    names = [name for name in page.columns if name in (query.columns or page.columns)]
    places = [page.columns.index(name) for name in names]
    rows = [tuple(row[place] for place in places) for row in page.rows]
    access.note_read(reader, one.dataset, "api", len(rows))
    if params.request is not None:
        uses.note(params.request, one.dataset, "api")
    found = _answer(params, key, names, rows, table)
    if params.flag("include_total", default=True):
        found |= {"total": total, "total_was_estimated": False}
    return found


def _answer(
    params: Params, key: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]], table: Table
) -> Json:
    form = params.text("records_format", default="objects")
    given = {name: params.given[name] for name in ("filters", "q", "sort") if params.given.get(name)}
    return {
        "resource_id": key,
        "fields": fields(names, table.columns),
        "records": _records(form, names, rows),
        "records_format": form,
        "records_truncated": False,
        "include_total": params.flag("include_total", default=True),
        "limit": params.number("limit", USUAL_ROWS, most=MOST_ROWS),
        "offset": params.number("offset", 0),
        "_links": _links(params),
        **given,
    }


def _records(form: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> Any:  # noqa: ANN401
    if form == "objects":
        return [dict(zip(names, row, strict=True)) for row in rows]
    if form == "lists":
        return [list(row) for row in rows]
    if form in {"csv", "tsv"}:
        text = io.StringIO()
        csv.writer(text, delimiter="," if form == "csv" else "\t").writerows(rows)
        return text.getvalue()
    raise Invalid(records_format=["Must be one of objects, lists, csv, tsv"])


def _links(params: Params) -> Json:
    """Return the way to the first and the next page."""
    simple = {name: value for name, value in params.given.items() if isinstance(value, str | int | float)}
    limit = params.number("limit", USUAL_ROWS, most=MOST_ROWS)
    start = "/api/3/action/datastore_search"
    following = {**simple, "limit": limit, "offset": params.number("offset", 0) + limit}
    first = {name: value for name, value in simple.items() if name != "offset"}
    return {"start": f"{start}?{urlencode(first)}", "next": f"{start}?{urlencode(following)}"}


def fields(names: Iterable[str], columns: Iterable[Column]) -> list[Json]:
    """Return the columns with their types."""
    known = {one.name: one for one in columns}
    found = []
    for name in names:
        one = known.get(name)
        kind = {ID: "int", GEOMETRY: "json"}.get(name) if one is None else TYPES[one.kind]
        entry: Json = {"id": name, "type": kind or "text"}
        if one is not None and (one.title != name or one.description or one.unit):
            entry["info"] = {"label": one.title, "notes": one.description, "unit": one.unit}
        found.append(entry)
    return found


def _query(params: Params, table: Table) -> Query:
    names = [ID, *(one.name for one in table.columns), *([GEOMETRY] if table.geometry else [])]
    wanted = params.list("fields")
    _know(wanted, names, "fields")
    search, more = _searched(params, names)
    return Query(
        filters=(*_filters(params.json("filters"), names), *more),
        search=search,
        order=_order(params.json("sort"), names),
        columns=tuple(wanted),
        offset=params.number("offset", 0),
        limit=params.number("limit", USUAL_ROWS, most=MOST_ROWS),
    )


def _know(wanted: Iterable[str], names: Sequence[str], parameter: str) -> None:
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise Invalid(**{parameter: [f'field "{unknown[0][:100]}" not in table']})


def _filters(given: object, names: Sequence[str]) -> tuple[Filter, ...]:
    """Return `{"column": value or [values]}` as filters."""
    if given in (None, "", {}):
        return ()
    if not isinstance(given, Mapping):
        raise Invalid(filters=["Must be a dict, not a string"])
    _know(given, names, "filters")
    found = []
    for name, value in given.items():
        if isinstance(value, dict):
            raise Invalid(filters=[f'"{name}" is not a valid value'])
        if value is None:
            found.append(Filter(name, "isnull"))
        elif isinstance(value, list):
            found.append(Filter(name, "in", tuple(value)))
        else:
            found.append(Filter(name, "eq", value))
    return tuple(found)


def _searched(params: Params, names: Sequence[str]) -> tuple[str, tuple[Filter, ...]]:
    """Return what is looked for everywhere, and what in single columns."""
    given = params.json("q")
    if isinstance(given, Mapping):
        _know(given, names, "q")
        return "", tuple(Filter(name, "contains", str(text)) for name, text in given.items())
    return params.text("q"), ()


def _order(given: object, names: Sequence[str]) -> tuple[Order, ...]:
    if given in (None, ""):
        return ()
    parts = given if isinstance(given, list) else str(given).split(",")
    found = []
    for part in parts:
        match = re.fullmatch(
            r'\s*"?([^"]+?)"?(?:\s+(asc|desc))?(?:\s+nulls\s+(?:first|last))?\s*', str(part), re.IGNORECASE
        )
        if match is None:
            raise Invalid(sort=["Invalid sort"])
        _know([match[1]], names, "sort")
        found.append(Order(match[1], (match[2] or "").lower() == "desc"))
    return tuple(found)


def _distinct(params: Params, key: str, table: Table, query: Query) -> Json:
    """Return the different values of the wanted columns, each once."""
    names = [
        name for name in query.columns or [one.name for one in table.columns] if name not in {ID, GEOMETRY}
    ]
    wanted = Aggregate(groups=tuple(Group(name) for name in names), limit=query.offset + query.limit)
    found = table.aggregate(wanted, query)
    places = [found.columns.index(name) for name in names]
    rows = [tuple(row[place] for place in places) for row in found.rows][query.offset :]
    return _answer(params, key, names, rows, table)


@action
def datastore_search_sql(params: Params, reader: Reader) -> Json:
    """Return the answer to one SELECT; tables are named by the quoted ids of their resources."""
    statement = params.needed("sql")
    tables: dict[str, Version] = {}
    for key in dict.fromkeys(_NAMED.findall(statement)):
        one = find_resource(key)
        _demand(reader, one.dataset)
        version = one.current_version
        if version is None:
            raise Missing(f'Not found: Resource "{key[:200]}" was not found.')
        tables[key] = version
        access.note_read(reader, one.dataset, "sql", 0)
        if params.request is not None:
            uses.note(params.request, one.dataset, "sql")
    try:
        found = sql({key: version.table_path for key, version in tables.items()}, statement)
    except TableError as error:
        raise Invalid(query=[words(error)], info={"statement": [statement[:200]]}) from error  # type: ignore[arg-type]
    return {
        "sql": statement,
        "records": [dict(zip(found.columns, row, strict=True)) for row in found.rows],
        "fields": [
            {"id": name, "type": kind.lower()} for name, kind in zip(found.columns, found.types, strict=True)
        ],
        **({"records_truncated": True} if found.is_cut else {}),
    }


@action
def datastore_info(params: Params, reader: Reader) -> Json:
    """Return what is known about a table: its columns and how many rows it has."""
    key = params.needed("resource_id", "id")
    one, table = _open(key, reader)
    version = one.current_version
    names = [ID, *(column.name for column in table.columns), *([GEOMETRY] if table.geometry else [])]
    described = [
        {**field, "schema": {"notnull": False, "uidx": False, "is_index": field["id"] == ID}}
        for field in fields(names, table.columns)
    ]
    return {
        "meta": {
            "id": key,
            "count": version.rows if version else 0,
            "table_type": "BASE TABLE",
            "aliases": [],
        },
        "fields": described,
    }
