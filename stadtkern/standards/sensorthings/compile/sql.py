"""Pieces of SQL with their parameters and what they mean."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any


class Type(StrEnum):
    """What an expression gives."""

    NUMBER = auto()
    TEXT = auto()
    CONDITION = auto()
    INSTANT = auto()
    DURATION = auto()
    DAY = auto()
    CLOCK = auto()
    GEOMETRY = auto()
    NULL = auto()


NAMES = {
    Type.NUMBER: "a number",
    Type.TEXT: "a text",
    Type.CONDITION: "a condition",
    Type.INSTANT: "a time",
    Type.DURATION: "a duration",
    Type.DAY: "a date",
    Type.CLOCK: "a time of day",
    Type.GEOMETRY: "a geometry",
    Type.NULL: "null",
}


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL, `%s` for each of its parameters."""

    text: str
    params: tuple[Any, ...] = ()
    type: Type = Type.CONDITION
    constant: bool = False
    """Whether it stands for one literal value."""
    certain: bool = False
    """Whether it is never NULL."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time that may be a period: begin and end; an end that is NULL means an instant."""

    start: Sql
    end: Sql


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON value: the column (or expression) it is in, and the way to it; its type is known per row only.

    `number` is where a number stands that is the whole value, as in `result`.
    """

    base: Sql
    steps: tuple[str | int, ...] = ()
    number: Sql | None = None


Operand = Sql | Span | Json


def build(template: str, *parts: Sql, kind: Type = Type.CONDITION) -> Sql:
    """Return `template` with `parts` put in place of `{}`, in this order."""
    return Sql(
        template.format(*(one.text for one in parts)),
        tuple(value for one in parts for value in one.params),
        kind,
    )


def every(conditions: list[Sql]) -> Sql:
    """Return that all conditions hold."""
    if not conditions:
        return Sql("1 = 1")
    return Sql(
        " AND ".join(f"({one.text})" for one in conditions),
        tuple(v for one in conditions for v in one.params),
    )


def joined(parts: Iterable[Sql], mark: str = " ") -> Sql:
    """Return `parts` one after the other, `mark` between them."""
    found = list(parts)
    return Sql(mark.join(one.text for one in found), tuple(value for one in found for value in one.params))
