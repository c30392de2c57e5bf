"""The interface of datasets in words of OpenAPI 3.1."""

from typing import Any

from stadtkern.catalogue.aggregating import MOST_LIMIT
from stadtkern.catalogue.asking import MOST_OFFSET, MOST_ROWS, USUAL_ROWS
from stadtkern.catalogue.loading import EXCEL_DE, FORMS
from stadtkern.catalogue.sqlasking import LONGEST

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.1"
Json = dict[str, Any]
_SLUG: Json = {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$", "maxLength": 100}
_PROBLEM: Json = {
    "description": "A problem document (RFC 9457).",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_PATHS = ("/datasets/{dataset}", "/datasets/{dataset}/tables/{table}")


def _parameter(name: str, schema: Json, text: str, *, where: str = "query") -> Json:
    return {"name": name, "in": where, "required": where == "path", "description": text, "schema": schema}


_DATASET = _parameter("dataset", _SLUG, "Short name of the dataset.", where="path")
_TABLE = _parameter("table", _SLUG, "Short name of the table.", where="path")
_VERSION = _parameter("_version", {"type": "integer", "minimum": 1}, "Number of an older version.")
_FILTERS = [
    _parameter(
        "filter",
        {"type": "object", "additionalProperties": {"type": "string"}},
        "`column=value`, or `column__gte=value` with eq, ne, gt, gte, lt, lte, contains, startswith, in "
        "(values parted by commas), isnull, notnull.",
    )
    | {"style": "form", "explode": True},
    _parameter("_q", {"type": "string"}, "Is looked for in all columns of text."),
    _parameter("_bbox", {"type": "string"}, "West, south, east, north in degrees, parted by commas."),
]
_ROWS = [
    *_FILTERS,
    _parameter(
        "_limit", {"type": "integer", "minimum": 0, "maximum": MOST_ROWS}, f"Rows; {USUAL_ROWS} if not given."
    ),
    _parameter(
        "_offset", {"type": "integer", "minimum": 0, "maximum": MOST_OFFSET}, "Rows that are passed over."
    ),
    _parameter("_cursor", {"type": "string"}, "From `next`: goes on in the same version."),
    _parameter("_fields", {"type": "string"}, "Names of columns, parted by commas."),
    _parameter("sort", {"type": "string"}, "Names of columns, parted by commas; with `-` the largest first."),
    _VERSION,
]


def description(root: str) -> Json:
    """Return the description of the service that begins at `root`."""
    paths: Json = {"/datasets/": _list(), "/sql": _sql()}
    paths[_PATHS[0]] = _get("dataset", "One dataset", [_DATASET], {"type": "object"})
    paths[_PATHS[1]] = _get("table", "One table: columns, files", [_DATASET, _TABLE], {"type": "object"})
    for path in _PATHS:
        paths |= _of_table(path)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Datasets",
            "version": "1",
            "description": "Datasets of the town, their tables and rows. Free and without a key; with a key "
            "also what is open to its holder.",
        },
        "servers": [{"url": root}],
        "paths": paths,
        "components": {"schemas": {"Problem": _problem()}, "securitySchemes": _schemes()},
        "security": [{}, {"bearer": []}, {"key": []}],
    }


def _schemes() -> Json:
    return {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }


def _problem() -> Json:
    facts: Json = {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                   "detail": {"type": "string"}, "instance": {"type": "string"}}  # fmt: skip
    return {"type": "object", "required": ["title", "status"], "properties": facts}


def _answers(content: Json) -> Json:
    known = {"304": {"description": "Unchanged."}}
    refused = dict.fromkeys(("401", "403", "404", "410", "422", "429", "503"), _PROBLEM)
    return {"200": {"description": "The answer.", "content": content}, **known, **refused}


def _get(name: str, text: str, parameters: list[Json], schema: Json) -> Json:
    content = {"application/json": {"schema": schema}}
    return {
        "get": {
            "operationId": name,
            "summary": text,
            "parameters": parameters,
            "responses": _answers(content),
        }
    }


def _list() -> Json:
    facets = ("theme", "publisher", "format", "licence", "keyword", "hvd", "series")
    parameters = [
        _parameter("q", {"type": "string"}, "Words."),
        *(_parameter(name, {"type": "string"}, f"Only datasets with this {name}.") for name in facets),
        _parameter("order", {"type": "string", "enum": ["newest", "oldest", "name", "issued"]}, "Order."),
        _parameter("page", {"type": "integer", "minimum": 1}, "Page of the list."),
        _parameter("size", {"type": "integer", "minimum": 1, "maximum": 100}, "Datasets on a page."),
    ]
    schema: Json = {"type": "object", "required": ["count", "datasets", "next"]}
    return _get("datasets", "Datasets that fit", parameters, schema)


def _of_table(path: str) -> Json:
    own = [_DATASET, *([_TABLE] if "{table}" in path else [])]
    suffix = "_of_table" if "{table}" in path else ""
    ending = _parameter(
        "suffix", {"type": "string", "enum": list(FORMS)}, "Format of the file.", where="path"
    )
    dialect = _parameter(
        "_dialect", {"type": "string", "enum": [EXCEL_DE]}, "CSV with `;` and decimal commas."
    )
    files = {
        "description": "The file.",
        "content": {one.media_type.partition(";")[0]: {} for one in FORMS.values()},
    }
    rows = {"type": "object", "required": ["total", "columns", "rows", "next"]}
    groups = [
        *own,
        _parameter("_by", {"type": "string"}, "At most two columns, `column:bucket` with hour, day, week, "
                   "month, quarter, year or bins."),
        _parameter("_measure", {"type": "string"}, "`count`, `sum:column`, `mean:`, `median:`, `min:`, "
                   "`max:`, `distinct:`; several parted by commas."),
        _parameter("_limit", {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT}, "Groups."),
        *_FILTERS,
        _VERSION,
    ]  # fmt: skip
    return {
        f"{path}/rows": _get(f"rows{suffix}", "Rows, a page at a time", [*own, *_ROWS], rows),
        f"{path}/rows.{{suffix}}": {
            "get": {
                "operationId": f"file{suffix}",
                "summary": "All rows that fit, as a file",
                "parameters": [*own, ending, dialect, *_ROWS],
                "responses": {**_answers({}), "200": files},
            }
        },
        f"{path}/schema": _schema_of(own, suffix),
        f"{path}/profile": _get(
            f"profile{suffix}", "Numbers about each column", [*own, _VERSION], {"type": "object"}
        ),
        f"{path}/aggregate": _get(f"aggregate{suffix}", "Groups and sums", groups, {"type": "object"}),
    }


def _schema_of(own: list[Json], suffix: str) -> Json:
    found = _get(f"schema{suffix}", "Table Schema (Frictionless)", [*own, _VERSION], {"type": "object"})
    found["get"]["responses"]["200"]["content"] = {
        "application/vnd.tableschema+json": {"schema": {"type": "object"}}
    }
    return found


def _sql() -> Json:
    statement: Json = {"type": "string", "maxLength": LONGEST}
    form: Json = {"type": "string", "enum": ["json", "csv", "parquet"]}
    content = {
        "application/json": {"schema": {"type": "object"}},
        "text/csv": {},
        "application/vnd.apache.parquet": {},
    }
    asked = [
        _parameter("q", statement, 'SELECT over tables named "dataset--table".') | {"required": True},
        _parameter("format", form, "Format of the answer."),
    ]
    body: Json = {"type": "object", "required": ["q"], "properties": {"q": statement, "format": form}}
    return {
        "get": {
            "operationId": "sql",
            "summary": "A question in SQL",
            "parameters": asked,
            "responses": _answers(content),
        },
        "post": {
            "operationId": "sql_long",
            "summary": "A question in SQL, in the body",
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": _answers(content),
        },
    }
