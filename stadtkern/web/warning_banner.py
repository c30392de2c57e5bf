"""Warnings on every page; subjects that know of dangers say so when the program starts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.utils.translation import get_language

MOST = 3
"""More do not help anybody; the map shows them all."""
KEPT_SECONDS = 30
DANGER = 3
"""Severity from which a warning is red instead of yellow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriousWarning:
    """One sentence about a danger, in the active language."""

    text: str
    time: datetime
    url: str
    severity: int

    @property
    def kind(self) -> str:
        """The class of the banner and the name of its sign."""
        return "danger" if self.severity >= DANGER else "warning"


Provider = Callable[[], Iterable[SeriousWarning]]
_providers: dict[str, Provider] = {}


def register(slug: str, provider: Provider) -> None:
    """Let a subject add warnings."""
    _providers[slug] = provider


def current(*, only_known: bool = False) -> list[SeriousWarning]:
    """Return the gravest warnings in the active language; asked of the subjects at most twice a minute.

    Error pages want `only_known` ones, since they must not need the database.
    """
    key = f"warnings:{get_language()}"
    found: list[SeriousWarning] | None = cache.get(key)
    if found is None and not only_known:
        every = [warning for provider in _providers.values() for warning in provider()]
        found = sorted(every, key=lambda one: (-one.severity, one.text))[:MOST]
        cache.set(key, found, KEPT_SECONDS)
    return found or []
