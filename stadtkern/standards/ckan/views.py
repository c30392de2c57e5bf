"""One view for all actions: reads the parameters, calls the action, wraps what it says."""

import json
import logging
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from stadtkern.base.errors import NotFound, StadtkernError
from stadtkern.catalogue.access import reader_of
from stadtkern.catalogue.rdf import names
from stadtkern.standards.ckan import datastore
from stadtkern.standards.ckan.actions import ACTIONS
from stadtkern.standards.ckan.errors import CkanError, Forbidden, Missing
from stadtkern.standards.ckan.params import params_of

__all__ = ["action", "datastore", "version"]
logger = logging.getLogger(__name__)
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-API-Key, X-CKAN-API-Key",
}
WRITING = (
    "_create",
    "_update",
    "_delete",
    "_patch",
    "_revise",
    "_purge",
    "_upsert",
    "_invite",
    "_reorder",
    "_add",
)
"""How the names of actions end that change something."""


def version(_request: HttpRequest) -> HttpResponse:
    """Say which version of the interface this is."""
    return JsonResponse({"version": 3}, headers=CORS)


@csrf_exempt
def action(request: HttpRequest, name: str) -> HttpResponse:
    """Answer one action; a cookie opens nothing here, since no form token is checked."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=CORS)
    if request.method not in {"GET", "HEAD", "POST"}:
        return _refused(name, Forbidden(f"{request.method} is not possible here"), 405)
    take_key(request)
    try:
        return _answer(name, {"success": True, "result": _result(request, name)}, 200)
    except CkanError as error:
        return _refused(name, error, error.status)
    except NotFound as error:
        return _refused(name, Missing(str(error)), 404)
    except StadtkernError as error:
        return _refused(name, Forbidden(str(error)), error.status)


def take_key(request: HttpRequest) -> None:
    """Move a key to where the other interfaces expect it; CKAN's clients send it without the word Bearer."""
    meta = request.META
    plain = meta.get("HTTP_AUTHORIZATION", "")
    key = meta.get("HTTP_X_CKAN_API_KEY") or ("" if " " in plain.strip() else plain)
    if key:
        meta.pop("HTTP_AUTHORIZATION", None)
        meta["HTTP_X_API_KEY"] = key
        request.__dict__.pop("headers", None)


def _result(request: HttpRequest, name: str) -> Any:  # noqa: ANN401
    found = ACTIONS.get(name)
    if found is None:
        if name.endswith(WRITING):
            raise Forbidden("Access denied: this interface only reads")
        raise UnknownAction(f"Action name not known: {name}")
    params = params_of(request)
    return found(params, reader_of(request))


class UnknownAction(CkanError):
    """There is no such action."""

    kind = "Bad request"
    status = 400


def _answer(name: str, body: dict[str, Any], status: int) -> HttpResponse:
    told = {"help": f"{names.base()}/api/3/action/help_show?name={name}", **body}
    text = json.dumps(told, ensure_ascii=False, default=_plain)
    headers = {**CORS, "Vary": "Authorization, X-API-Key, X-CKAN-API-Key"}
    return HttpResponse(text, status=status, content_type="application/json;charset=utf-8", headers=headers)


def _refused(name: str, error: CkanError, status: int) -> HttpResponse:
    return _answer(name, {"success": False, "error": error.body()}, status)


def _plain(value: object) -> object:
    """Return a value of a table as JSON knows it."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return str(value)
