"""The index follows what changes.

A change is noted as a row in the same transaction (`note`), so that none is lost. A few changes are written
right after the commit; more of them, and what could not be written, are left to the worker. `repair` finds
what nobody noted, such as rows written past the models.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete

from stadtkern.search import indexing, vocabulary
from stadtkern.search.backends import backend
from stadtkern.search.expressions import Group
from stadtkern.search.models import Change, Entry, FacetSet
from stadtkern.search.subjects import Subject, Watch, get_subject, subjects

logger = logging.getLogger(__name__)

AT_ONCE = 20
"""Changes that are written while somebody waits."""
MOST = 500
"""Changes that are written in one transaction."""


def watch(subject: Subject) -> None:
    """Note each change of a row that is part of a document of the subject."""
    for model, keys in subject.watches.items():
        name = f"search-{subject.slug}-{model._meta.label}"  # noqa: SLF001  # Django has no public name for it
        noting = partial(_changed, subject.slug, model, keys)
        for signal in (post_save, pre_delete, post_delete):
            signal.connect(noting, sender=model, dispatch_uid=name, weak=False)
        for field in model._meta.many_to_many:  # noqa: SLF001
            through = getattr(model, field.name).through
            m2m_changed.connect(noting, sender=through, dispatch_uid=f"{name}-{field.name}", weak=False)


def _changed(  # noqa: PLR0913  # what Django's signals say
    subject: str,
    model: type[Model],
    keys: Watch,
    /,  # signals have an argument `model` of their own
    *,
    instance: Any,  # noqa: ANN401
    action: str = "",
    raw: bool = False,
    pk_set: set[Any] | None = None,
    **_facts: Any,  # noqa: ANN401
) -> None:
    if raw or action.startswith("pre_"):
        return
    if isinstance(instance, model):
        note(subject, keys(instance))
    elif pk_set:  # the other side of a many-to-many relation
        for one in model._default_manager.filter(pk__in=pk_set):  # noqa: SLF001  # as Django's documents say
            note(subject, keys(one))


def note(subject: str, keys: Iterable[str]) -> None:
    """Note that documents are new, other or gone; they are made anew after the commit."""
    rows = [Change(subject=subject, key=key) for key in dict.fromkeys(keys)]
    if not rows:
        return
    Change.objects.bulk_create(rows, batch_size=MOST)
    # one catching up after the commit is enough for any number of changes
    if not any(entry[1] is catch_up for entry in connection.run_on_commit):
        transaction.on_commit(catch_up, robust=True)


def catch_up() -> None:
    """Write a few changes at once; what is more, and what goes wrong, is left to the worker."""
    try:
        process(AT_ONCE)
    except DatabaseError as error:
        logger.warning("the search index will be brought up to date later: %s", error)


def process(most: int = MOST) -> int:
    """Write noted changes; return how many were noted.

    A subject whose documents cannot be made keeps its changes, and does not hold up the others.
    """
    done = 0
    for slug in list(Change.objects.order_by().values_list("subject", flat=True).distinct()):
        subject = get_subject(slug)
        if subject is None:
            Change.objects.filter(subject=slug).delete()
            continue
        try:
            done += _process(subject, most)
        except DatabaseError:
            raise
        except Exception:  # a subject's own mistake, of whatever kind
            logger.exception("documents of %r cannot be made for the search", slug)
    return done


def _process(subject: Subject, most: int) -> int:
    with transaction.atomic():
        backend().lock()
        noted = dict(
            Change.objects.filter(subject=subject.slug).order_by("pk").values_list("pk", "key")[:most]
        )
        Change.objects.filter(pk__in=list(noted)).delete()
        keys = set(noted.values())
        documents = list(subject.documents(keys))
        indexing.write(subject, documents)
        indexing.remove(subject.slug, keys - {document.key for document in documents})
    return len(noted)


def work() -> None:
    """Bring the index up to date; an empty one is filled."""
    if not Entry.objects.exists():
        repair()
    while process():
        pass


def repair() -> dict[str, int]:
    """Compare all documents with the index and write what is not the same; return how many, by subject."""
    found = {subject.slug: _repair(subject) for subject in subjects()}
    for slug in Entry.objects.order_by().values_list("subject", flat=True).distinct():
        if slug not in found:
            found[slug] = indexing.remove(slug, _keys(slug))
    _resplit()
    with transaction.atomic():
        backend().lock()
        FacetSet.objects.filter(entries=None).delete()
    return found


def _repair(subject: Subject) -> int:
    left = _keys(subject.slug)
    written = 0
    for batch in indexing.in_batches(subject.documents(None)):
        written += indexing.write(subject, batch)
        left.difference_update(document.key for document in batch)
    # what came while we looked is no document that went: it is looked for once more
    there = {document.key for document in subject.documents(left)} if left else set()
    return written + indexing.remove(subject.slug, left - there)


def _keys(subject: str) -> set[str]:
    return set(Entry.objects.filter(subject=subject).values_list("key", flat=True))


def _resplit() -> None:
    """Write documents anew whose compounds are taken apart in another way, now that more words are known."""
    with transaction.atomic():
        backend().lock()
        words = vocabulary.resplit()
    keys: dict[str, set[str]] = defaultdict(set)
    for piece in vocabulary.chunks(words):
        for entry in _with_words(piece):
            keys[entry.subject].add(entry.key)
    for slug, wanted in keys.items():
        if subject := get_subject(slug):
            for piece in vocabulary.chunks(wanted):
                for batch in indexing.in_batches(subject.documents(piece)):
                    indexing.write(subject, batch, again=True)


def _with_words(words: list[str]) -> Iterable[Entry]:
    for first in range(0, len(words), 200):
        group = Group(written="", words=tuple(words[first : first + 200]))
        tables, condition, parameters = backend().source([group])
        yield from Entry.objects.raw(
            f"SELECT e.id, e.subject, e.key FROM {tables} WHERE {condition}",  # noqa: S608  # both ours
            parameters,
        )
