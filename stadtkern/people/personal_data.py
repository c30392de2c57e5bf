"""What the town holds about a person: every app says how to hand it out and how to make it anonymous.

An app with personal data registers itself in `AppConfig.ready`:
`personal_data.register("participation", export=their_contributions, erase=make_anonymous)`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from stadtkern.people.models import User


@dataclass(frozen=True, slots=True)
class Holder:
    """Part of the program that holds data about people."""

    export: Callable[[User], object]
    """Returns everything about the person, as JSON can hold it."""
    erase: Callable[[User], None]
    """Makes it anonymous; what others count stays countable, a vote is never touched."""


_holders: dict[str, Holder] = {}


def register(name: str, *, export: Callable[[User], object], erase: Callable[[User], None]) -> None:
    """Add a holder of personal data under the name of its app."""
    _holders[name] = Holder(export, erase)


def holders() -> dict[str, Holder]:
    """Return all holders by name."""
    return dict(sorted(_holders.items()))
