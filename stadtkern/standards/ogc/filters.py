"""CQL2 (21-065r2) as conditions of the database: text and JSON come to the same tree, which is read here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cql2
from django.db.models import F, FloatField, Func, Q, Value
from django.db.models.expressions import Combinable, Expression, ExpressionWrapper
from django.db.models.functions import Mod, Power
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    Regex,
)

from stadtkern.features.collections import GEOMETRY, TIME, Collection, Property
from stadtkern.standards.ogc.crs import System
from stadtkern.standards.ogc.errors import BadParameter
from stadtkern.standards.ogc.shapes import geometry_of, spatial
from stadtkern.standards.ogc.times import Instants, compared, literal_times

MOST_LETTERS = 16_000
DEEPEST = 40
MOST_WILDCARDS = 12
LANGUAGES = ("cql2-text", "cql2-json")
COMPARISONS: Mapping[str, Any] = {
    "=": Exact, "<": LessThan, "<=": LessThanOrEqual, ">": GreaterThan, ">=": GreaterThanOrEqual,
}  # fmt: skip
TURNED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / Func(b, Value(0.0), function="NULLIF", output_field=FloatField()),
    "%": lambda a, b: Mod(a, Func(b, Value(0.0), function="NULLIF", output_field=FloatField())),
    "^": Power,
}
NOTHING, ALL = Q(pk__in=[]), Q()


class FoldCase(Func):
    """Text without the difference of small and large letters, in any language."""

    function = "LOWER"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:  # noqa: ANN401
        """Return the call of our own function: SQLite's knows English letters only."""
        return self.as_sql(compiler, connection, function="FOLD_CASE", **extra)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Typed:
    """A value of the expression: its kind (number, string, boolean, time), and where it comes from."""

    kind: str
    value: Any
    is_literal: bool


def parse(text: str, language: str) -> Any:  # noqa: ANN401  # a tree of JSON
    """Return the tree of an expression.

    Raises
    ------
    BadParameter
        if it is not CQL2.
    """
    if language not in LANGUAGES:
        raise BadParameter(
            f"filter-lang: {language[:40]!r} is not offered; choose one of {', '.join(LANGUAGES)}"
        )
    if len(text) > MOST_LETTERS:
        raise BadParameter(f"filter: longer than {MOST_LETTERS} letters")
    if _depth(text) > DEEPEST:
        raise BadParameter(f"filter: brackets within brackets more than {DEEPEST} times")
    try:
        read = cql2.parse_json if language == "cql2-json" else cql2.parse_text
        return read(text).to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise BadParameter(f"filter: this is not {language}: {reason}") from error


def _depth(text: str) -> int:
    deepest = depth = 0
    for letter in text:
        if letter in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in ")]}":
            depth -= 1
    return max(deepest, text.lower().count("not "))


def condition(tree: Any, collection: Collection, system: System) -> Any:  # noqa: ANN401  # JSON; a condition
    """Return the condition of the database for a tree.

    Raises
    ------
    BadParameter
        if it names a property the collection does not have, or compares what cannot be compared.
    """
    return Reader(collection, system).condition(tree)


class Reader:
    """Reads the tree of one expression."""

    def __init__(self, collection: Collection, system: System) -> None:
        self.collection, self.system = collection, system
        self.properties = collection.properties()

    def condition(self, node: Any) -> Any:  # noqa: ANN401, PLR0911  # one for each kind of node
        """Return a condition."""
        if isinstance(node, bool):
            return ALL if node else NOTHING
        if isinstance(node, dict) and "property" in node:
            return self._compare("=", node, right=True)
        if not isinstance(node, dict) or "op" not in node:
            raise BadParameter("filter: a condition is expected, such as name = 'Neiße'")
        name, args = str(node["op"]).lower(), node.get("args", [])
        if name in {"and", "or"}:
            return self._joined(name, args)
        if name == "not":
            return ~Q(self.condition(_count(args, 1, name)[0]))
        if name in TURNED:
            return self._compare(name, *_count(args, 2, name))
        if reader := READERS.get(name):
            return reader(self, args)
        if name.startswith("s_"):
            return spatial(name, _count(args, 2, name), self.collection.geometry_path, self.system)
        if name.startswith("t_"):
            return compared(name, *(self.times(arg) for arg in _count(args, 2, name)))
        raise BadParameter(f"filter: {name[:40]!r} is not offered here")

    def _joined(self, name: str, args: Sequence[Any]) -> Q:
        found = [Q(self.condition(arg)) for arg in args]
        if not found:
            raise BadParameter(f"filter: {name} needs conditions")
        joined = found[0]
        for one in found[1:]:
            joined = joined & one if name == "and" else joined | one
        return joined

    def value(self, node: Any) -> Typed:  # noqa: ANN401
        """Return a value."""
        if isinstance(node, bool):
            return Typed("boolean", "true" if node else "false", is_literal=True)
        if isinstance(node, int | float):
            return Typed("number", float(node), is_literal=True)
        if isinstance(node, str):
            return Typed("string", node, is_literal=True)
        if isinstance(node, dict):
            if "property" in node:
                return self._property(str(node["property"]))
            if "op" in node:
                return self._computed(str(node["op"]).lower(), node.get("args", []))
            if {"date", "timestamp"} & node.keys():
                times = literal_times(node)
                return Typed("time", times.start, is_literal=True)
        raise BadParameter("filter: a property, a number, a text or a time is expected")

    def _property(self, name: str) -> Typed:
        if name in {GEOMETRY, self.collection.geometry_path} and name not in self.properties:
            raise BadParameter("filter: a place can only be compared by S_INTERSECTS and the like")
        if name == TIME and name not in self.properties and self.collection.time_paths:
            return Typed("time", F(self.collection.time_paths[0]), is_literal=False)
        found = self._known(name)
        kind = {"integer": "number", "date": "time", "date-time": "time"}.get(found.kind, found.kind)
        return Typed(kind, found.expression, is_literal=False)

    def _known(self, name: str) -> Property:
        if found := self.properties.get(name):
            return found
        offered = ", ".join([GEOMETRY, *([TIME] if self.collection.time_paths else []), *self.properties])
        raise BadParameter(f"filter: there is no property {name[:100]!r}; there are: {offered[:500]}")

    def _computed(self, name: str, args: Sequence[Any]) -> Typed:
        if name == "casei":
            one = self.value(_count(args, 1, name)[0])
            if one.kind != "string":
                raise BadParameter("filter: CASEI takes text")
            folded = one.value.lower() if one.is_literal else FoldCase(one.value)
            return Typed("string", folded, is_literal=one.is_literal)
        if name == "div":
            raise BadParameter("filter: 'div' is not offered here; use '/'")
        if name not in ARITHMETIC:
            raise BadParameter(f"filter: {name[:40]!r} is not offered here")
        left, right = (self.value(arg) for arg in _count(args, 2, name))
        if {left.kind, right.kind} != {"number"}:
            raise BadParameter(f"filter: {name} takes numbers")
        made = ARITHMETIC[name](_number(left), _number(right))
        return Typed("number", ExpressionWrapper(made, output_field=FloatField()), is_literal=False)

    def _compare(self, name: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        one, other = self.value(left), self.value(right)
        if one.is_literal and not other.is_literal:
            one, other, name = other, one, TURNED[name]
        if one.is_literal:
            return ALL if _of_literals(name, one, other) else NOTHING
        one, other = _as_times(one, other)
        if one.kind != other.kind:
            raise BadParameter(f"filter: a {one.kind} cannot be compared with a {other.kind}")
        if name == "<>":
            return ~Q(_lookup("=", one.value, other.value))
        return _lookup(name, one.value, other.value)

    def between(self, args: Sequence[Any]) -> Any:  # noqa: ANN401
        """Read `x BETWEEN low AND high`."""
        one, low, high = _count(args, 3, "between")
        return Q(self._compare(">=", one, low)) & Q(self._compare("<=", one, high))

    def is_in(self, args: Sequence[Any]) -> Any:  # noqa: ANN401
        """Read `x IN (...)`."""
        one, values = _count(args, 2, "in")
        if not isinstance(values, list) or not 1 <= len(values) <= 1000:  # noqa: PLR2004  # parameters of a query
            raise BadParameter("filter: IN takes a list of 1 to 1000 values")
        wanted, read = self.value(one), [self.value(value) for value in values]
        read = [_as_times(wanted, value)[1] for value in read]
        if any(value.kind != wanted.kind or not value.is_literal for value in read):
            raise BadParameter(f"filter: IN takes a list of values of one kind; this one is a {wanted.kind}")
        if wanted.is_literal:
            return ALL if any(value.value == wanted.value for value in read) else NOTHING
        return _lookup("in", wanted.value, [value.value for value in read])

    def is_null(self, args: Sequence[Any]) -> Any:  # noqa: ANN401
        """Read `x IS NULL`."""
        (node,) = _count(args, 1, "isNull")
        if isinstance(node, dict) and node.get("property") == GEOMETRY and GEOMETRY not in self.properties:
            return Q(**{f"{self.collection.geometry_path}__isnull": True})
        one = self.value(node)
        return NOTHING if one.is_literal else _lookup("null", one.value, right=True)

    def like(self, args: Sequence[Any]) -> Any:  # noqa: ANN401
        """Read `x LIKE pattern`: % is any text, _ any letter, a backslash takes their meaning."""
        one, pattern = (self.value(arg) for arg in _count(args, 2, "like"))
        if one.kind != "string" or pattern.kind != "string" or not pattern.is_literal or one.is_literal:
            raise BadParameter("filter: LIKE takes a property with text, and a text as pattern")
        return _lookup("regex", one.value, _regex(pattern.value))

    def times(self, node: Any) -> Instants:  # noqa: ANN401
        """Return start and end of a time: of a property or as written."""
        if not isinstance(node, dict):
            raise BadParameter("filter: a time is expected, such as TIMESTAMP('2026-11-24T12:00:00Z')")
        name = node.get("property")
        if name is None:
            return literal_times(node)
        paths = self.collection.time_paths
        if name == TIME and name not in self.properties and paths:
            return Instants(F(paths[0]), F(paths[1]), is_literal=False)
        found = self._known(str(name))
        if found.kind not in {"date", "date-time"}:
            raise BadParameter(f"filter: {str(name)[:100]!r} is no time")
        is_text = not isinstance(found.expression, F)
        return Instants(found.expression, found.expression, is_literal=False, is_text=is_text)


READERS: Mapping[str, Callable[[Reader, Sequence[Any]], Any]] = {
    "between": Reader.between,
    "in": Reader.is_in,
    "isnull": Reader.is_null,
    "like": Reader.like,
}
_PATHS = {
    "=": "", "<": "__lt", "<=": "__lte", ">": "__gt", ">=": "__gte", "in": "__in", "null": "__isnull",
    "regex": "__regex",
}  # fmt: skip
_LOOKUPS: Mapping[str, Any] = {**COMPARISONS, "in": In, "null": IsNull, "regex": Regex}


def _lookup(name: str, left: Any, right: Any) -> Any:  # noqa: ANN401
    """Return the comparison: of a field by its path, of anything else by the lookup itself."""
    if isinstance(left, F):
        return Q(**{f"{left.name}{_PATHS[name]}": right})
    return _LOOKUPS[name](left, right)


def equals(found: Property, text: str, name: str) -> Any:  # noqa: ANN401  # a condition
    """Return the condition that a property has a value (17-069r4 section 7.15.5).

    Raises
    ------
    BadParameter
        if the property cannot have such a value.
    """
    if found.kind in {"integer", "number"}:
        try:
            return _lookup("=", found.expression, float(text))
        except ValueError as error:
            raise BadParameter(f"{name}: {text[:60]!r} is not a number") from error
    if found.kind == "boolean" and text not in {"true", "false"}:
        raise BadParameter(f"{name}: write true or false")
    return _lookup("=", found.expression, text)


def _count(args: Any, number: int, name: str) -> Sequence[Any]:  # noqa: ANN401
    if not isinstance(args, list) or len(args) != number:
        raise BadParameter(f"filter: {name} takes {number} arguments")
    return args


def _number(one: Typed) -> Combinable | Expression:
    return Value(one.value, output_field=FloatField()) if one.is_literal else one.value


def _as_times(one: Typed, other: Typed) -> tuple[Typed, Typed]:
    """Return both; text compared with a time counts as one, a time as text where it is kept so."""
    if one.kind == "time" and other.kind == "string" and other.is_literal:
        other = Typed("time", literal_times({"timestamp": other.value}).start, is_literal=True)
    if one.kind == "string" and other.kind == "time" and other.is_literal:
        one = Typed("time", one.value, is_literal=False)
    if one.kind == "time" and other.is_literal and isinstance(other.value, datetime):
        value = other.value if isinstance(one.value, F) else _written(other.value)
        other = Typed(other.kind, value, is_literal=True)
    return one, other


def _written(time: datetime) -> str:
    """Return a time as the properties keep it; midnight as a date, which sorts before the day's times."""
    text = time.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return text.removesuffix("T00:00:00Z")


def _of_literals(name: str, one: Typed, other: Typed) -> bool:
    if one.kind != other.kind:
        raise BadParameter(f"filter: a {one.kind} cannot be compared with a {other.kind}")
    a, b = one.value, other.value
    return bool({"=": a == b, "<>": a != b}.get(name, False)) or bool(
        (name in {"<", "<="} and a < b)
        or (name in {">", ">="} and a > b)
        or (name in {"<=", ">="} and a == b)
    )


SPECIAL = set(r".^$*+?()[]{}|\/-&~#")


def _regex(pattern: str) -> str:
    """Return a pattern of LIKE as a regular expression that both databases read alike."""
    found, letters = [], iter(pattern)
    for letter in letters:
        if letter == "%":
            if not found or found[-1] != "(.|\n)*":
                found.append("(.|\n)*")
        elif letter == "_":
            found.append("(.|\n)")
        else:
            plain = next(letters, "\\") if letter == "\\" else letter
            found.append(f"\\{plain}" if plain in SPECIAL else plain)
    if found.count("(.|\n)*") > MOST_WILDCARDS:
        raise BadParameter(f"filter: LIKE takes {MOST_WILDCARDS} signs % at most")
    return f"^{''.join(found)}$"


__all__ = ["LANGUAGES", "condition", "equals", "geometry_of", "parse"]
