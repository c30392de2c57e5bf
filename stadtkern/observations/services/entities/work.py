"""One piece of work on entities: a transaction with its audit trail, its history and who is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, models

from stadtkern.base import clock
from stadtkern.base.errors import NotFound, NotPermitted
from stadtkern.observations.access import manageable, reachable
from stadtkern.observations.granted import Access
from stadtkern.observations.models import Datastream
from stadtkern.observations.services import told
from stadtkern.observations.services.durable import durable
from stadtkern.observations.services.entities import versions
from stadtkern.observations.services.entities.errors import BadEntity
from stadtkern.observations.services.entities.shapes import MODELS
from stadtkern.people.audit import acting_as

STREAMS = {"Datastream": False, "MultiDatastream": True}
"""Entity types that are rows of Datastream, and whether `is_multi`."""


@dataclass(slots=True)
class Touched:
    """An entity that the work makes, changes or removes."""

    kind: str
    pk: int
    how: told.How
    before: dict[str, Any] | None = None
    """How it was, with its links; None: it is new."""
    fields: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Work:
    """What the services share while they work on one request."""

    access: Access
    now: datetime
    touched: dict[tuple[str, int], Touched] = field(default_factory=dict)

    def made(self, kind: str, pk: int) -> None:
        """Note a new entity."""
        self.touched[kind, pk] = Touched(kind, pk, "created")

    def changing(self, kind: str, row: models.Model, *fields: str) -> None:
        """Note an entity that is about to change, with the names of what changes."""
        if (kind, row.pk) not in self.touched:
            self.touched[kind, row.pk] = Touched(kind, row.pk, "updated", versions.snapshot(kind, row))
        self.touched[kind, row.pk].fields.update(fields)

    def removing(self, kind: str, row: models.Model) -> None:
        """Note an entity that is about to be removed."""
        known = self.touched.get((kind, row.pk))
        before = known.before if known else versions.snapshot(kind, row)
        self.touched[kind, row.pk] = Touched(kind, row.pk, "deleted", before)

    def find(self, kind: str, pk: int, *, change: bool = True) -> Any:  # noqa: ANN401  # a row of one of MODELS
        """Return the row of an entity, locked where it is to be changed.

        Raises
        ------
        NotFound
            If there is none, or none that may be seen.
        NotPermitted
            If it may be seen, but not changed.
        """
        rows = of_kind(kind).filter(pk=pk)
        row = reachable(self.access, rows).first()
        if row is None:
            raise NotFound(f"There is no {kind} {pk}")
        if not change:
            return row
        own = manageable(self.access, rows)
        if connection.vendor == "postgresql":
            own = own.select_for_update(of=("self",))
        row = own.first()
        if row is None:
            raise NotPermitted(f"{kind} {pk} may not be changed with these rights")
        return row

    def target(self, kind: str, pk: int, where: str, *, change: bool = False) -> Any:  # noqa: ANN401
        """Return the row that a link in a body leads to."""
        try:
            return self.find(kind, pk, change=change)
        except NotFound as error:
            raise BadEntity(f"{where}: there is no {kind} {pk}") from error

    def finish(self) -> None:
        """Write the history and tell who wants to know."""
        versions.write(self.touched.values(), at=self.now, by=self.access.principal)
        for one in self.touched.values():
            told.entities(one.kind, [one.pk], one.how, frozenset(one.fields))


def of_kind(kind: str) -> "models.QuerySet[Any]":
    """Return all rows of an entity type."""
    rows = MODELS[kind]._default_manager.all()  # noqa: SLF001  # Django's own name for the manager of a model
    return rows.filter(is_multi=STREAMS[kind]) if kind in STREAMS else rows


def kind_of(stream: Datastream) -> str:
    """Return the entity type of a row of Datastream."""
    return "MultiDatastream" if stream.is_multi else "Datastream"


@contextmanager
def work(access: Access, *, now: datetime | None = None) -> Iterator[Work]:
    """Open a piece of work; all of it is stored, or nothing."""
    with durable(), acting_as(access.principal):
        piece = Work(access, now or clock.now())
        yield piece
        piece.finish()


def require_manager(access: Access) -> None:
    """Refuse who may not create, change or delete entities."""
    if not access.may_manage:
        raise NotPermitted("Entities may not be created or changed with these rights")
