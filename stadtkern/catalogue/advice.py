"""What could be better in the description of a dataset, told while an editor writes it.

The rules themselves live elsewhere (`catalogue.quality`): a subject registers a function that looks at a
dataset as it stands in the form, stored or not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.contracts.option import Label

Severity = Literal["error", "warning", "hint"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right: field of `Dataset`, what is wrong and what to do, points it brings."""

    field: str
    text: Label
    severity: Severity = "warning"
    points: int = 0


@dataclass(frozen=True, slots=True)
class Advice:
    """What one set of rules says of a dataset; the first finding is the best next fix."""

    findings: Sequence[Finding] = ()
    points: int | None = None
    """Points reached of `most`; None: these rules give no points."""
    most: int = 405
    title: Label = ""


Function = Callable[[Dataset, Sequence[Distribution]], Advice]
_functions: dict[str, Function] = {}


@dataclass(slots=True)
class Summary:
    """What all rules together say."""

    parts: list[Advice] = field(default_factory=list)
    own: list[Finding] = field(default_factory=list)
    """What the form itself found."""

    @property
    def findings(self) -> list[Finding]:
        """Errors first, then what brings most points."""
        rank = {"error": 0, "warning": 1, "hint": 2}
        every = [*self.own, *(one for part in self.parts for one in part.findings)]
        return sorted(every, key=lambda one: (rank[one.severity], -one.points))

    @property
    def next_step(self) -> Finding | None:
        """The one thing to do now."""
        return next(iter(self.findings), None)

    @property
    def scores(self) -> list[Advice]:
        """The parts that give points."""
        return [part for part in self.parts if part.points is not None]

    @property
    def errors(self) -> list[Finding]:
        """What keeps the dataset from being published."""
        return [one for one in self.findings if one.severity == "error"]


def register(name: str, function: Function) -> None:
    """Have `function` asked about each dataset in a form."""
    if _functions.setdefault(name, function) is not function:
        raise ValueError(f"There is already advice called {name!r}.")


def forget(name: str) -> None:
    """Take a function out again."""
    _functions.pop(name, None)


def advise(dataset: Dataset, distributions: Sequence[Distribution]) -> Summary:
    """Return what all rules say of a dataset as it stands in a form."""
    return Summary([function(dataset, distributions) for function in _functions.values()])
