"""Questions in SQL: the interface, and a page to try it."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from stadtkern.base.errors import BadInput, StadtkernError
from stadtkern.catalogue.access import Reader, readable, reader_of
from stadtkern.catalogue.cells import text_of
from stadtkern.catalogue.models import Version
from stadtkern.catalogue.refusals import words
from stadtkern.catalogue.sqlasking import as_csv, as_parquet, ask, count_sender
from stadtkern.catalogue.views.interface import interface, json_answer
from stadtkern.catalogue.vocabularies import FORMATS
from stadtkern.tables import SqlResult, TableError

FORMS = {"json": "application/json", "csv": "text/csv", "parquet": FORMATS["PARQUET"].media_type}
MOST_SHOWN = 200
MOST_NAMES = 100


@interface("GET", "POST")
def sql(request: HttpRequest) -> HttpResponse:
    """Answer a statement: `?q=SELECT ...`, or a JSON document with `q`, or the statement itself as text."""
    reader = reader_of(request)
    if not reader.is_program:
        count_sender(request)
    statement, form = _statement(request)
    result = ask(request, statement, reader)
    if form == "csv":
        response = HttpResponse(as_csv(result), content_type="text/csv; charset=utf-8")
    elif form == "parquet":
        response = HttpResponse(as_parquet(result), content_type=FORMS["parquet"])
    else:
        response = json_answer(_as_json(result))
    if form != "json":
        response.headers["Content-Disposition"] = f'attachment; filename="answer.{form}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _statement(request: HttpRequest) -> tuple[str, str]:
    """Return the statement and the format of the answer."""
    given: dict[str, Any] = {name: request.GET[name] for name in ("q", "format") if name in request.GET}
    kind = request.content_type or ""
    if request.method == "POST":
        if kind == "application/json":
            given |= _body(request)
        elif kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
            given |= {name: request.POST[name] for name in ("q", "format") if name in request.POST}
        else:
            given["q"] = request.body.decode(errors="replace")
    statement, form = given.get("q", ""), given.get("format") or _accepted(request)
    if not isinstance(statement, str) or form not in FORMS:
        raise BadInput(f"`q` is a text and `format` one of: {', '.join(FORMS)}.")
    return statement, form


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadInput("The body is no JSON.") from error
    if not isinstance(found, dict):
        raise BadInput("The body is a JSON object with `q`.")
    return found


def _accepted(request: HttpRequest) -> str:
    accept = request.headers.get("Accept", "")
    return next((form for form in ("csv", "parquet") if FORMS[form] in accept), "json")


def _as_json(result: SqlResult) -> dict[str, Any]:
    columns = [{"name": name, "type": kind} for name, kind in zip(result.columns, result.types, strict=True)]
    return {
        "columns": columns,
        "rows": result.rows,
        "is_cut": result.is_cut,
        "seconds": round(result.seconds, 4),
    }


@dataclass(frozen=True, slots=True)
class Example:
    """A statement to try."""

    title: str
    statement: str


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show a field for a statement, what may be asked, and the answer."""
    reader = reader_of(request)
    statement = request.GET.get("q", "")
    result: SqlResult | None = None
    problem = ""
    if statement.strip():
        try:
            count_sender(request)
            result = ask(request, statement, reader)
        except TableError as error:
            problem = words(error)
        except StadtkernError as error:
            problem = str(error)
    named = _named(reader)
    context = {
        "statement": statement,
        "result": result,
        "rows": [[text_of(value) for value in row] for row in result.rows[:MOST_SHOWN]] if result else [],
        "most": MOST_SHOWN,
        "problem": problem,
        "tables": named,
        "examples": _examples(named),
    }
    return render(request, "catalogue/sql.html", context, status=422 if problem else 200)


def _named(reader: Reader) -> list[Version]:
    """Return the tables that can be asked, newest first."""
    found = Version.objects.current().filter(
        distribution__is_live=True, distribution__dataset__in=readable(reader).values("pk")
    )
    return list(found.select_related("distribution__dataset").order_by("-created_at")[:MOST_NAMES])


def _examples(tables: list[Version]) -> list[Example]:
    """Return statements over the newest table; names of columns come from its schema."""
    if not tables:
        return []
    name = f'"{tables[0].distribution.name}"'
    fields = [one for one in tables[0].table_schema.get("fields", []) if one.get("name") != "geometry"]
    texts = [f'"{one["name"]}"' for one in fields if one.get("type") == "string"]
    numbers = [f'"{one["name"]}"' for one in fields if one.get("type") in {"integer", "number"}]
    found = [Example(_("The first rows"), f"SELECT * FROM {name} LIMIT 10")]  # noqa: S608  # shown, not run
    if texts:
        parts = (f"SELECT {texts[0]}, count(*) AS number", f"FROM {name}", f"GROUP BY {texts[0]}")
        found.append(Example(_("How often each value is there"), "\n".join([*parts, "ORDER BY number DESC"])))
    if numbers:
        facts = f"min({numbers[0]}), avg({numbers[0]}), max({numbers[0]})"
        found.append(Example(_("Smallest, mean and largest value"), f"SELECT {facts}\nFROM {name}"))
    return found
