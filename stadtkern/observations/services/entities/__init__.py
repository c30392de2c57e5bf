"""Creating, changing and deleting the entities of SensorThings: the one way for interface and back office.

Each function is one transaction with audit trail and history; nothing is half-written.
"""

from collections.abc import Callable, Mapping
from typing import Any

from stadtkern.base.errors import Conflict
from stadtkern.observations.granted import Access
from stadtkern.observations.models import Observation
from stadtkern.observations.services.entities import observations, versions
from stadtkern.observations.services.entities.change import apply_change
from stadtkern.observations.services.entities.change import unlink as end_link
from stadtkern.observations.services.entities.creation import make
from stadtkern.observations.services.entities.drafts import Draft, Place, Result
from stadtkern.observations.services.entities.errors import BadEntity, Changed
from stadtkern.observations.services.entities.remove import remove
from stadtkern.observations.services.entities.work import Work, of_kind, work

Expectation = Callable[[dict[str, Any]], bool]

__all__ = [
    "BadEntity",
    "Changed",
    "Conflict",
    "Draft",
    "Place",
    "Result",
    "create",
    "delete",
    "snapshot",
    "unlink",
    "update",
]


def create(draft: Draft, *, access: Access, given: Mapping[str, int] | None = None) -> int:
    """Make an entity with all that is nested in it and return its identifier.

    `given` are links that the address gives, by their names.
    """
    with work(access) as piece:
        return make(piece, draft, given or {})


def update(
    kind: str,
    pk: int,
    *,
    access: Access,
    drafted: Callable[[dict[str, Any]], Draft],
    is_expected: Expectation | None = None,
) -> None:
    """Change an entity.

    Parameters
    ----------
    drafted
        gets the entity as it is stored and locked, returns what is to change.
    is_expected
        says whether the stored entity is the one that the client knows.

    Raises
    ------
    Changed
        If it is not.
    """
    with work(access) as piece:
        stored = _stored(piece, kind, pk)
        _require(stored, is_expected)
        apply_change(piece, drafted(stored), pk)


def delete(kind: str, pk: int, *, access: Access, is_expected: Expectation | None = None) -> None:
    """Delete an entity and what cannot be without it; see `update`."""
    with work(access) as piece:
        if is_expected is not None:
            _require(_stored(piece, kind, pk), is_expected)
        remove(piece, kind, pk)


def unlink(kind: str, pk: int, name: str, target: int, *, access: Access) -> None:
    """End the link `name` from one entity to another."""
    with work(access) as piece:
        end_link(piece, kind, pk, name, target)


def snapshot(kind: str, pk: int) -> dict[str, Any]:
    """Return the properties and own links of an entity, as the history keeps them."""
    if kind == "Observation":
        return observations.document(Observation.objects.get(number=pk))
    return versions.snapshot(kind, of_kind(kind).get(pk=pk))


def _stored(piece: Work, kind: str, pk: int) -> dict[str, Any]:
    """Return an entity as it is stored; its row is locked until the work ends."""
    if kind == "Observation":
        return observations.document(observations.find(piece, pk))
    return versions.snapshot(kind, piece.find(kind, pk))


def _require(stored: dict[str, Any], is_expected: Expectation | None) -> None:
    if is_expected is not None and not is_expected(stored):
        raise Changed("Somebody else has changed this entity in the meantime; read it again")
