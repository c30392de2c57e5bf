"""The list of datasets: what was asked, what fits, and how many more steps would narrow it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, TextField, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from stadtkern.catalogue.models import Agent, Dataset, DatasetQuerySet, DatasetSeries, Distribution, Keyword
from stadtkern.catalogue.search import SUBJECT
from stadtkern.catalogue.vocabularies import FORMATS, HVD_CATEGORIES, THEMES
from stadtkern.contracts.option import Label
from stadtkern.governance.licences import licence
from stadtkern.search.queries import Hit, SearchQuery
from stadtkern.search.services import search

MOST_ENTRIES = 12
"""Values of one facet that are offered; the commonest first."""
ANY_HVD = "yes"
MOST_HITS = 200
"""Datasets that words find, the best first."""
ORDERS: Mapping[str, tuple[Label, tuple[object, ...]]] = {
    "newest": (
        pgettext_lazy("order", "newest change first"),
        (F("modified").desc(nulls_last=True), F("slug").asc()),
    ),
    "oldest": (
        pgettext_lazy("order", "oldest change first"),
        (F("modified").asc(nulls_last=True), F("slug").asc()),
    ),
    "name": (pgettext_lazy("order", "by name"), (F("slug").asc(),)),
    "issued": (
        pgettext_lazy("order", "newly published first"),
        (F("issued").desc(nulls_last=True), F("slug").asc()),
    ),
}
TITLES: Mapping[str, Label] = {
    "theme": gettext_lazy("Theme"),
    "publisher": gettext_lazy("Publisher"),
    "format": gettext_lazy("Format"),
    "licence": gettext_lazy("Licence"),
    "keyword": gettext_lazy("Keyword"),
    "hvd": gettext_lazy("High-value data (EU)"),
    "series": pgettext_lazy("of datasets", "Series"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader of the list looks for."""

    text: str = ""
    order: str = ""
    """Empty: what fits best, or the newest where no words are given."""
    facets: tuple[tuple[str, str], ...] = ()
    """Name of a facet and the value chosen."""

    def value(self, facet: str) -> str:
        """Return the value chosen for a facet; empty: none."""
        return dict(self.facets).get(facet, "")

    def with_facet(self, facet: str, value: str) -> "Asked":
        """Return the same with another value of a facet; empty: without it."""
        others = tuple(pair for pair in self.facets if pair[0] != facet)
        return replace(self, facets=(*others, (facet, value)) if value else others)

    def address(self) -> str:
        """Return the query of the address of this list."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [*self.facets]
        if self.order:
            pairs.append(("order", self.order))
        return f"?{urlencode(pairs)}" if pairs else "?"

    @property
    def is_narrowed(self) -> bool:
        """Whether not all datasets are asked for."""
        return bool(self.text or self.facets)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: how many datasets of the list have it, and where it leads."""

    title: str
    count: int
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to narrow the list."""

    name: str
    title: str
    choices: Sequence[Choice]

    @property
    def is_chosen(self) -> bool:
        """Whether one of its values narrows the list now."""
        return any(choice.is_chosen for choice in self.choices)


def asked(parameters: Mapping[str, str]) -> Asked:
    """Return what the query of an address asks for; what is not known is passed over."""
    clean = {name: value.replace("\0", "").strip()[:200] for name, value in parameters.items()}
    facets = tuple((name, clean[name]) for name in TITLES if clean.get(name))
    order = clean.get("order", "")
    return Asked(clean.get("q", ""), order if order in ORDERS else "", facets)


def fitting(visible: DatasetQuerySet, wanted: Asked) -> DatasetQuerySet:
    """Return the datasets that fit, in the order asked for."""
    found = visible.annotate(_themes=Cast("themes", TextField()), _hvd=Cast("hvd_categories", TextField()))
    for facet, value in wanted.facets:
        found = found.filter(_condition(facet, value))
    if not wanted.text:
        return found.order_by(*ORDERS[wanted.order or "newest"][1])
    ranks = {int(hit.key): number for number, hit in enumerate(_hits(wanted.text))}
    found = found.filter(_spelled(wanted.text) | Q(pk__in=list(ranks)))
    if wanted.order:
        return found.order_by(*ORDERS[wanted.order][1])
    rank = Case(*(When(pk=key, then=number) for key, number in ranks.items()), default=len(ranks))
    return found.order_by(rank, "slug")  # type: ignore[arg-type]  # Django takes expressions


def _hits(text: str) -> Sequence[Hit]:
    """Return what the index of the town finds: other forms of words, parts of compounds, small mistakes."""
    return search(SearchQuery(text=text, kinds=(SUBJECT.slug,), size=MOST_HITS)).hits


def _spelled(text: str) -> Q:
    """Return whether all words occur as they are written; what is not public stands in no index."""
    condition = Q()
    for word in text.split()[:8]:
        condition &= _contains(word)
    return condition


def _condition(facet: str, value: str) -> Q:  # noqa: PLR0911  # one for each facet
    """Return the condition of one facet; on text where JSON lists differ between the databases."""
    if facet == "theme":
        return Q(_themes__contains=f'"{value}"')
    if facet == "hvd":
        return ~Q(_hvd="[]") if value == ANY_HVD else Q(_hvd__contains=f'"{value}"')
    if facet == "publisher":
        return Q(publisher__slug=value)
    if facet == "series":
        return Q(series__slug=value)
    if facet == "keyword":
        return Q(pk__in=Dataset.keywords.through.objects.filter(keyword__slug=value).values("dataset"))
    own = Distribution.objects.filter(dataset=OuterRef("pk"))
    if facet == "format":
        return Q(Exists(own.filter(format=value)))
    named = Q(Exists(own.filter(licence=value)))
    return named | Q(profile__licence=value) & (Q(Exists(own.filter(licence=""))) | ~Q(Exists(own)))


def _contains(word: str) -> Q:
    """Return whether a word stands in what a dataset says of itself, in any language."""
    texts = Q()
    for name in ("title", "summary", "description"):
        for language in ("de", "pl", "en", "dsb"):
            texts |= Q(**{f"{name}__{language}__icontains": word})
    keywords = Keyword.objects.filter(word__icontains=word)
    tagged = Dataset.keywords.through.objects.filter(keyword__in=keywords).values("dataset")
    return texts | Q(pk__in=tagged) | Q(slug__icontains=word)


def facets(found: DatasetQuerySet, wanted: Asked) -> list[Facet]:
    """Return the ways to narrow the list further; eight queries."""
    rows = Dataset.objects.filter(pk__in=found.order_by().values("pk")).order_by()
    counted = {
        **_codes(rows),
        "publisher": _by(rows, "publisher"),
        "format": _formats(rows),
        "licence": _licences(rows),
        "keyword": _keywords(rows),
        "series": _by(rows.exclude(series=None), "series"),
    }
    made = [_facet(name, counted[name], wanted) for name in TITLES]
    return [facet for facet in made if facet.choices]


def _facet(name: str, counted: Sequence[tuple[str, str, int]], wanted: Asked) -> Facet:
    chosen = wanted.value(name)
    choices = []
    for value, title, count in sorted(
        counted, key=lambda one: (one[0] != chosen, -one[2], one[1].casefold())
    ):
        is_chosen = value == chosen
        address = wanted.with_facet(name, "" if is_chosen else value).address()
        choices.append(Choice(title, count, address, is_chosen))
    return Facet(name, str(TITLES[name]), choices[:MOST_ENTRIES])


def _codes(rows: QuerySet[Dataset]) -> dict[str, list[tuple[str, str, int]]]:
    """Return how many have each theme and each category of high-value data, in one query."""
    texts = rows.annotate(_t=Cast("themes", TextField()), _h=Cast("hvd_categories", TextField()))
    wanted = {f"t_{code}": Count("pk", filter=Q(_t__contains=f'"{code}"')) for code in THEMES}
    wanted |= {f"h_{code}": Count("pk", filter=Q(_h__contains=f'"{code}"')) for code in HVD_CATEGORIES}
    wanted["any"] = Count("pk", filter=~Q(_h="[]"))
    counts = texts.aggregate(**wanted)
    themes = [(code, str(one.title), counts[f"t_{code}"]) for code, one in THEMES.items()]
    hvd = [(code, str(one.title), counts[f"h_{code}"]) for code, one in HVD_CATEGORIES.items()]
    hvd.append((ANY_HVD, _("any category"), counts["any"]))
    return {"theme": [one for one in themes if one[2]], "hvd": [one for one in hvd if one[2]]}


def _by(rows: QuerySet[Dataset], field: str) -> list[tuple[str, str, int]]:
    counts = dict(rows.values_list(field).annotate(count=Count("pk")).order_by("-count")[:MOST_ENTRIES])
    model: type[Agent | DatasetSeries] = Agent if field == "publisher" else DatasetSeries
    return [(one.slug, str(one), counts[one.pk]) for one in model.objects.filter(pk__in=list(counts))]


def _formats(rows: QuerySet[Dataset]) -> list[tuple[str, str, int]]:
    own = Distribution.objects.filter(dataset__in=rows.values("pk")).exclude(format="")
    counts = own.order_by().values_list("format").annotate(count=Count("dataset", distinct=True))
    return [(code, FORMATS[code].title if code in FORMATS else code, count) for code, count in counts]


def _licences(rows: QuerySet[Dataset]) -> list[tuple[str, str, int]]:
    """Return licences with their counts: that of a distribution counts before that of the profile."""
    stated = rows.values_list("distributions__licence", "profile__licence")
    found: dict[str, int] = {}
    for own, profile, count in stated.annotate(count=Count("pk", distinct=True)):
        code = own or profile
        found[code] = found.get(code, 0) + count
    return [(code, licence(code).title, count) for code, count in found.items() if code]


def _keywords(rows: QuerySet[Dataset]) -> list[tuple[str, str, int]]:
    links = Dataset.keywords.through.objects.filter(dataset__in=rows.values("pk"))
    counts = links.values_list("keyword__slug", "keyword__word", Count("dataset", distinct=True))
    found = [(str(slug), str(word), int(count)) for slug, word, count in counts]
    return sorted(found, key=lambda one: (-one[2], one[1]))[:MOST_ENTRIES]


def formats_of(datasets: Iterable[Dataset]) -> dict[int, list[str]]:
    """Return the formats in which each of some datasets can be had, in one query."""
    keys = [one.pk for one in datasets]
    rows = Distribution.objects.filter(dataset__in=keys, is_live=True).exclude(format="")
    found: dict[int, list[str]] = {key: [] for key in keys}
    for key, code in rows.order_by("position", "pk").values_list("dataset", "format"):
        title = FORMATS[code].title if code in FORMATS else code
        if title not in found[key]:
            found[key].append(title)
    return found
