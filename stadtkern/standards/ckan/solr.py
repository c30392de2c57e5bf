"""CKAN's search language, which is that of Solr, as conditions on datasets.

Words, "phrases", `field:value`, AND OR NOT + - and parentheses, `wild*cards`, [ranges TO ...]; weights and
fuzziness are read and left aside. https://solr.apache.org/guide/solr/latest/query-guide/standard-query-parser.html
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast
from django.utils.dateparse import parse_date, parse_datetime

from stadtkern.base.clock import now
from stadtkern.catalogue.models import Dataset, DatasetQuerySet, Distribution, Keyword
from stadtkern.catalogue.vocabularies import FORMATS, format_of
from stadtkern.standards.ckan.errors import BadQuery

MOST_TOKENS, MOST_DEPTH = 200, 20
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<local>\{!)
    | (?P<range>[\[{]\s*(?P<low>"[^"]*"|[^\s\]}"]+)\s+TO\s+(?P<high>"[^"]*"|[^\s\]}"]+)\s*[\]}])
    | "(?P<phrase>(?:[^"\\]|\\.)*)"
    | (?P<mark>[()!+]|-(?=[^\s]))
    | (?P<field>[A-Za-z_][\w.-]*|\*):
    | (?P<word>(?:[^\s()":\[\]{}\\^~]|\\.)+)
    )(?:[\^~][\d.]*)?""",
    re.VERBOSE,
)
_NOW = re.compile(r"NOW(?:/[A-Z]+)?(?:([+-])(\d{1,6})(SECOND|MINUTE|HOUR|DAY|MONTH|YEAR)S?)?(?:/[A-Z]+)?\Z")
_SPANS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "MONTH": 30 * 86400, "YEAR": 365 * 86400}
ANYTHING, NOTHING = Q(pk__isnull=False), Q(pk__isnull=True)
_LANGUAGES = ("de", "pl", "en", "dsb")
Match = tuple[str, str]
"""How to compare (`iexact`, `istartswith`, `icontains`) and with what."""


def prepared(datasets: DatasetQuerySet) -> DatasetQuerySet:
    """Return the datasets with lists of codes as text, to which conditions refer on both databases."""
    return datasets.annotate(_themes=Cast("themes", TextField()), _hvd=Cast("hvd_categories", TextField()))


def condition(text: str) -> Q:
    """Return the condition that a search means; an empty one fits everything.

    Raises
    ------
    BadQuery
        if it cannot be understood.
    """
    if not text.strip():
        return ANYTHING
    parser = _Parser(_tokens(text))
    found = parser.either("", 0)
    if not parser.is_done:
        raise BadQuery("Query contains an unmatched parenthesis")
    return found


def _tokens(text: str) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match["local"] is not None:
            raise BadQuery(f"Query cannot be read from character {at + 1} on")
        found.append(match)
        at = match.end()
        if len(found) > MOST_TOKENS:
            raise BadQuery("Query is too long")
    return found


class _Parser:
    """Reads the words of a search from left to right."""

    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def is_done(self) -> bool:
        """Whether all was read."""
        return self.at >= len(self.tokens)

    def _word(self) -> str:
        """Return the next word, or an empty text."""
        return "" if self.is_done else (self.tokens[self.at]["word"] or self.tokens[self.at]["mark"] or "")

    def either(self, field: str, depth: int) -> Q:
        """Read parts with OR between them."""
        if depth > MOST_DEPTH:
            raise BadQuery("Query is nested too deeply")
        found = self._all(field, depth)
        while self._word() in {"OR", "||"}:
            self.at += 1
            found |= self._all(field, depth)
        return found

    def _all(self, field: str, depth: int) -> Q:
        """Read parts that have all to be fulfilled, with or without AND between them."""
        found = self._part(field, depth)
        while not self.is_done and self._word() not in {"OR", "||", ")"}:
            if self._word() in {"AND", "&&"}:
                self.at += 1
            found &= self._part(field, depth)
        return found

    def _part(self, field: str, depth: int) -> Q:
        if self.is_done or self._word() in {"AND", "OR", "&&", "||", ")"}:
            raise BadQuery("Query lacks a word")
        token = self.tokens[self.at]
        self.at += 1
        if token["word"] == "NOT" or token["mark"] in {"-", "!"}:
            return ~self._part(field, depth + 1) if depth < MOST_DEPTH else NOTHING
        if token["mark"] == "+":
            return self._part(field, depth + 1) if depth < MOST_DEPTH else NOTHING
        if token["mark"] == "(":
            found = self.either(field, depth + 1)
            if self._word() != ")":
                raise BadQuery("Query contains an unmatched parenthesis")
            self.at += 1
            return found
        if token["field"] is not None:
            return self._part(token["field"], depth + 1) if depth < MOST_DEPTH else NOTHING
        return _value(field, token)


def _value(field: str, token: re.Match[str]) -> Q:
    """Return the condition of one value of one field."""
    if token["range"] is not None:
        return _between(field, token)
    if token["phrase"] is not None:
        text = re.sub(r"\\(.)", r"\1", token["phrase"])
        return _field(field, (_exact(field), text))
    return _field(field, wildcard(token["word"], _exact(field)))


def _exact(field: str) -> str:
    """Return how words are compared in a field: in texts they occur, in names they are all there is."""
    return "icontains" if field in {"", "text", "title", "notes", "author", "extras_title"} else "iexact"


def wildcard(word: str, otherwise: str) -> Match:
    """Return how a word with stars is compared."""
    inner = word.strip("*")
    plain = re.sub(r"\\(.)", r"\1", inner)
    if not inner.strip("?"):
        return "any", ""
    if word.startswith("*") or "*" in inner or "?" in inner:
        return "icontains", plain.replace("?", "").split("*")[0]
    return ("istartswith" if word.endswith("*") and otherwise == "iexact" else otherwise), plain


def _field(field: str, match: Match) -> Q:
    how, text = match
    if field == "*" or (how == "any" and field in {"", "text"}):
        return ANYTHING
    if field in _CONSTANT:
        return ANYTHING if how == "any" or text.lower() in _CONSTANT[field] else NOTHING
    make = _FIELDS.get(field)
    return NOTHING if make is None else make(how, text)


def _texts(*names: str) -> Callable[[str, str], Q]:
    def made(how: str, text: str) -> Q:
        if how == "any":
            return ANYTHING
        found = NOTHING
        for name in names:
            for language in _LANGUAGES:
                found |= Q(**{f"{name}__{language}__{how}": text})
        return found

    return made


def _tags(how: str, text: str) -> Q:
    words = Keyword.objects.all() if how == "any" else Keyword.objects.filter(**{f"word__{how}": text})
    return Q(pk__in=Dataset.keywords.through.objects.filter(keyword__in=words).values("dataset"))


def _anywhere(how: str, text: str) -> Q:
    texts = _texts("title", "summary", "description")(how, text)
    return texts | _tags(how, text) | Q(slug__icontains=text)


def _column(name: str) -> Callable[[str, str], Q]:
    return lambda how, text: ~Q(**{name: ""}) if how == "any" else Q(**{f"{name}__{how}": text})


def _codes(name: str) -> Callable[[str, str], Q]:
    def made(how: str, text: str) -> Q:
        return ~Q(**{name: "[]"}) if how == "any" else Q(**{f"{name}__icontains": f'"{text}"'})

    return made


def _formats(how: str, text: str) -> Q:
    own = Distribution.objects.filter(dataset=OuterRef("pk"), is_live=True)
    if how == "any":
        return Q(Exists(own.exclude(format="")))
    facts = format_of(text) or next(
        (one for one in FORMATS.values() if one.title.lower() == text.lower()), None
    )
    tables = (
        Q(Exists(own.filter(versions__is_current=True))) if facts and facts.code in _OF_TABLES else NOTHING
    )
    return Q(Exists(own.filter(format=facts.code if facts else text))) | tables


_OF_TABLES = frozenset({"CSV", "JSON", "XLSX", "PARQUET"})
"""Formats in which every table of ours can be had."""


def _licences(how: str, text: str) -> Q:
    own = Distribution.objects.filter(dataset=OuterRef("pk"), is_live=True)
    if how == "any":
        return ANYTHING
    default = Q(**{f"profile__licence__{how}": text}) & (Q(Exists(own.filter(licence=""))) | ~Q(Exists(own)))
    return Q(Exists(own.filter(**{f"licence__{how}": text}))) | default


_CONSTANT = {
    "state": {"active"},
    "type": {"dataset"},
    "dataset_type": {"dataset"},
    "entity_type": {"package"},
    "capacity": {"public"},
    "private": {"false"},
}
"""What is the same for everything that is listed."""
_FIELDS: dict[str, Callable[[str, str], Q]] = {
    "": _anywhere,
    "text": _anywhere,
    "title": _texts("title"),
    "notes": _texts("description"),
    "name": _column("slug"),
    "id": _column("slug"),
    "organization": _column("publisher__slug"),
    "owner_org": _column("publisher__slug"),
    "author": _texts("publisher__name"),
    "groups": _codes("_themes"),
    "theme": _codes("_themes"),
    "hvd_category": _codes("_hvd"),
    "tags": _tags,
    "res_format": _formats,
    "license_id": _licences,
    "frequency": _column("frequency"),
    "identifier": _column("identifier"),
    "extras_identifier": _column("identifier"),
}
_TIMES = {
    "metadata_modified": "changed_at",
    "metadata_created": "created_at",
    "modified": "modified",
    "issued": "issued",
}


def _between(field: str, token: re.Match[str]) -> Q:
    name = _TIMES.get(field)
    if name is None:
        return NOTHING
    found = ANYTHING
    opened, closed = token["range"].strip()[0], token["range"].strip()[-1]
    for bound, compare in (
        (token["low"], "gte" if opened == "[" else "gt"),
        (token["high"], "lte" if closed == "]" else "lt"),
    ):
        if bound.strip('"') != "*":
            found &= Q(**{f"{name}__{compare}": _time(bound.strip('"'))})
    return found


def _time(text: str) -> datetime:
    match = _NOW.match(text)
    try:
        if match is not None:
            sign, count, unit = match.groups()
            span = timedelta(seconds=int(count) * _SPANS[unit]) if count else timedelta()
            return now() - span if sign == "-" else now() + span
        time = parse_datetime(text)
        if time is None and (day := parse_date(text)) is not None:
            time = datetime(day.year, day.month, day.day, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuery(f"Invalid Date String:'{text[:40]}'") from error
    if time is None:
        raise BadQuery(f"Invalid Date String:'{text[:40]}'")
    return time if time.tzinfo else time.replace(tzinfo=UTC)
