"""The sides by which results can be narrowed, counted for all hits at once."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from stadtkern.contracts.option import Label
from stadtkern.search.models import FacetSet
from stadtkern.search.queries import FACETS, Facet, FacetValue, SearchQuery
from stadtkern.search.subjects import subjects

MOST_SHOWN = 30
"""Values of a facet that are shown; those with most hits, and the chosen ones."""
TITLES: Mapping[str, Label] = {
    "kind": _("Kind"),
    "theme": _("Theme"),
    "publisher": _("Publisher"),
    "format": _("Format"),
    "licence": _("Licence"),
    "language": _("Language"),
    "year": _("Year"),
}

Titles: TypeAlias = Callable[[Collection[str]], Mapping[str, str]]
"""Returns how codes are written in the active language, with one query at most; unknown ones are left out."""
Ids: TypeAlias = NDArray[np.int64]

_titles: dict[str, Titles] = {}


def register(name: str, titles: Titles) -> None:
    """Say how the values of a facet are written."""
    _titles[name] = titles


class Sets:
    """All sets of facets that this process has met, as columns.

    A set never changes and its number is made from its values; so what was read once stays right.
    """

    def __init__(self) -> None:
        self.ids: Ids = np.empty(0, np.int64)
        self.values: dict[int, dict[str, list[str]]] = {}
        self.codes: dict[str, list[str]] = {}
        self.columns: dict[str, tuple[Ids, Ids]] = {}

    def learn(self, ids: Ids) -> None:
        """Read the sets that are new."""
        new = np.setdiff1d(ids, self.ids)
        if not len(new):
            return
        # a full reading is faster than asking for very many numbers
        found = FacetSet.objects.all() if len(new) > 2000 else FacetSet.objects.filter(pk__in=new.tolist())  # noqa: PLR2004
        values = self.values | dict(found.values_list("pk", "values"))
        ids = np.fromiter(sorted(values), np.int64, len(values))
        codes: dict[str, list[str]] = {}
        columns: dict[str, tuple[Ids, Ids]] = {}
        for name in FACETS:
            numbers: dict[str, int] = {}
            rows: list[int] = []
            cells: list[int] = []
            for row, number in enumerate(ids.tolist()):
                for code in values[number].get(name, ()):
                    rows.append(row)
                    cells.append(numbers.setdefault(code, len(numbers)))
            codes[name] = list(numbers)
            columns[name] = np.array(rows, np.int64), np.array(cells, np.int64)
        self.values, self.ids, self.codes, self.columns = values, ids, codes, columns

    def rows(self, ids: Ids) -> Ids:
        """Return the rows in which the sets stand."""
        return np.searchsorted(self.ids, ids)

    def fitting(self, name: str, chosen: Collection[str]) -> NDArray[np.bool_]:
        """Return which sets have one of the chosen values of a facet."""
        if name not in self.columns:  # nothing has been indexed yet
            return np.zeros(len(self.ids), np.bool_)
        rows, cells = self.columns[name]
        wanted = [number for number, code in enumerate(self.codes[name]) if code in chosen]
        fits = np.zeros(len(self.ids), np.bool_)
        fits[rows[np.isin(cells, wanted)]] = True
        return fits

    def counted(self, name: str, hits: Ids) -> dict[str, int]:
        """Return how many hits each value of a facet has, from how many hits each set has."""
        if name not in self.columns:
            return {}
        rows, cells = self.columns[name]
        counts = np.bincount(cells, weights=hits[rows], minlength=len(self.codes[name]))
        return {code: int(count) for code, count in zip(self.codes[name], counts, strict=True) if count}


_sets = Sets()


class Counts:
    """How many hits there are, by sets of facets, before facets were chosen."""

    def __init__(self, sets: Ids, counts: Ids, query: SearchQuery) -> None:
        _sets.learn(sets)
        self.sets = _sets
        self.query = query
        rows = self.sets.rows(sets)
        self.hits: Ids = np.zeros(len(self.sets.ids), np.int64)
        np.add.at(self.hits, rows, counts)
        chosen = {name: tuple(codes) for name, codes in query.facets.items() if codes}
        self.fits = {name: self.sets.fitting(name, codes) for name, codes in chosen.items()}
        if query.kinds:
            self.hits[~self.sets.fitting("kind", query.kinds)] = 0

    def under(self, *, without: str = "") -> Ids:
        """Return the hits by set under all choices, or under all but those of one facet."""
        hits = self.hits
        for name, fits in self.fits.items():
            if name != without:
                hits = np.where(fits, hits, 0)
        return hits

    @property
    def total(self) -> int:
        """How many hits there are under all choices."""
        return int(self.under().sum())

    @property
    def wanted(self) -> list[int] | None:
        """The sets that hits may have; None if it does not matter."""
        if not self.fits and not self.query.kinds:
            return None
        return [int(number) for number in self.sets.ids[self.under() > 0]]

    def facets(self) -> list[Facet]:
        """Return what the results can be narrowed by, with titles."""
        found = []
        for name in FACETS:
            counts = Counter(self.sets.counted(name, self.under(without=name)))
            if name == "kind" and len(self.query.kinds) == 1:
                continue
            if values := _values(name, counts, self.query):
                found.append(Facet(name=name, title=str(TITLES[name]), values=values))
        return found


def _values(name: str, counts: Counter[str], query: SearchQuery) -> list[FacetValue]:
    chosen = query.facets.get(name, ())
    codes = [code for code, _count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))][:MOST_SHOWN]
    codes += [code for code in chosen if code not in codes]
    if name == "year":
        codes.sort(reverse=True)
    titles = titles_of(name, codes)
    return [
        FacetValue(
            code=code,
            title=titles.get(code, code),
            count=counts[code],
            is_chosen=code in chosen,
            query=query.toggled(name, code).urlencode(),
        )
        for code in codes
    ]


def titles_of(name: str, codes: Sequence[str]) -> Mapping[str, str]:
    """Return how values of a facet are written."""
    if name == "kind":
        return {subject.slug: str(subject.title) for subject in subjects()}
    return _titles[name](codes) if name in _titles and codes else {}
