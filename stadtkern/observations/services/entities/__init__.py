"""Creating, changing and deleting the entities of SensorThings: the one way for interface and back office.

Each function is one transaction with audit trail and history; nothing is half-written.
"""

from collections.abc import Mapping

from stadtkern.observations.access import Access
from stadtkern.observations.services.entities.change import apply_change
from stadtkern.observations.services.entities.change import unlink as end_link
from stadtkern.observations.services.entities.drafts import Draft, Place, Result
from stadtkern.observations.services.entities.errors import BadEntity, Changed, Conflict
from stadtkern.observations.services.entities.make import make
from stadtkern.observations.services.entities.remove import remove
from stadtkern.observations.services.entities.work import work

__all__ = [
    "BadEntity",
    "Changed",
    "Conflict",
    "Draft",
    "Place",
    "Result",
    "create",
    "delete",
    "unlink",
    "update",
]


def create(draft: Draft, *, access: Access, given: Mapping[str, int] | None = None) -> int:
    """Make an entity with all that is nested in it and return its identifier.

    `given` are links that the address gives, by their names.
    """
    with work(access) as piece:
        return make(piece, draft, given or {})


def update(draft: Draft, pk: int, *, access: Access) -> None:
    """Write what `draft` names into an entity."""
    with work(access) as piece:
        apply_change(piece, draft, pk)


def delete(kind: str, pk: int, *, access: Access) -> None:
    """Delete an entity and what cannot be without it."""
    with work(access) as piece:
        remove(piece, kind, pk)


def unlink(kind: str, pk: int, name: str, target: int, *, access: Access) -> None:
    """End the link `name` from one entity to another."""
    with work(access) as piece:
        end_link(piece, kind, pk, name, target)
