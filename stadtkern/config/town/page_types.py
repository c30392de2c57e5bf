"""How an entry of `pages.toml` becomes the fields of a Wagtail page."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from wagtail.models import Page

from stadtkern.web.fields import in_language
from stadtkern.web.models import AccessibilityStatementPage, ContentPage, EasyLanguagePage

Entry = dict[str, Any]
Fields = Callable[[Entry, str], dict[str, Any]]
HEADING = re.compile(r"<h2>(.*?)</h2>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")


def text(entry: Entry, key: str, code: str) -> str:
    """Return a text of the entry in one language."""
    return in_language(entry.get(key, {}), code)[0]


def block(kind: str, value: object) -> Entry:
    """Return one block as a StreamField stores it."""
    return {"type": kind, "value": value, "id": str(uuid.uuid4())}


def body(html: str) -> str:
    """Return simple HTML as blocks: headings, and the text between them."""
    found: list[Entry] = []
    for number, part in enumerate(HEADING.split(html)):
        if not part.strip():
            continue
        found.append(block("heading", TAG.sub("", part)) if number % 2 else block("paragraph", part.strip()))
    return json.dumps(found)


def content_fields(entry: Entry, code: str) -> dict[str, Any]:
    """Return the fields of a text page."""
    introduction = TAG.sub("", text(entry, "introduction", code))
    return {"introduction": introduction, "body": body(text(entry, "body", code))}


def statement_fields(entry: Entry, code: str) -> dict[str, Any]:
    """Return the fields of an accessibility statement."""

    def told(barrier: Entry) -> Entry:
        return {key: v if isinstance(v, str) else in_language(v, code)[0] for key, v in barrier.items()}

    barriers = [block("barrier", told(barrier)) for barrier in entry.get("barrier", [])]
    return {
        **content_fields(entry, code),
        **entry.get("fields", {}),
        "barriers": json.dumps(barriers),
        "method_details": text(entry, "method", code),
        "enforcement": text(entry, "enforcement", code),
    }


PAGE_TYPES: dict[str, tuple[type[Page], Fields]] = {
    "content": (ContentPage, content_fields),
    "easy": (EasyLanguagePage, content_fields),
    "accessibility": (AccessibilityStatementPage, statement_fields),
}
