"""What can be found: subjects say it when the program starts, as documents.

A subject calls `register(Subject(...))` in its `AppConfig.ready`. Only what everybody may see becomes a
document; `documents` leaves out all else, and `visible` is asked once more before a hit is shown, so that
nothing is told of what is no longer public.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import Model

from stadtkern.contracts.option import Label

Texts: TypeAlias = Mapping[str, str]
"""Texts by language; the key `""` holds what belongs to no language, such as names of columns."""
BBox: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees on WGS 84."""
Keys: TypeAlias = Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Something that everybody may find."""

    key: str
    """By which the subject knows it; unique in the subject."""
    title: Texts
    keywords: Texts = field(default_factory=dict)
    text: Texts = field(default_factory=dict)
    """What it is about; pieces of it are shown with a hit."""
    hidden: Texts = field(default_factory=dict)
    """By what else it is found, without being shown: column names, values, official numbers."""
    route: tuple[str, ...] = ()
    """Name of a page and its arguments; the address is made in the reader's language."""
    fragment: str = ""
    """What follows the address of the route: `?near=...` or `#...`."""
    urls: Texts = field(default_factory=dict)
    """Addresses by language instead of a route."""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Codes by facet: `theme publisher format licence language year` (see `facets`)."""
    bbox: BBox | None = None
    changed: datetime | None = None
    """When what it is about was last brought up to date."""
    use: int = 0
    """How often it is used; only the order of magnitude counts."""


Watch: TypeAlias = Callable[[Any], Iterable[str]]
"""Takes an instance that was saved or deleted and returns the keys of the documents it is part of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A kind of things that can be found."""

    slug: str
    title: Label
    documents: Callable[[Keys | None], Iterable[Document]]
    """Returns the public ones among these keys, or all; with a constant number of queries."""
    visible: Callable[[Keys], Collection[str]]
    """Returns those of the keys (a page of hits) that everybody may see at this moment; one query."""
    watches: Mapping[type[Model], Watch] = field(default_factory=dict)
    """Whose changes change documents."""
    weight: float = 1.0
    """How much a hit of this kind counts against one of another, about 0.3 to 1."""


_subjects: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    """Let something be found, and follow its changes."""
    from stadtkern.search import changes  # noqa: PLC0415  # needs the models

    if _subjects.get(subject.slug, subject) != subject:
        raise ValueError(f"there is already something to be found called {subject.slug!r}")
    _subjects[subject.slug] = subject
    changes.watch(subject)


def subjects() -> list[Subject]:
    """Return what can be found, in the order it was added."""
    return list(_subjects.values())


def get_subject(slug: str) -> Subject | None:
    """Return one subject; None if there is none of that name."""
    return _subjects.get(slug)
