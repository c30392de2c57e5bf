"""Text into tokens."""

import re
from dataclasses import dataclass
from enum import StrEnum, auto

from stadtkern.base.odata.errors import QueryError, excerpt
from stadtkern.base.odata.limits import Limits


class Kind(StrEnum):
    """Kinds of tokens."""

    NAME = auto()
    """`name`, `@iot.id`, `geo.distance`, `my-key`; also operators such as `eq`."""
    OPTION = auto()
    """`$filter`, `$count`"""
    NUMBER = auto()
    TEXT = auto()
    """`'text'`, quotes taken off."""
    TYPED = auto()
    """`duration'PT1H'`, as written."""
    TIME = auto()
    """A date, or a date with a time."""
    CLOCK = auto()
    MARK = auto()
    """One character of punctuation."""
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the query."""

    kind: Kind
    text: str
    position: int
    end: int


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SPACE = re.compile(r"\s*")
_TOKEN = re.compile(
    r"""
    (?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,12})?)?
        (?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?(?![\w.-]))
    | (?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,12})?)?(?![\w.:-]))
    | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.]))
    | (?P<typed>[A-Za-z]+'(?:[^']|'')*')
    | (?P<text>'(?:[^']|'')*')
    | (?P<option>\$[A-Za-z]+)
    | (?P<name>@?\w[\w\-]*(?:\.\w[\w\-]*)*)
    | (?P<mark>[()\[\],/:;=*-])
    """,
    re.VERBOSE,
)


def tokens_of(text: str, limits: Limits) -> list[Token]:
    """Return the tokens of `text`, the last of kind END."""
    if len(text) > limits.length:
        raise QueryError(f"The query is longer than {limits.length} characters.")
    if found := _CONTROL.search(text):
        raise QueryError(f"Character {found.start() + 1} of the query is a control character.")
    tokens: list[Token] = []
    position = _skip_space(text, 0)
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise QueryError(_unreadable(text, position))
        if len(tokens) >= limits.cost:
            raise QueryError(f"The query has more than {limits.cost} parts.")
        tokens.append(_token(match))
        position = _skip_space(text, match.end())
    tokens.append(Token(Kind.END, "", len(text), len(text)))
    return tokens


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _token(match: re.Match[str]) -> Token:
    kind = Kind(match.lastgroup or "")
    word = match.group()
    if kind == Kind.TEXT:
        word = word[1:-1].replace("''", "'")
    return Token(kind, word, match.start(), match.end())


def _unreadable(text: str, position: int) -> str:
    where = f"at character {position + 1}: {excerpt(text, position)}"
    return f"A text without closing quote {where}." if text[position] == "'" else f"Unreadable {where}."
