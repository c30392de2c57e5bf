"""From a tree to a program: units are checked and converted once, then whole columns are computed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from stadtkern.observations.derived.formula.dimension import FREE, NONE, Unit
from stadtkern.observations.derived.formula.parser import (
    COMPARISONS,
    Binary,
    Call,
    FormulaError,
    Minus,
    Name,
    Node,
    Not,
    Number,
    Text,
    names_in,
    parse,
)
from stadtkern.observations.derived.formula.physics import FIXED
from stadtkern.observations.derived.formula.tables import Mask, Table, Times, Values


@dataclass(slots=True)
class Columns:
    """What a program reads: one row for each time; nan where a series has no value."""

    times: Times
    values: Mapping[str, Values]
    doubtful: Mask = field(init=False)
    """Set by the program where it had to go beyond a table."""

    def __post_init__(self) -> None:
        self.doubtful = np.zeros(len(self.times), dtype=np.bool_)


Run = Callable[[Columns], Values]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a program: how to compute it, and in which unit; yes and no are 1 and 0 of no unit."""

    run: Run
    unit: Unit
    is_truth: bool = False
    constant: float | None = None
    """The value of a plain number."""
    is_literal: bool = False
    """A number with its unit, as it stands in the formula."""


@dataclass(frozen=True, slots=True)
class Program:
    """A formula ready to run."""

    run: Run
    unit: Unit
    names: frozenset[str]
    """The series and tables it reads."""

    def __call__(self, columns: Columns) -> Values:
        """Return one result for each time; nan where there is none."""
        with np.errstate(all="ignore"):
            found = np.broadcast_to(self.run(columns), len(columns.times)).astype(np.float64)
        return np.where(np.isfinite(found), found, np.nan)


def compile_formula(
    text: str, units: Mapping[str, str], *, result: str, tables: Mapping[str, Table] | None = None
) -> Program:
    """Return the program of a formula over series with `units` (UCUM by name), its result in `result`.

    Raises
    ------
    FormulaError
        if it cannot be read, names something unknown, or mixes units that measure different things.
    """
    tree = parse(text)
    part = _Compiler(units, tables or {}).part(tree)
    if part.is_truth:
        part = Part(part.run, FREE)
    wanted = Unit.of(result)
    factor, offset = part.unit.conversion(wanted, _("become a result in"))
    return Program(_linear(part.run, factor, offset), wanted, frozenset(names_in(tree)))


def _linear(run: Run, factor: float, offset: float) -> Run:
    if factor == 1 and offset == 0:
        return run
    return lambda columns: run(columns) * factor + offset


class _Compiler:
    """Turns nodes into parts."""

    def __init__(self, units: Mapping[str, str], tables: Mapping[str, Table]) -> None:
        self.units = units
        self.tables = tables

    def part(self, node: Node) -> Part:
        """Return the part of any node."""
        if isinstance(node, Number):
            value = node.value
            unit = FREE if node.unit is None else Unit.of(node.unit)
            return Part(
                lambda _columns: np.asarray(value, dtype=np.float64),
                unit,
                False,  # noqa: FBT003  # read best in its place
                value if unit.is_free else None,
                not unit.is_free,
            )
        if isinstance(node, Name):
            return self.series(node.name)
        if isinstance(node, Minus):
            inner = self.number(node.of)
            negative = None if inner.constant is None else -inner.constant
            return Part(lambda columns: -inner.run(columns), inner.unit, constant=negative)
        if isinstance(node, Not):
            truth = self.truth(node.of)
            return Part(lambda columns: 1 - truth.run(columns), FREE, is_truth=True)
        if isinstance(node, Binary):
            return self.binary(node)
        if isinstance(node, Call):
            return self.call(node)
        raise FormulaError(_("A text can only be a unit: %(text)s.") % {"text": node.value})

    def series(self, name: str) -> Part:
        """Return the part of a series."""
        if name not in self.units:
            known = ", ".join(sorted(self.units)) or "–"
            words = {"name": name, "known": known}
            raise FormulaError(_("“%(name)s” is no series of this formula; there are: %(known)s.") % words)
        return Part(lambda columns: columns.values[name], Unit.of(self.units[name]))

    def number(self, node: Node) -> Part:
        """Return a part that has to be a number."""
        part = self.part(node)
        if part.is_truth:
            raise FormulaError(_("A comparison can only be used in “if”, “and”, “or” and “not”."))
        return part

    def truth(self, node: Node) -> Part:
        """Return a part that has to be a yes or no."""
        part = self.part(node)
        if not part.is_truth:
            raise FormulaError(_("“if”, “and”, “or” and “not” need a comparison, such as a > 5."))
        return part

    def binary(self, node: Binary) -> Part:
        """Return the part of two things that are joined."""
        sign = node.sign
        if sign in {"and", "or"}:
            one, other = self.truth(node.left), self.truth(node.right)
            join = np.minimum if sign == "and" else np.maximum
            return Part(lambda columns: join(one.run(columns), other.run(columns)), FREE, is_truth=True)
        left, right = self.number(node.left), self.number(node.right)
        if sign in COMPARISONS:
            (one, other), _unit = _alike([left, right], _("be compared with"))
            return Part(_comparison(sign, one.run, other.run), FREE, is_truth=True)
        if sign == "^":
            return self.power(left, right)
        if sign in {"*", "/"}:
            run = _product(sign, left.run, right.run)
            return Part(
                run, left.unit.times(right.unit, 1 if sign == "*" else -1), constant=_fold(sign, left, right)
            )
        return _sum(sign, left, right)

    def power(self, base: Part, exponent: Part) -> Part:
        """Return the part of a power; with a unit the exponent must be a plain number."""
        if exponent.constant is not None:
            power = exponent.constant
            return Part(lambda columns: np.power(base.run(columns), power), base.unit.power(power))
        if not (base.unit.is_free or base.unit == NONE) or not (
            exponent.unit.is_free or exponent.unit == NONE
        ):
            raise FormulaError(_("With units, the exponent must be a plain number, such as 2 or 0.5."))
        return Part(lambda columns: np.power(base.run(columns), exponent.run(columns)), FREE)

    def call(self, node: Call) -> Part:
        """Return the part of a function."""
        name, arguments = node.name, node.arguments
        if name in FIXED:
            return self.fixed(name, arguments)
        if name in _PLAIN:
            (inner,) = self.count(name, arguments, 1, 1)
            factor, offset = inner.unit.conversion(
                NONE, _("be used in the function %(name)s; it takes") % {"name": name}
            )
            run, function = _linear(inner.run, factor, offset), _PLAIN[name]
            return Part(lambda columns: function(run(columns)), FREE)
        if name in _TOGETHER:
            parts, unit = _alike(self.count(name, arguments, 1, 30), _("stand together with"))
            join = _TOGETHER[name]
            return Part(lambda columns: join([part.run(columns) for part in parts], len(columns.times)), unit)
        special = {"abs": self.absolute, "sqrt": self.root, "if": self.choice, "to": self.converted}
        special |= {"number": self.stripped, "lookup": self.lookup}
        if name not in special:
            known = ", ".join(sorted([*FIXED, *_PLAIN, *_TOGETHER, *special]))
            raise FormulaError(
                _("There is no function “%(name)s”; there are: %(known)s.") % {"name": name, "known": known}
            )
        return special[name](arguments)

    def count(self, name: str, arguments: Sequence[Node], least: int, most: int) -> list[Part]:
        """Return the arguments as numbers if there are as many as there should be."""
        _check_count(name, arguments, least, most)
        return [self.number(argument) for argument in arguments]

    def fixed(self, name: str, arguments: Sequence[Node]) -> Part:
        """Return the part of a function with fixed units."""
        function = FIXED[name]
        parts = self.count(name, arguments, len(function.units), len(function.units))
        runs = []
        for part, code in zip(parts, function.units, strict=True):
            doing = _("be used in the function %(name)s; it takes") % {"name": name}
            runs.append(_linear(part.run, *part.unit.conversion(Unit.of(code), doing)))
        return Part(lambda columns: function.run(*(run(columns) for run in runs)), Unit.of(function.result))

    def absolute(self, arguments: Sequence[Node]) -> Part:
        """Return abs(x)."""
        (inner,) = self.count("abs", arguments, 1, 1)
        return Part(lambda columns: np.abs(inner.run(columns)), inner.unit)

    def root(self, arguments: Sequence[Node]) -> Part:
        """Return sqrt(x)."""
        (inner,) = self.count("sqrt", arguments, 1, 1)
        return Part(lambda columns: np.sqrt(inner.run(columns)), inner.unit.power(0.5))

    def choice(self, arguments: Sequence[Node]) -> Part:
        """Return if(condition, then, else)."""
        _check_count("if", arguments, 3, 3)
        truth = self.truth(arguments[0])
        (one, other), unit = _alike([self.number(node) for node in arguments[1:]], _("stand together with"))

        def run(columns: Columns) -> Values:
            held = truth.run(columns)
            chosen = np.where(held > 0, one.run(columns), other.run(columns))
            return np.where(np.isnan(held), np.nan, chosen)

        return Part(run, unit)

    def converted(self, arguments: Sequence[Node]) -> Part:
        """Return to(x, "unit"): the same in another unit."""
        inner, unit = self.with_unit("to", arguments)
        return Part(_linear(inner.run, *inner.unit.conversion(unit)), unit)

    def stripped(self, arguments: Sequence[Node]) -> Part:
        """Return number(x, "unit"): how many of the unit, as a plain number."""
        inner, unit = self.with_unit("number", arguments)
        return Part(_linear(inner.run, *inner.unit.conversion(unit)), FREE)

    def with_unit(self, name: str, arguments: Sequence[Node]) -> tuple[Part, Unit]:
        """Return the two arguments of a conversion."""
        _check_count(name, arguments, 2, 2)
        code = arguments[1]
        if not isinstance(code, Text):
            raise FormulaError(_('The second argument of %(name)s is a unit, such as "m".') % {"name": name})
        return self.number(arguments[0]), Unit.of(code.value)

    def lookup(self, arguments: Sequence[Node]) -> Part:
        """Return lookup(table, x)."""
        _check_count("lookup", arguments, 2, 2)
        name = arguments[0]
        if not isinstance(name, Name) or name.name not in self.tables:
            known = ", ".join(sorted(self.tables)) or "–"
            raise FormulaError(
                _("The first argument of lookup is a table; there are: %(known)s.") % {"known": known}
            )
        table, inner = self.tables[name.name], self.number(arguments[1])
        doing = _("be looked up in a table of")
        run = _linear(inner.run, *inner.unit.conversion(Unit.of(table.x_unit), doing))

        def look(columns: Columns) -> Values:
            x = np.broadcast_to(run(columns), len(columns.times))
            y, outside = table.at(columns.times, x)
            columns.doubtful |= outside
            return y

        return Part(look, Unit.of(table.y_unit))


def _check_count(name: str, arguments: Sequence[Node], least: int, most: int) -> None:
    if not least <= len(arguments) <= most:
        words = {"name": name, "least": least, "given": len(arguments)}
        raise FormulaError(_("The function %(name)s takes %(least)d arguments, not %(given)d.") % words)


def _alike(parts: Sequence[Part], doing: str) -> tuple[list[Part], Unit]:
    """Return the parts in one unit: that of the first one that has any."""
    unit = next((part.unit for part in parts if not part.unit.is_free), FREE)
    return [Part(_linear(one.run, *one.unit.conversion(unit, doing)), unit) for one in parts], unit


def _sum(sign: str, left: Part, right: Part) -> Part:
    """Return a sum or a difference, in the unit of the first term that has one.

    A number of kelvins in the formula beside a temperature in degrees is a difference: t - 2 "K".
    """
    if left.unit.has_offset and right.is_literal and not right.unit.has_offset:
        right = replace(right, unit=replace(right.unit, is_difference=True))
    (one, other), unit = _alike([left, right], _("be added to") if sign == "+" else _("be taken from"))
    both = not left.unit.is_free and not right.unit.is_free
    if both and (left.unit.is_difference != right.unit.is_difference) and _is_scale(unit):
        absolute = left.unit if right.unit.is_difference else right.unit
        difference = right if right.unit.is_difference else left
        if sign == "-" and difference is left:
            raise FormulaError(_("A temperature cannot be taken from a difference of temperatures."))
        factor = difference.unit.factor / absolute.factor
        moved = Part(_linear(difference.run, factor, 0.0), absolute)
        one, other, unit = (left, moved, absolute) if difference is right else (moved, right, absolute)
    elif both and sign == "-" and left.unit.has_offset:
        unit = Unit(unit.parts, is_difference=True)
    run = _addition(sign, one.run, other.run)
    return Part(run, unit, constant=_fold(sign, left, right))


def _is_scale(unit: Unit) -> bool:
    return unit.has_offset or Unit(unit.parts).has_offset


def _fold(sign: str, left: Part, right: Part) -> float | None:
    """Return the value of a sign between two plain numbers, so that 1/3 may be an exponent."""
    one, other = left.constant, right.constant
    if one is None or other is None or (sign == "/" and other == 0):
        return None
    return {"+": one + other, "-": one - other, "*": one * other}.get(sign, one / other if other else None)


def _addition(sign: str, one: Run, other: Run) -> Run:
    if sign == "+":
        return lambda columns: one(columns) + other(columns)
    return lambda columns: one(columns) - other(columns)


def _product(sign: str, one: Run, other: Run) -> Run:
    if sign == "*":
        return lambda columns: one(columns) * other(columns)
    return lambda columns: np.divide(one(columns), other(columns))


_COMPARE: Mapping[str, Callable[[Values, Values], NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def _comparison(sign: str, one: Run, other: Run) -> Run:
    compare = _COMPARE[sign]

    def run(columns: Columns) -> Values:
        left, right = one(columns), other(columns)
        return np.where(np.isnan(left) | np.isnan(right), np.nan, compare(left, right))

    return run


_PLAIN: Mapping[str, Callable[[Values], Values]] = {"exp": np.exp, "ln": np.log, "log10": np.log10}


def _table(columns: Sequence[Values], rows: int) -> Values:
    return np.vstack([np.broadcast_to(column, rows) for column in columns])


def _mean(columns: Sequence[Values], rows: int) -> Values:
    table = _table(columns, rows)
    known = ~np.isnan(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


_TOGETHER: Mapping[str, Callable[[Sequence[Values], int], Values]] = {
    "min": lambda columns, rows: np.fmin.reduce(_table(columns, rows), axis=0),
    "max": lambda columns, rows: np.fmax.reduce(_table(columns, rows), axis=0),
    "mean": _mean,
    "sum": lambda columns, rows: reduce(np.add, _table(columns, rows)),
}
