"""The options of a query: `$filter`, `$orderby`, `$select`, `$expand`, `$top`, `$skip`, `$count` and more."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from stadtkern.base.odata import values
from stadtkern.base.odata.apply import transformations
from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.lexer import Kind
from stadtkern.base.odata.limits import LIMITS, Limits
from stadtkern.base.odata.nodes import Expand, Instant, Order, Query
from stadtkern.base.odata.parser import Parser

_ZONE = re.compile(r"(?<=[0-9])\+(?=[0-9]{2}:?[0-9]{2}(?![0-9]))")
_MOST = 10**15


def decode(text: str) -> str:
    """Return a part of an address with its percent signs resolved.

    A plus is a blank, as forms and many clients write it, except before the offset of a time.
    """
    try:
        return unquote(_ZONE.sub("%2B", text).replace("+", " "), errors="strict")
    except UnicodeDecodeError as error:
        raise QueryError("The address is not written in UTF-8.") from error


def parse_query(text: str, limits: Limits = LIMITS) -> Query:
    """Return the options in the query part of an address, which is still percent-encoded.

    Options that do not begin with `$` are for others and passed over.
    """
    if len(text) > 3 * limits.length:
        raise QueryError(f"The query is longer than {limits.length} characters.")
    found: dict[str, Any] = {}
    expands = 0
    for part in filter(None, text.split("&")):
        name, _equals, value = part.partition("=")
        option = decode(name).strip()
        if not option.startswith("$"):
            continue
        parser = Parser(decode(value), limits)
        parser.expands = expands
        _read(parser, option, found)
        parser.end()
        expands = parser.expands
    return replace(Query(), **found)


def _read(parser: Parser, option: str, found: dict[str, Any]) -> None:
    """Read the value of one option into `found`."""
    reader = OPTIONS.get(option.lower())
    if reader is None:
        raise QueryError(f'There is no option "{option[:40]}"; known are {", ".join(OPTIONS)}.')
    field, read = reader
    if field in found:
        raise QueryError(f"The option {option} is given twice.")
    found[field] = read(parser)


def _orderby(parser: Parser) -> tuple[Order, ...]:
    found = [_order(parser)]
    while parser.accept(","):
        found.append(_order(parser))
    return tuple(found)


def _order(parser: Parser) -> Order:
    expression = parser.expression()
    return Order(expression, descending=parser.accept_word("asc", "desc") == "desc")


def _select(parser: Parser) -> tuple[tuple[str | int, ...], ...]:
    found = [_selected(parser)]
    while parser.accept(","):
        found.append(_selected(parser))
    return tuple(found)


def _selected(parser: Parser) -> tuple[str | int, ...]:
    if parser.accept("*"):
        return ("*",)
    steps: list[str | int] = [parser.name("a property")]
    while parser.is_mark("/") or parser.is_mark("["):
        steps.append(parser.step() if parser.accept("/") else _index(parser))
        if len(steps) > parser.limits.segments:
            raise QueryError(f"A path has more than {parser.limits.segments} steps.")
    return tuple(steps)


def _index(parser: Parser) -> int:
    parser.expect("[")
    return parser.index()


def _expand(parser: Parser) -> tuple[Expand, ...]:
    parser.deeper()
    if parser.depth > parser.limits.expand_depth:
        raise QueryError(f"$expand nests deeper than {parser.limits.expand_depth} levels.")
    found = [_expanded(parser)]
    while parser.accept(","):
        found.append(_expanded(parser))
    parser.depth -= 1
    paths = [one.path for one in found]
    if twice := {path for path in paths if paths.count(path) > 1}:
        raise QueryError(f"{'/'.join(min(twice))} is expanded twice.")
    return tuple(found)


def _expanded(parser: Parser) -> Expand:
    steps = [parser.name("a link")]
    while parser.accept("/"):
        steps.append(parser.name("a link"))
    parser.expands += len(steps)
    if len(steps) + parser.depth - 1 > parser.limits.expand_depth:
        raise QueryError(f"$expand nests deeper than {parser.limits.expand_depth} levels.")
    if parser.expands > parser.limits.expands:
        raise QueryError(f"The query expands more than {parser.limits.expands} links.")
    found: dict[str, Any] = {}
    if parser.accept("("):
        _inner(parser, found)
        while parser.accept(";"):
            _inner(parser, found)
        parser.expect(")")
    return Expand(tuple(steps), replace(Query(), **found))


def _inner(parser: Parser, found: dict[str, Any]) -> None:
    """Read one option of an expanded link."""
    if parser.token.kind != Kind.OPTION:
        raise parser.wrong("an option such as $select")
    option = parser.take().text
    if option.lower() not in INNER:
        raise QueryError(f"The option {option} is not possible within $expand.")
    parser.expect("=")
    depth = parser.depth
    if option.lower() != "$expand":
        parser.depth = 0
    _read(parser, option, found)
    parser.depth = depth


def _whole(parser: Parser) -> int:
    token = parser.token
    found = values.number(token.text).value if token.kind == Kind.NUMBER else -1
    if not isinstance(found, int):
        found = _MOST if found.is_integer() and found > 0 and token.text.isdecimal() else -1
    if found < 0:
        raise parser.wrong("a whole number that is not negative")
    parser.take()
    return min(found, _MOST)


def _boolean(parser: Parser) -> bool:
    word = parser.accept_word("true", "false")
    if not word:
        raise parser.wrong("true or false")
    return word == "true"


def _format(parser: Parser) -> str:
    if parser.token.kind not in {Kind.NAME, Kind.TEXT}:
        raise parser.wrong("a format")
    return parser.take().text


def _as_of(parser: Parser) -> object:
    found = parser.value()
    if not isinstance(found, Instant):
        raise QueryError("$asof takes a point in time such as 2026-01-31T12:00:00Z.")
    return found.value


def _token(parser: Parser) -> str:
    if parser.token.kind not in {Kind.NAME, Kind.TEXT}:
        raise parser.wrong("a mark of an earlier page")
    return parser.take().text


OPTIONS: Mapping[str, tuple[str, Callable[[Parser], Any]]] = {
    "$filter": ("filter", lambda parser: parser.expression()),
    "$orderby": ("orderby", _orderby),
    "$select": ("select", _select),
    "$expand": ("expand", _expand),
    "$top": ("top", _whole),
    "$skip": ("skip", _whole),
    "$count": ("count", _boolean),
    "$resultformat": ("result_format", _format),
    "$apply": ("apply", transformations),
    "$asof": ("as_of", _as_of),
    "$skiptoken": ("skip_token", _token),
}
"""Field of `Query` and reader of each option."""
INNER = frozenset({"$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count"})
"""What an expanded link may have."""
