"""Units in formulas: what may be added, what a product is measured in."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from stadtkern.base.units import UnitError, base_form
from stadtkern.observations.derived.formula.parser import FormulaError

TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of powers of UCUM units; without parts a plain number."""

    parts: tuple[tuple[str, float], ...] = ()
    is_free: bool = False
    """A number without unit, which takes the unit of what it is added to."""
    is_difference: bool = False
    """A difference of two temperatures: 5 Cel are 5 K, not 278 K."""

    @classmethod
    def of(cls, code: str) -> "Unit":
        """Return the unit with a UCUM code.

        Raises
        ------
        FormulaError
            if there is no such unit.
        """
        try:
            base_form(code)
        except UnitError as error:
            raise FormulaError(_("There is no unit “%(unit)s” (UCUM).") % {"unit": code}) from error
        return cls(() if code == "1" else ((code, 1.0),))

    @property
    def has_offset(self) -> bool:
        """Whether it is a temperature on a scale whose zero is not the absolute one."""
        return not self.is_difference and len(self.parts) == 1 and base_form(self.parts[0][0])[1] != 0

    @property
    def dimension(self) -> Mapping[str, float]:
        """Exponents of the dimensions."""
        found: dict[str, float] = {}
        for code, power in self.parts:
            for name, exponent in base_form(code)[2]:
                found[name] = found.get(name, 0) + exponent * power
        return {name: power for name, power in found.items() if abs(power) > TINY}

    @property
    def factor(self) -> float:
        """Factor to base units."""
        found = 1.0
        for code, power in self.parts:
            found *= base_form(code)[0] ** power
        return found

    @property
    def offset(self) -> float:
        """What is to be added after that."""
        return base_form(self.parts[0][0])[1] if self.has_offset else 0.0

    def __str__(self) -> str:
        return "·".join(code if power == 1 else f"{code}^{power:g}" for code, power in self.parts) or "1"

    def times(self, other: "Unit", sign: int = 1) -> "Unit":
        """Return the unit of a product; of a quotient with sign -1."""
        if self.is_free and other.is_free:
            return FREE
        if other.is_free:
            return self
        if self.is_free and sign > 0:
            return other
        for one in (self, other):
            if one.has_offset:
                text = _('“%(unit)s” begins at no absolute zero and cannot be multiplied; use to(…, "K").')
                raise FormulaError(text % {"unit": one})
        powers = dict(self.parts)
        for code, power in other.parts:
            powers[code] = powers.get(code, 0) + sign * power
        return Unit(_tidy(powers), is_difference=True)

    def power(self, exponent: float) -> "Unit":
        """Return the unit of a power."""
        if self.is_free:
            return FREE
        if self.has_offset:
            text = _('“%(unit)s” begins at no absolute zero and cannot be multiplied; use to(…, "K").')
            raise FormulaError(text % {"unit": self})
        return Unit(_tidy({code: power * exponent for code, power in self.parts}), is_difference=True)

    def conversion(self, to: "Unit", doing: str = "") -> tuple[float, float]:
        """Return factor and offset by which values of this unit become values of another.

        Raises
        ------
        FormulaError
            if they measure different things; it names both.
        """
        if self.is_free or to.is_free or self == to:
            return 1.0, 0.0
        if self.dimension != to.dimension:
            words = {"one": self, "other": to, "doing": doing or _("be converted into")}
            raise FormulaError(
                _("“%(one)s” cannot %(doing)s “%(other)s”: they measure different things.") % words
            )
        if self.is_difference or to.is_difference:
            return self.factor / to.factor, 0.0
        return self.factor / to.factor, (self.offset - to.offset) / to.factor


FREE = Unit(is_free=True)
NONE = Unit()


def _tidy(powers: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((code, power) for code, power in powers.items() if abs(power) > TINY))
