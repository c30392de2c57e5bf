"""A place chosen by its name instead of on a map; the app of places says which there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from stadtkern.search.subjects import BBox

MOST = 300
"""Areas that can be chosen from."""


@dataclass(frozen=True, slots=True)
class NamedArea:
    """An area by its short name, its title in the active language, and what it is."""

    slug: str
    title: str
    kind: str


List: TypeAlias = Callable[[int], Sequence[NamedArea]]
"""Returns the first so many areas."""
BoxOf: TypeAlias = Callable[[str], BBox | None]
"""Returns the box of an area; None if there is none of that name."""


@dataclass(slots=True)
class _Source:
    areas: List = lambda _most: ()
    box_of: BoxOf = lambda _slug: None


_source = _Source()


def register(areas: List, box_of: BoxOf) -> None:
    """Say which areas there are."""
    _source.areas, _source.box_of = areas, box_of


def all_areas() -> Sequence[NamedArea]:
    """Return the areas that can be chosen."""
    return _source.areas(MOST)


def box_of(slug: str) -> BBox | None:
    """Return the box of an area; None if there is none of that name."""
    return _source.box_of(slug)
