"""The words of all documents: counted, compared, taken apart."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from django.db import connection
from django.db.models import F
from rapidfuzz.distance import OSA

from stadtkern.search.backends import backend
from stadtkern.search.compounds import Splitter, pieces
from stadtkern.search.models import Trigram, Word
from stadtkern.search.texts import Occurring, Parts

CHUNK = 5000
MANY = 300
"""New words from which on it is faster to read the whole vocabulary than to ask for their pieces."""
DIVIDER = "/"
"""In `Word.parts` between the parts and the parts of these."""
SHORTEST_ALIKE = 4
"""Letters of a word that may be a typing error."""
TWO_ERRORS = 8
"""Letters from which on two errors are likely."""
LETTERS_HIT = 4
"""Trigrams that one error can change at most (two letters swapped)."""
MOST_ALIKE = 100


def chunks(words: Collection[str]) -> Iterator[list[str]]:
    """Return words in pieces that a query can take."""
    ordered = sorted(words)
    return (ordered[first : first + CHUNK] for first in range(0, len(ordered), CHUNK))


def known(words: Collection[str]) -> dict[str, Word]:
    """Return those words that occur in documents."""
    return {word.word: word for piece in chunks(words) for word in Word.objects.filter(word__in=piece)}


def change(changes: Mapping[str, int], seen: Mapping[str, Occurring]) -> Parts:
    """Count words up and down, and return the parts of all German compounds that were seen.

    Parameters
    ----------
    changes
        by how many documents more, or less, a word occurs in.
    seen
        the words of the new documents.
    """
    there = known({*changes, *seen})
    fresh = {word: facts for word, facts in seen.items() if word not in there}
    turned = {
        word for word, facts in seen.items() if word in there and facts.is_german > there[word].is_german
    }
    parts = _split_all({word for word, facts in fresh.items() if facts.is_german} | turned)
    _add(fresh, changes, parts)
    _count({word: by for word, by in changes.items() if word in there and by}, there)
    for word in turned:
        Word.objects.filter(word=word).update(is_german=True, parts=_joined(parts.get(word)))
    told = {name: parts_of(word) for name, word in there.items() if word.parts and name not in turned}
    return told | {word: tuple(dict.fromkeys([*first, *deeper])) for word, (first, deeper) in parts.items()}


def parts_of(word: Word) -> tuple[str, ...]:
    """Return all parts of a word."""
    return tuple(dict.fromkeys(word.parts.replace(DIVIDER, " ").split()))


def first_parts_of(word: Word) -> tuple[str, ...]:
    """Return the parts a word is made of directly."""
    return tuple(word.parts.partition(DIVIDER)[0].split())


def split_unknown(word: str) -> tuple[str, ...]:
    """Return the parts of a word that occurs in no document."""
    return _split_all({word}).get(word, ((), ()))[0]


def resplit() -> set[str]:
    """Take all German words apart anew, by the vocabulary as it is now; return those with other parts."""
    words = {word.word: word for word in Word.objects.filter(is_german=True)}
    splitter = Splitter(words.keys())
    changed = []
    for name, word in words.items():
        parts = _joined((splitter.split(name), splitter.every(name)))
        if parts != word.parts:
            word.parts = parts
            changed.append(word)
    Word.objects.bulk_update(changed, ["parts"], batch_size=CHUNK)
    return {word.word for word in changed}


def alike(word: str) -> list[Word]:
    """Return the words that somebody may have meant, most likely first: few errors, then many documents."""
    if len(word) < SHORTEST_ALIKE or not word.isalpha():
        return []
    errors = 2 if len(word) >= TWO_ERRORS else 1
    grams = trigrams(word)
    places = ", ".join(["%s"] * len(grams))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT word_id FROM search_trigram WHERE trigram IN ({places}) AND length BETWEEN %s AND %s"  # noqa: S608
            " GROUP BY word_id HAVING count(*) >= %s ORDER BY count(*) DESC, word_id LIMIT %s",
            [*grams, len(word) - errors, len(word) + errors,
             max(1, len(grams) - LETTERS_HIT * errors), MOST_ALIKE],
        )  # fmt: skip
        found = [row[0] for row in cursor.fetchall()]
    ranked = [
        (distance, -other.documents, other.word, other)
        for other in Word.objects.filter(word__in=found)
        if 0 < (distance := OSA.distance(word, other.word, score_cutoff=errors)) <= errors
    ]
    return [other for *_rank, other in sorted(ranked, key=lambda one: one[:3])]


def beginning_with(start: str, most: int) -> list[Word]:
    """Return the words that begin so, those in most documents first."""
    after = start + "{"  # the letter behind "z"
    return list(Word.objects.filter(word__gte=start, word__lt=after).order_by("-documents", "word")[:most])


def trigrams(word: str) -> list[str]:
    """Return the trigrams of a word; its beginning counts more than its end.

    >>> trigrams("tor")
    ['  t', ' to', 'or ', 'tor']
    """
    padded = f"  {word} "
    return sorted({padded[place : place + 3] for place in range(len(padded) - 2)})


def _joined(parts: tuple[Iterable[str], Iterable[str]] | None) -> str:
    if not parts or not (first := list(parts[0])):
        return ""
    deeper = [part for part in parts[1] if part not in first]
    text = " ".join(first) + (f" {DIVIDER} {' '.join(deeper)}" if deeper else "")
    return text if len(text) <= 200 else " ".join(first)[:200].rpartition(" ")[0]  # noqa: PLR2004  # the column


def _split_all(words: Collection[str]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the parts, and all parts of parts, of those of the words that are compounds."""
    if not words:
        return {}
    german = Word.objects.filter(is_german=True).values_list("word", flat=True)
    if len(words) > MANY:
        vocabulary = set(german)
    else:
        wanted = {piece for word in words for piece in pieces(word)}
        vocabulary = {word for piece in chunks(wanted) for word in german.filter(word__in=piece)}
    splitter = Splitter(vocabulary | set(words))
    found = ((word, splitter.split(word)) for word in words)
    return {word: (first, splitter.every(word)) for word, first in found if first}


def _add(
    fresh: Mapping[str, Occurring],
    changes: Mapping[str, int],
    parts: Mapping[str, tuple[Iterable[str], Iterable[str]]],
) -> None:
    words = [
        Word(word=word, written=facts.written, documents=max(1, changes[word]), is_german=facts.is_german,
             parts=_joined(parts.get(word)))
        for word, facts in sorted(fresh.items())
    ]  # fmt: skip
    Word.objects.bulk_create(words, batch_size=CHUNK)
    grams = [
        (word, gram, len(word))
        for word in sorted(fresh)
        if word.isalpha() and len(word) >= SHORTEST_ALIKE - 1
        for gram in trigrams(word)
    ]
    backend().add_trigrams(grams)


def _count(changes: Mapping[str, int], there: Mapping[str, Word]) -> None:
    gone = {word for word, by in changes.items() if there[word].documents + by <= 0}
    by_change: dict[int, list[str]] = defaultdict(list)
    for word, by in changes.items():
        if word not in gone:
            by_change[by].append(word)
    for by, words in by_change.items():
        for piece in chunks(words):
            Word.objects.filter(word__in=piece).update(documents=F("documents") + by)
    for piece in chunks(gone):
        Trigram.objects.filter(word__in=piece).delete()
        Word.objects.filter(word__in=piece).delete()


def difference(before: Iterable[str], after: Iterable[str]) -> Counter[str]:
    """Return by how many documents the words of one document occur more or less."""
    found = Counter(list(after))
    found.subtract(list(before))
    return found
