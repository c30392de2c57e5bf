"""From a query to a page of hits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db import connection
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput
from stadtkern.search import areas, vocabulary
from stadtkern.search.backends import backend
from stadtkern.search.expressions import Group
from stadtkern.search.facets import Counts
from stadtkern.search.indexing import NEVER
from stadtkern.search.models import Content
from stadtkern.search.queries import Hit, Results, SearchQuery
from stadtkern.search.ranking import Candidate, score
from stadtkern.search.snippets import marked, snippet, spans_of
from stadtkern.search.subjects import get_subject
from stadtkern.search.understanding import SHORTEST_START, suggestion, understand
from stadtkern.search.words import words_of
from stadtkern.web.fields import in_language

RANKED = 200
"""Hits that are compared word by word; those with the words in the title come first, then by weight."""
MOST_BY_RELEVANCE = 1000
"""Hits by relevance that can be paged through; whoever wants more sorts by time or title."""
FEW = 2
"""Hits up to which other words are suggested."""
ORDERS = {
    "relevance": "e.weight DESC, e.id",
    "newest": "e.changed DESC, e.id",
    "title": "e.name, e.id",
}


@dataclass(frozen=True, slots=True)
class Source:
    """What is read: all that fits text and box, or of it what has certain sets of facets."""

    groups: tuple[Group, ...]
    box: tuple[float, float, float, float] | None
    sets: list[int] | None = None

    def sql(self, columns: str, *, only_title: bool = False, end: str = "") -> tuple[str, list[Any]]:
        """Return a statement with its parameters."""
        tables, condition, parameters = backend().source(self.groups, only_title=only_title)
        if self.box:
            west, south, east, north = self.box
            condition += " AND e.west <= %s AND e.east >= %s AND e.south <= %s AND e.north >= %s"
            parameters = [*parameters, east, west, north, south]
        if self.sets is not None:
            among, values = backend().among("e.facets_id", self.sets)
            condition, parameters = f"{condition} AND {among}", [*parameters, *values]
        return f"SELECT {columns} FROM {tables} WHERE {condition} {end}", parameters  # noqa: S608  # all ours

    def rows(self, columns: str, *, only_title: bool = False, end: str = "") -> list[tuple[Any, ...]]:
        """Return rows."""
        with connection.cursor() as cursor:
            cursor.execute(*self.sql(columns, only_title=only_title, end=end))
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found


def find(query: SearchQuery) -> Results:
    """Return the wanted page; see `services.search`."""
    understood = understand(query.text, _finds)
    if query.text and not understood.groups:
        return Results(query=query, total=0, hits=[], facets=[], pages=0)
    source = Source(understood.groups, _box(query))
    counts = _count(source, query)
    total = counts.total
    source = replace(source, sets=counts.wanted)
    entries = _page(source, query) if total else []
    reachable = min(total, MOST_BY_RELEVANCE) if _is_ranked(source, query) else total
    return Results(
        query=query,
        total=total,
        hits=_hits(entries, source.groups),
        facets=counts.facets(),
        pages=-(-reachable // query.size),
        corrected=understood.corrected,
        suggestion=suggestion(source.groups) if total <= FEW and not understood.corrected else "",
    )


def complete(text: str, most: int) -> list[str]:
    """Return titles that fit what was typed so far, and words that begin like its last one."""
    words = list(words_of(text))
    if not words or len(words[-1][0]) < SHORTEST_START - 1:
        return []
    found: list[str] = []
    if len(words[-1][0]) >= SHORTEST_START:
        found += [hit.title for hit in find(SearchQuery(text=text, size=most)).hits]
    head = text.rstrip()
    head = head[: len(head) - len(words[-1][1])] if head.lower().endswith(words[-1][1]) else ""
    found += [f"{head}{word.written}" for word in vocabulary.beginning_with(words[-1][0], most)]
    unique = {one.casefold(): one for one in reversed(found)}
    return list(reversed(unique.values()))[:most]


def _finds(groups: Sequence[Group]) -> bool:
    return bool(Source(tuple(groups), None).rows("1", end="LIMIT 1"))


def _box(query: SearchQuery) -> tuple[float, float, float, float] | None:
    """Return the box that is looked in.

    Raises
    ------
    BadInput
        if there is no area of that name.
    """
    if not query.area:
        return query.bbox
    if (box := areas.box_of(query.area)) is None:
        raise BadInput(_("There is no area called “%(name)s”.") % {"name": query.area})
    return box


def _count(source: Source, query: SearchQuery) -> Counts:
    """Return how many hits each set of facets has."""
    if source.groups:
        # hits of a text are counted faster here than grouped there
        found = np.fromiter((row[0] for row in source.rows("e.facets_id")), np.int64)
        sets, numbers = np.unique(found, return_counts=True)
    else:
        rows = source.rows("e.facets_id, count(*)", end="GROUP BY e.facets_id")
        sets = np.array([row[0] for row in rows], np.int64)
        numbers = np.array([row[1] for row in rows], np.int64)
    return Counts(sets, numbers, query)


def _is_ranked(source: Source, query: SearchQuery) -> bool:
    return bool(source.groups) and query.sort == "relevance"


def _page(source: Source, query: SearchQuery) -> list[int]:
    """Return the entries of the wanted page, in order."""
    first = (query.page - 1) * query.size
    if not _is_ranked(source, query):
        rows = source.rows("e.id", end=f"ORDER BY {ORDERS[query.sort]} LIMIT {query.size} OFFSET {first}")
        return [row[0] for row in rows]
    most = min(max(RANKED, first + query.size), MOST_BY_RELEVANCE)
    order = f"ORDER BY {ORDERS['relevance']} LIMIT {most}"
    entries = [row[0] for row in source.rows("e.id", only_title=True, end=order)]
    if len(entries) < most:
        entries = list(dict.fromkeys([*entries, *(row[0] for row in source.rows("e.id", end=order))]))[:most]
    entries = [*_ranked(entries[:RANKED], source.groups), *entries[RANKED:]]
    return entries[first : first + query.size]


def _ranked(entries: Sequence[int], groups: Sequence[Group]) -> list[int]:
    at = now()
    rows = Content.objects.filter(pk__in=entries).values_list(
        "pk", "title", "keywords", "entry__changed", "use", "entry__subject"
    )
    candidates = (
        Candidate(pk, title, keywords, None if changed == NEVER else changed, use, _weight(subject))
        for pk, title, keywords, changed, use, subject in rows
    )
    scores = {candidate.entry: score(candidate, groups, at) for candidate in candidates}
    places = {entry: place for place, entry in enumerate(entries)}
    return sorted(scores, key=lambda entry: (-scores[entry], places[entry]))


def _weight(slug: str) -> float:
    subject = get_subject(slug)
    return subject.weight if subject else 0.0


def _hits(entries: Sequence[int], groups: Sequence[Group]) -> list[Hit]:
    """Return hits as they are shown, without those that are no longer public."""
    found = Content.objects.filter(pk__in=entries).select_related("entry", "entry__facets").in_bulk()
    contents = [found[entry] for entry in entries if entry in found]
    visible = _visible(contents)
    language = (get_language() or "de").partition("-")[0]
    hits = (_hit(one, groups, language) for one in contents if one.entry.key in visible[one.entry.subject])
    return [hit for hit in hits if hit.url]


def _visible(contents: Iterable[Content]) -> Mapping[str, set[str]]:
    keys: dict[str, list[str]] = defaultdict(list)
    for one in contents:
        keys[one.entry.subject].append(one.entry.key)
    visible: dict[str, set[str]] = {}
    for slug, wanted in keys.items():
        subject = get_subject(slug)
        visible[slug] = set(subject.visible(wanted)) if subject else set()
    return visible


def _hit(content: Content, groups: Sequence[Group], language: str) -> Hit:
    entry = content.entry
    title, of = in_language(content.title)
    if not title:
        title, of = content.title.get("", entry.key), ""
    piece, piece_language = snippet(content.text, language, groups)
    box = (entry.west, entry.south, entry.east, entry.north)
    return Hit(
        kind=entry.subject,
        key=entry.key,
        title=title,
        marked_title=marked(title, spans_of(title, of, groups)),
        language=of,
        url=_url(content.address),
        snippet=piece,
        snippet_language=piece_language,
        changed=None if entry.changed == NEVER else entry.changed,
        facets={name: tuple(codes) for name, codes in entry.facets.values.items()},
        bbox=None if entry.west is None else box,  # type: ignore[arg-type]  # all or none
    )


def _url(address: Mapping[str, Any]) -> str:
    """Return the address in the reader's language; empty if its page is no more."""
    if urls := address.get("urls"):
        return in_language(urls)[0] or next(iter(urls.values()))
    name, *arguments = address.get("route") or ("",)
    try:
        return f"{reverse(name, args=arguments)}{address.get('fragment', '')}"
    except NoReverseMatch:
        return ""
