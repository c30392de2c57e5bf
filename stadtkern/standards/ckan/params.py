"""The parameters of an action, whether they came in the address, a form or as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from stadtkern.standards.ckan.errors import Invalid

MOST_TEXT = 4000
MOST_NUMBER = 10**9
_YES = frozenset({"true", "1", "yes", "on", "t", "y"})


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters by name; what is wrong raises `Invalid` with the name in it."""

    given: Mapping[str, Any]
    request: HttpRequest | None = None
    """Where they came from; None: from within."""

    def text(self, *names: str, default: str = "") -> str:
        """Return the first of the parameters that is given, as text."""
        for name in names:
            value = self.given.get(name)
            if value is None:
                continue
            if not isinstance(value, str | int | float) or len(str(value)) > MOST_TEXT or "\0" in str(value):
                raise Invalid(**{name: ["Must be a Unicode string value"]})
            return str(value)
        return default

    def needed(self, *names: str) -> str:
        """Return a parameter that has to be there."""
        found = self.text(*names).strip()
        if not found:
            raise Invalid(**{names[0]: ["Missing value"]})
        return found

    def number(self, name: str, default: int, *, most: int = MOST_NUMBER) -> int:
        """Return a whole number from 0 on; one that is too large becomes `most`, as in CKAN."""
        value = self.given.get(name)
        if value in (None, ""):
            return default
        text = str(value).strip()
        if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004
            raise Invalid(**{name: ["Must be a natural number"]})
        return min(int(text), most)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return whether a parameter says yes."""
        value = self.given.get(name)
        if value in (None, ""):
            return default
        return value if isinstance(value, bool) else str(value).strip().lower() in _YES

    def list(self, name: str) -> list[str]:
        """Return a list: as one, as JSON, or as words with commas between them."""
        value = self.json(name)
        if value is None:
            return []
        if isinstance(value, str):
            return [word.strip() for word in value.split(",") if word.strip()]
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Invalid(**{name: ["Must be a list of strings"]})
        return value

    def json(self, name: str) -> Any:  # noqa: ANN401
        """Return a value that in an address is written as JSON; a text that is no JSON stays one."""
        value = self.given.get(name)
        if isinstance(value, str) and value.strip()[:1] in {"[", "{"}:
            try:
                return json.loads(value)
            except (ValueError, RecursionError):
                return value
        return value


def params_of(request: HttpRequest) -> Params:
    """Return the parameters of a request.

    Raises
    ------
    Invalid
        if the body is no JSON object.
    """
    found: dict[str, Any] = {name: values[-1] for name, values in request.GET.lists()}
    if request.method != "POST":
        return Params(found, request)
    kind = request.content_type or ""
    if kind in {"multipart/form-data", "application/x-www-form-urlencoded"} and request.POST:
        return Params({**found, **{name: values[-1] for name, values in request.POST.lists()}}, request)
    body = b"" if request.POST else request.body
    if not body.strip():
        return Params(found, request)
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Invalid(body=["Error decoding JSON data."]) from error
    if not isinstance(sent, dict):
        raise Invalid(body=["Request data JSON decoded has to be a dictionary."])
    return Params({**found, **sent}, request)
