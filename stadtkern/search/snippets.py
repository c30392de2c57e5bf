"""The piece of a text that shows why it was found, with what fits marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from stadtkern.search.expressions import Group
from stadtkern.search.matching import fit
from stadtkern.search.words import WORD, fold
from stadtkern.web.fields import FALLBACK

LETTERS = 200
"""Length of a piece."""
BEFORE = 60
"""Letters in front of the first word that fits."""
MOST_LETTERS = 3000
"""Letters of a text that are looked through."""


@dataclass(frozen=True, slots=True)
class Span:
    """A word that fits: from, to, and which word of the question it fits."""

    start: int
    end: int
    group: int


def spans_of(text: str, language: str, groups: Sequence[Group]) -> list[Span]:
    """Return the words of a text that fit."""
    found = []
    for match in WORD.finditer(text):
        written = match.group().lower()
        folded = fold(written)
        number = next(
            (n for n, group in enumerate(groups) if folded and fit(group, folded, written, language)), None
        )
        if number is not None:
            found.append(Span(match.start(), match.end(), number))
    return found


def marked(text: str, spans: Sequence[Span], start: int = 0, end: int | None = None) -> SafeString:
    """Return a piece of a text with spans in `<mark>`; everything else is escaped."""
    end = len(text) if end is None else end
    parts, place = [], start
    for span in spans:
        if span.start >= place and span.end <= end:
            parts += [
                escape(text[place : span.start]),
                "<mark>",
                escape(text[span.start : span.end]),
                "</mark>",
            ]
            place = span.end
    return mark_safe("".join([*parts, escape(text[place:end])]))  # noqa: S308  # each piece is escaped


def snippet(texts: Mapping[str, str], language: str, groups: Sequence[Group]) -> tuple[SafeString, str]:
    """Return the best piece and its language: the reader's own if anything of it fits."""
    order = [code for code in dict.fromkeys([language, *FALLBACK, *texts]) if texts.get(code)]
    for code in order:
        text = " ".join(texts[code][:MOST_LETTERS].split())
        if spans := spans_of(text, code, groups):
            return _piece(text, spans), code
    if not order:
        return SafeString(""), ""
    text = " ".join(texts[order[0]][:MOST_LETTERS].split())
    return _cut(text, 0, []), order[0]


def _piece(text: str, spans: Sequence[Span]) -> SafeString:
    """Return the piece in which most words of the question occur."""

    def value(span: Span) -> int:
        return len(
            {other.group for other in spans if span.start <= other.start <= span.start + LETTERS - BEFORE}
        )

    first = max(spans, key=lambda span: (value(span), -span.start))
    start = max(0, first.start - BEFORE)
    if start:
        start = text.find(" ", start, first.start) + 1 or first.start
    return _cut(text, start, spans)


def _cut(text: str, start: int, spans: Sequence[Span]) -> SafeString:
    end = min(len(text), start + LETTERS)
    if end < len(text):
        end = text.rfind(" ", start + LETTERS // 2, end) if " " in text[start + LETTERS // 2 : end] else end
    inside = marked(text, [span for span in spans if span.start >= start], start, end)
    before, after = "… " if start else "", " …" if end < len(text) else ""
    return mark_safe(f"{before}{inside}{after}")  # noqa: S308  # escaped by `marked`
