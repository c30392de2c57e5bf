"""`$apply`: filter, groupby, aggregate (OData Data Aggregation 4.0, section 3) and spans of time."""

from collections.abc import Callable

from stadtkern.base.odata import values
from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.lexer import Kind
from stadtkern.base.odata.nodes import (
    Aggregate,
    Bucket,
    Filtering,
    Group,
    Grouping,
    Method,
    Path,
    Transformation,
)
from stadtkern.base.odata.parser import Parser

METHODS: dict[str, Method] = {
    "sum": "sum",
    "min": "min",
    "max": "max",
    "average": "average",
    "countdistinct": "countdistinct",
}
UTC = "UTC"


def transformations(parser: Parser) -> tuple[Transformation, ...]:
    """Read transformations with slashes between them."""
    found = [_transformation(parser)]
    while parser.accept("/"):
        found.append(_transformation(parser))
    return tuple(found)


def _transformation(parser: Parser) -> Transformation:
    readers: dict[str, Callable[[Parser], Transformation]] = {
        "filter": _filter,
        "groupby": _groupby,
        "aggregate": lambda one: Grouping((), _aggregates(one)),
    }
    word = parser.word()
    if word not in readers:
        raise parser.wrong("filter(...), groupby(...) or aggregate(...)")
    parser.take()
    parser.expect("(")
    found = readers[word](parser)
    parser.expect(")")
    return found


def _filter(parser: Parser) -> Filtering:
    return Filtering(parser.expression())


def _groupby(parser: Parser) -> Grouping:
    parser.expect("(")
    keys = [_key(parser)]
    while parser.accept(","):
        keys.append(_key(parser))
    parser.expect(")")
    aggregates: tuple[Aggregate, ...] = ()
    if parser.accept(","):
        if not parser.accept_word("aggregate"):
            raise parser.wrong("aggregate(...)")
        parser.expect("(")
        aggregates = _aggregates(parser)
        parser.expect(")")
    _names_differ([*(_name(key) for key in keys), *(one.alias for one in aggregates)])
    return Grouping(tuple(keys), aggregates)


def _name(key: Group | Bucket) -> str:
    return key.alias if isinstance(key, Bucket) else "/".join(map(str, key.path.steps))


def _names_differ(names: list[str]) -> None:
    if twice := {name for name in names if names.count(name) > 1}:
        raise QueryError(f"Two results would have the name {min(twice)}.")


def _key(parser: Parser) -> Group | Bucket:
    following = parser.tokens[parser.at + 1] if parser.word() == "bucket" else None
    if following is not None and following.kind == Kind.MARK and following.text == "(":
        return _bucket(parser)
    return Group(_path(parser))


def _bucket(parser: Parser) -> Bucket:
    parser.take()
    parser.expect("(")
    path = _path(parser)
    parser.expect(",")
    token = parser.take()
    prefix, _quote, width = token.text.partition("'")
    if token.kind != Kind.TYPED or prefix.lower() != "duration":
        parser.at -= token.kind != Kind.END
        raise parser.wrong("duration'...'")
    zone = UTC
    if parser.accept(","):
        if parser.token.kind != Kind.TEXT:
            raise parser.wrong("the name of a time zone in quotes")
        zone = parser.take().text
    parser.expect(")")
    alias = _alias(parser) if parser.word() == "as" else str(path.steps[-1])
    return Bucket(path, _width(width[:-1]), zone, alias)


def _width(text: str) -> str:
    """Return the width, once it is known to be one: a duration, or months or years of the calendar."""
    width = text.strip().upper()
    if width not in {"P1M", "P3M", "P1Y", "P7D", "P1W"} and values.duration(width).total_seconds() <= 0:
        raise QueryError("A bucket needs a width above zero.")
    return width


def _aggregates(parser: Parser) -> tuple[Aggregate, ...]:
    found = [_aggregate(parser)]
    while parser.accept(","):
        found.append(_aggregate(parser))
    _names_differ([one.alias for one in found])
    return tuple(found)


def _aggregate(parser: Parser) -> Aggregate:
    if parser.token.kind == Kind.OPTION and parser.token.text == "$count":
        parser.take()
        return Aggregate(None, "count", _alias(parser))
    expression = parser.expression()
    if not parser.accept_word("with"):
        raise parser.wrong(f"with {', '.join(METHODS)}")
    method = parser.word()
    if method not in METHODS:
        raise parser.wrong(f"one of {', '.join(METHODS)}")
    parser.take()
    return Aggregate(expression, METHODS[method], _alias(parser))


def _alias(parser: Parser) -> str:
    if not parser.accept_word("as"):
        raise parser.wrong("as and a name for the result")
    return parser.name("a name for the result")


def _path(parser: Parser) -> Path:
    if parser.token.kind != Kind.NAME:
        raise parser.wrong("a property")
    found = parser.path()
    if not isinstance(found, Path):
        raise QueryError("any() and all() are conditions; one cannot group by them.")
    return found
