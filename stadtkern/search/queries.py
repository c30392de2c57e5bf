"""What somebody looks for, and what is found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from stadtkern.base.errors import BadInput
from stadtkern.base.fields import finite
from stadtkern.search.subjects import BBox

MOST_LETTERS = 200
MOST_VALUES = 20
"""Values of one facet that may be chosen."""
MOST_CODE = 300
"""Letters of the value of a facet."""
LAST_PAGE = 10_000
PER_PAGE = 20
SORTS = ("relevance", "newest", "title")
FACETS = ("kind", "theme", "publisher", "format", "licence", "language", "year")
"""The facets, in the order in which they are shown; each is a parameter of the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What somebody looks for."""

    text: str = ""
    """Words, all of which have to occur; phrases in quotes."""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Chosen values: one of each facet has to fit."""
    bbox: BBox | None = None
    area: str = ""
    """Short name of an area, whose box is taken: the way to choose a place without a map."""
    kinds: tuple[str, ...] = ()
    """Subjects that are looked through at all; empty: all."""
    sort: str = "relevance"
    page: int = 1
    size: int = PER_PAGE

    @classmethod
    def from_params(cls, params: QueryDict, *, kinds: tuple[str, ...] = (), size: int = PER_PAGE) -> Self:
        """Read the parameters of an address: `q`, the facets, `bbox`, `area`, `sort`, `page`.

        Raises
        ------
        BadInput
            if `bbox` is none, or `sort` or `page` are unknown.
        """
        text = " ".join(params.get("q", "").replace("\0", " ").split())[:MOST_LETTERS]
        chosen = {name: _values(params, name) for name in FACETS if any(params.getlist(name))}
        sort = params.get("sort", "") or "relevance"
        if sort not in SORTS:
            raise BadInput(_("Results can be sorted by: %(names)s.") % {"names": ", ".join(SORTS)})
        return cls(
            text=text,
            facets=chosen,
            bbox=bbox_of(params.get("bbox", "")),
            area=params.get("area", "")[:100],
            kinds=kinds,
            sort=sort,
            page=_page(params.get("page", "")),
            size=size,
        )

    def params(self) -> list[tuple[str, str]]:
        """Return the parameters by which an address says the same; the page is left out."""
        found = [("q", self.text)] if self.text else []
        found += [(name, value) for name in FACETS for value in self.facets.get(name, ())]
        if self.bbox:
            found.append(
                ("bbox", ",".join(f"{degrees:.5f}".rstrip("0").rstrip(".") for degrees in self.bbox))
            )
        if self.area:
            found.append(("area", self.area))
        if self.sort != "relevance":
            found.append(("sort", self.sort))
        return found

    def urlencode(self) -> str:
        """Return the same as the query part of an address."""
        return urlencode(self.params())

    def toggled(self, name: str, value: str) -> Self:
        """Return the query with one value of a facet chosen, or no longer chosen; on its first page."""
        values = self.facets.get(name, ())
        values = tuple(one for one in values if one != value) if value in values else (*values, value)
        return replace(self, facets={**self.facets, name: values}, page=1)


def _values(params: QueryDict, name: str) -> tuple[str, ...]:
    values = (value[:MOST_CODE].replace("\0", "") for value in params.getlist(name) if value)
    return tuple(dict.fromkeys(values))[:MOST_VALUES]


def _page(text: str) -> int:
    """Return the number of a page; what is no number is the first page, too large a number the last."""
    short = text[:9]  # Python refuses to read numbers of thousands of digits
    number = int(short) if short.isascii() and short.isdigit() else 1
    return min(max(number, 1), LAST_PAGE)


def bbox_of(text: str) -> BBox | None:
    """Return `west,south,east,north` in degrees; None if there is nothing.

    Raises
    ------
    BadInput
        if it is no box on the earth.
    """
    if not text.strip():
        return None
    try:
        west, south, east, north = (finite(part) for part in text[:200].split(","))
    except ValueError as error:
        raise BadInput(
            _("Write a box as west, south, east and north in degrees: 14.6,51.9,14.8,52.0.")
        ) from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004  # degrees
        raise BadInput(_("This box does not lie on the earth, or its corners are swapped."))
    return west, south, east, north


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something that was found, in the reader's language."""

    kind: str
    key: str
    title: str
    marked_title: SafeString
    """The title with what fits in `<mark>`."""
    language: str
    """The language the title is really in; empty if it has none."""
    url: str
    snippet: SafeString
    """The best piece of the text with what fits in `<mark>`; may be empty."""
    snippet_language: str
    changed: datetime | None
    facets: Mapping[str, tuple[str, ...]]
    bbox: BBox | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    """One value of a facet, and how much there is of it under all other choices."""

    code: str
    title: str
    count: int
    is_chosen: bool
    query: str
    """Query part of the address with this value chosen, or no longer chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """A side by which results can be narrowed."""

    name: str
    title: str
    values: Sequence[FacetValue]

    @property
    def is_chosen(self) -> bool:
        """Whether one of its values is chosen."""
        return any(value.is_chosen for value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What was found."""

    query: SearchQuery
    total: int
    """Exact number of hits."""
    hits: Sequence[Hit]
    """Those of the wanted page."""
    facets: Sequence[Facet]
    """Facets that have values among the hits."""
    pages: int
    """Number of pages that can be asked for."""
    corrected: str = ""
    """The text that was looked for instead, since a word of the given one occurs nowhere."""
    suggestion: str = ""
    """A text that finds more: "did you mean"; empty if there is none."""
