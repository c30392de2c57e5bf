"""Errors as people and programs see them: a friendly page, or a problem document (RFC 9457)."""

import json
import logging
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from stadtkern.web import context, warning_banner

logger = logging.getLogger(__name__)
LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)


def wants_problem(request: HttpRequest) -> bool:
    """Return whether a program asks: it wants JSON, or uses an address without a language."""
    accept = request.headers.get("Accept", "")
    if "text/html" in accept:
        return False
    first = request.path.split("/")[1]
    return "json" in accept or (bool(first) and first not in LANGUAGES)


def problem(status: int, detail: str, request: HttpRequest) -> HttpResponse:
    """Return a problem document."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False), status=status, content_type="application/problem+json"
    )


def words(status: int) -> tuple[str, str]:
    """Return title and explanation of an error in the active language."""
    known = {
        400: (
            _("This request cannot be understood"),
            _("Something is missing in the address or in what was sent."),
        ),
        401: (_("Please sign in"), _("The key or the password is wrong or has ended.")),
        403: (_("You may not see this page"), _("Sign in with an account that has the right to it.")),
        404: (
            _("This page does not exist"),
            _("The address may have been mistyped, or the page has moved. Nothing is wrong on your side."),
        ),
        405: (_("This address does not accept that"), _("Go back and use the form or the link on the page.")),
        409: (_("Somebody else was faster"), _("The page has changed in the meantime. Load it again.")),
        410: (_("This has been taken back"), _("It was published here and is no longer offered.")),
        413: (_("That is too large"), _("Send a smaller file.")),
        422: (_("What you entered cannot be used"), _("Go back, correct it and send it again.")),
        429: (_("Too many requests"), _("Wait a minute and try again.")),
        503: (_("This part is not available now"), _("Try again in a few minutes.")),
    }
    something = (_("Something went wrong on our side"), _("We have been told. Try again in a few minutes."))
    return known.get(status, known[400] if status < HTTPStatus.INTERNAL_SERVER_ERROR else something)


def page(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """Return the error as a page; it needs no database and no session."""
    if (first := request.path.split("/")[1]) in LANGUAGES:
        translation.activate(first)
    title, explanation = words(status)
    facts: dict[str, object] = {
        **context.town(request),
        "warnings": warning_banner.current(only_known=True),
        "request": request,
        "is_personal": False,
        "status": status,
        "error_title": title,
        "explanation": explanation,
        "detail": detail,
    }
    return HttpResponse(render_to_string("web/error.html", facts), status=status)


def answer(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """Return the error as whoever asked can use it."""
    response = (
        problem(status, detail or words(status)[0], request)
        if wants_problem(request)
        else page(request, status, detail)
    )
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        response.headers["Retry-After"] = "60"
    response.headers["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what could not be understood (`handler400`)."""
    return answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer who may not (`handler403`)."""
    return answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere (`handler404`)."""
    return answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a mistake of ours (`handler500`); if even the page fails, one plain sentence."""
    try:
        return answer(request, 500)
    except Exception:
        logger.exception("the error page itself failed")
        return HttpResponse("Stadtkern: 500", status=500, content_type="text/plain; charset=utf-8")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose secret has expired (`CSRF_FAILURE_VIEW`)."""
    text = _("The form was open for too long, or cookies are blocked. Load the page and send it again.")
    return answer(request, 403, text)
