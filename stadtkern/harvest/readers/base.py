"""What all readers share."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from stadtkern.harvest.found import Found, FoundAgent, Notes
from stadtkern.harvest.licences import licence_of
from stadtkern.harvest.values import line

Position: TypeAlias = Mapping[str, Any]
"""Where a reader goes on; empty: at the beginning. What it means is the reader's own matter."""


class ReadError(Exception):
    """A page cannot be used; `code` is one of `messages.PROBLEMS`, the text one line of facts."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(line(text, 300))
        self.code = code


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address answered."""

    body: bytes
    url: str
    content_type: str = ""


Ask: TypeAlias = Callable[..., Asked]
"""`ask(url, accept=...)` fetches an address, guarded and conditional."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a source is to be understood."""

    url: str
    language: str = "de"
    """Language of texts that do not say theirs."""
    licences: Mapping[str, str] = field(default_factory=dict)
    """What words for licences mean, where our own lists do not know them."""
    page_size: int = 100
    filter: str = ""
    """A further condition, in the words of the kind."""

    def licence(self, values: Sequence[str], notes: Notes) -> str:
        """Return a licence in our terms; one that is unknown is noted and kept as it came."""
        found, is_known = licence_of(values, self.licences)
        if not is_known:
            notes.add("unknown-licence", found)
        return found


@dataclass(slots=True)
class Raw:
    """A record as it was found: read, or with the reason why not."""

    identifier: str
    found: Found | None = None
    notes: Notes = field(default_factory=Notes)
    refusal: str = ""
    """One of `messages.REFUSALS`."""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Records, and where the next page begins."""

    records: Sequence[Raw]
    following: Position | None
    """None: this was the last page."""
    total: int | None = None
    """How many records the catalogue says it has."""
    catalogue: Sequence[str] = ()
    """Names of the catalogue itself, by which we recognise our own."""


Reader: TypeAlias = Callable[[Ask, Terms, Position], Page]


def json_of(answer: Asked) -> Any:  # noqa: ANN401  # as JSON
    """Return the JSON of an answer."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        start = answer.body[:60].decode("utf-8", "replace")
        raise ReadError("format", f"no JSON: {start}") from error


def mapping_of(value: object, what: str) -> dict[str, Any]:
    """Return `value` if it is a mapping."""
    if not isinstance(value, dict):
        raise ReadError("format", f"{what} is missing")
    return value


def dicts(value: object) -> list[dict[str, Any]]:
    """Return the mappings in a list; nothing if it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def words_of(said: Mapping[str, Any]) -> list[Any]:
    """Return the keywords of a record; nothing if they are no list."""
    found = said.get("keywords")
    return found if isinstance(found, list) else []


def with_query(url: str, **more: object) -> str:
    """Return an address with further parameters; those with the same names are replaced."""
    parts = urlsplit(url)
    names = {name.casefold() for name in more}
    kept = [(n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if n.casefold() not in names]
    query = urlencode([*kept, *((name, str(value)) for name, value in more.items())])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def agent(name: object, language: str, **more: str) -> FoundAgent:
    """Return a publisher with a name in one language."""
    named = line(name, 300)
    return FoundAgent(name={language: named} if named else {}, **more)
