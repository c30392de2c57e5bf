"""What other parts of the program add to the page of a dataset.

An app registers in its `AppConfig.ready`: `page_parts.register("discussion", _("Discussion"), render)`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.safestring import SafeString

from stadtkern.catalogue.models import Dataset
from stadtkern.contracts.option import Label

Render = Callable[[HttpRequest, Dataset], SafeString]
"""Returns HTML that stands under the title; empty: the part is left out."""
HEAD = "head"
"""Slug of a part whose HTML goes into the head of the page (schema.org, feeds)."""
ORDER = ("access-request", "quality", "formats", "subscribe", "discussion", "reuses", "counts")
"""In which order parts stand on the page; others follow by their slug."""


@dataclass(frozen=True, slots=True)
class Part:
    """A block on the page of a dataset."""

    slug: str
    title: Label
    render: Render


@dataclass(frozen=True, slots=True)
class Shown:
    """A block as the page shows it."""

    slug: str
    title: Label
    html: SafeString


_parts: dict[str, Part] = {}


def register(slug: str, title: Label, render: Render) -> None:
    """Add a block to the pages of all datasets; the same slug replaces it."""
    _parts[slug] = Part(slug, title, render)


def head(request: HttpRequest, dataset: Dataset) -> SafeString:
    """Return what goes into the head of the page."""
    part = _parts.get(HEAD)
    return part.render(request, dataset) if part else SafeString("")


def shown(request: HttpRequest, dataset: Dataset) -> Sequence[Shown]:
    """Return the blocks that have something to show."""
    parts = sorted((part for part in _parts.values() if part.slug != HEAD), key=_rank)
    drawn = [Shown(part.slug, part.title, part.render(request, dataset)) for part in parts]
    return [one for one in drawn if one.html.strip()]


def _rank(part: Part) -> tuple[int, str]:
    known = ORDER.index(part.slug) if part.slug in ORDER else len(ORDER)
    return known, part.slug


def forget(slug: str) -> None:
    """Take a block out again."""
    _parts.pop(slug, None)
