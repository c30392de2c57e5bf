"""Documents into the index and out of it."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from operator import itemgetter

from django.db import transaction

from stadtkern.search import vocabulary
from stadtkern.search.backends import backend
from stadtkern.search.models import Content, Entry, FacetSet
from stadtkern.search.subjects import Document, Subject, Texts
from stadtkern.search.texts import Occurring, Parts, indexed, occurring
from stadtkern.search.words import words_of

BATCH = 500
FORM = 1
"""Counted up when the same document gives another text than before: then everything is written anew."""
MOST_TEXT = 20_000
"""Letters of each text that are kept to be shown."""
MONTHS_TO_WEIGHT = 12
NEVER = datetime(1900, 1, 1, tzinfo=UTC)
"""When what has no date was changed: it comes last."""
START = datetime(2000, 1, 1, tzinfo=UTC)


def in_batches(documents: Iterable[Document], size: int = BATCH) -> Iterator[list[Document]]:
    """Return documents in lists."""
    rest = iter(documents)
    while batch := list(islice(rest, size)):
        yield batch


def write(subject: Subject, documents: Sequence[Document], *, again: bool = False) -> int:
    """Write documents that are new or no longer the same; return how many.

    Parameters
    ----------
    again
        whether also those are written that are the same, since words are taken apart in another way.
    """
    unique = {document.key: document for document in documents}
    with transaction.atomic():
        backend().lock()
        before = _before(subject, unique)
        digests = {key: digest_of(document) for key, document in unique.items()}
        fresh = [
            document
            for key, document in unique.items()
            if again or key not in before or before[key].digest != digests[key]
        ]
        if fresh:
            _write(subject, fresh, before, digests)
    return len(fresh)


def remove(subject: str, keys: Collection[str]) -> int:
    """Take documents out of the index; return how many there were."""
    removed = 0
    for piece in vocabulary.chunks(keys):
        with transaction.atomic():
            backend().lock()
            found = Content.objects.filter(entry__subject=subject, entry__key__in=piece)
            rows = dict(found.values_list("entry", "words"))
            changes: Counter[str] = Counter()
            for words in rows.values():
                changes.subtract(words.split())
            vocabulary.change(changes, {})
            backend().remove(rows)
            Entry.objects.filter(pk__in=rows).delete()
            removed += len(rows)
    return removed


def digest_of(document: Document) -> str:
    """Return what is equal as long as the document is the same."""
    text = json.dumps([FORM, asdict(document)], default=str, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _before(subject: Subject, keys: Iterable[str]) -> dict[str, Content]:
    found = Content.objects.filter(entry__subject=subject.slug, entry__key__in=list(keys))
    return {one.entry.key: one for one in found.select_related("entry").defer("text", "title", "keywords")}


def _write(
    subject: Subject, documents: Sequence[Document], before: dict[str, Content], digests: dict[str, str]
) -> None:
    words = {document.key: occurring(document) for document in documents}
    changes: Counter[str] = Counter()
    seen: dict[str, Occurring] = {}
    for key, found in words.items():
        changes.update(vocabulary.difference(before[key].words.split() if key in before else (), found))
        for word, facts in found.items():
            if word not in seen or facts.is_german:
                seen[word] = facts
    parts: Parts = vocabulary.change(changes, seen)
    numbers = _entries(subject, documents)
    contents = [
        _content(numbers[document.key], document, sorted(words[document.key]), digests[document.key])
        for document in documents
    ]
    Content.objects.bulk_create(
        contents,
        update_conflicts=True,
        unique_fields=["entry"],
        update_fields=["title", "keywords", "text", "address", "words", "use", "digest"],
    )
    backend().write((numbers[document.key], indexed(document, parts)) for document in documents)


def _entries(subject: Subject, documents: Sequence[Document]) -> dict[str, int]:
    """Write the narrow rows; return their numbers by key."""
    sets = {document.key: _facets(subject, document) for document in documents}
    found = dict(sets.values())
    FacetSet.objects.bulk_create(
        [FacetSet(id=number, values=values) for number, values in sorted(found.items(), key=itemgetter(0))],
        ignore_conflicts=True,
    )
    entries = [_entry(subject, document, sets[document.key][0]) for document in documents]
    Entry.objects.bulk_create(
        entries,
        update_conflicts=True,
        unique_fields=["subject", "key"],
        update_fields=["facets", "weight", "name", "changed", "west", "south", "east", "north"],
    )
    keys = [document.key for document in documents]
    return dict(Entry.objects.filter(subject=subject.slug, key__in=keys).values_list("key", "pk"))


def _entry(subject: Subject, document: Document, facets: int) -> Entry:
    west, south, east, north = document.bbox or (None, None, None, None)
    title = document.title.get("de") or next(iter(document.title.values()), "")
    return Entry(
        subject=subject.slug,
        key=document.key,
        facets_id=facets,
        weight=weight_of(subject, document),
        name=" ".join(folded for folded, _written in words_of(title))[:80],
        changed=document.changed or NEVER,
        west=west,
        south=south,
        east=east,
        north=north,
    )


def _content(number: int, document: Document, words: Sequence[str], digest: str) -> Content:
    address = {"route": document.route, "fragment": document.fragment, "urls": document.urls}
    return Content(
        entry_id=number,
        title=_clean(document.title),
        keywords=_clean(document.keywords),
        text={language: text[:MOST_TEXT] for language, text in _clean(document.text).items()},
        address={name: value for name, value in address.items() if value},
        words=" ".join(words),
        use=document.use,
        digest=digest,
    )


def _clean(texts: Texts) -> dict[str, str]:
    """Return texts without what PostgreSQL cannot keep."""
    return {language: text.replace("\0", " ") for language, text in texts.items() if text}


def _facets(subject: Subject, document: Document) -> tuple[int, dict[str, list[str]]]:
    """Return the number and the values of the set of facets of a document."""
    values = {name: sorted({code for code in codes if code}) for name, codes in document.facets.items()}
    values = {"kind": [subject.slug]} | {name: codes for name, codes in sorted(values.items()) if codes}
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1, values


def weight_of(subject: Subject, document: Document) -> float:
    """Return how new and how much used a document is; time need not pass to keep it right."""
    months = (document.changed - START).days / 30.4 if document.changed else 0.0
    return subject.weight * 10 + max(0.0, months) / MONTHS_TO_WEIGHT + 2 * math.log10(1 + document.use)
