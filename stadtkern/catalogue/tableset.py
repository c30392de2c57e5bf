"""The tables behind distributions: which edition is shown, and the stored table that answers."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from django.db.models import Prefetch, Q

from stadtkern.base.errors import NotFound
from stadtkern.catalogue.models import Dataset, Distribution, DistributionQuerySet, Version, VersionQuerySet
from stadtkern.tables import ColumnProfile, Table


def distributions_of(dataset: Dataset) -> DistributionQuerySet:
    """Return what is shown of a dataset, each with its current edition."""
    current = Prefetch("versions", Version.objects.current())
    shown = Distribution.objects.filter(dataset=dataset, is_live=True)
    return shown.prefetch_related(current).order_by("position", "pk")


def tables_of(distributions: Iterable[Distribution]) -> list[tuple[Distribution, Version]]:
    """Return those that are tables, with their current editions."""
    found = ((one, one.current_version) for one in distributions)
    return [(one, version) for one, version in found if version is not None]


def editions(distribution: Distribution, current: Version | None) -> VersionQuerySet:
    """Return the editions everybody may see: the current one and those before it, newest first."""
    found = Version.objects.filter(distribution=distribution, state=Version.State.READY, is_proposed=False)
    newest = current.number if current else 0
    return found.filter(Q(number__lte=newest)).order_by("-number")


def table_of(version: Version) -> Table:
    """Return the stored table of an edition.

    Raises
    ------
    NotFound
        if its files are no longer kept.
    """
    path = version.table_path
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise NotFound("The file of this version is no longer kept.") from error
    return _opened(path, changed)


@lru_cache(maxsize=64)
def profile_of(table: Table) -> Sequence[ColumnProfile]:
    """Return numbers about the columns of a table; a stored table never changes."""
    return table.profile()


@lru_cache(maxsize=64)
def _opened(path: Path, changed: int) -> Table:  # noqa: ARG001  # another file under the same name is another table
    return Table(path)
