"""Datasets in the search, with the names of their columns and, where everybody may read them, some values."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.models import Agent, Dataset, DatasetSeries, Distribution, Keyword, Version
from stadtkern.catalogue.vocabularies import FORMATS, THEMES
from stadtkern.governance.models import DataProfile
from stadtkern.places.models import Area
from stadtkern.search import changes
from stadtkern.search.subjects import BBox, Document, Subject

BATCH = 500
MOST_YEARS = 200
"""Years of a dataset that can be chosen."""
MOST_VALUES = 200
"""Values of a table that it can be found by."""


def documents(keys: Collection[str] | None) -> Iterator[Document]:
    """Return public datasets."""
    datasets = Dataset.objects.public().select_related("publisher", "profile", "area", "series")
    datasets = datasets.prefetch_related("keywords", Prefetch("distributions", _distributions()))
    if keys is not None:
        datasets = datasets.filter(pk__in=list(keys))
    for dataset in datasets.order_by("pk").iterator(BATCH):
        yield _document(dataset)


def _distributions() -> QuerySet[Distribution]:
    current = Version.objects.filter(is_current=True).only("distribution", "table_schema", "number")
    return Distribution.objects.filter(is_live=True).prefetch_related(
        Prefetch("versions", current, to_attr="current")
    )


def _document(dataset: Dataset) -> Document:
    distributions = list(dataset.distributions.all())
    return Document(
        key=str(dataset.pk),
        title=dataset.title or {"": dataset.slug},
        keywords=_keywords(dataset),
        text=_together(dataset.summary, dataset.description),
        hidden=_hidden(dataset, distributions),
        route=("dataset", dataset.slug),
        facets={
            "theme": tuple(dataset.themes),
            "publisher": (dataset.publisher.slug,),
            "format": tuple({one.format for one in distributions if one.format}),
            "licence": tuple({one.licence or dataset.profile.licence for one in distributions})
            or (dataset.profile.licence,),
            "language": (dataset.language,),
            "year": years(dataset.temporal_start, dataset.temporal_end or dataset.modified),
        },
        bbox=_bbox(dataset),
        changed=dataset.modified or dataset.issued or dataset.changed_at,
    )


def _keywords(dataset: Dataset) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for keyword in dataset.keywords.all():
        found.setdefault(keyword.language or "de", []).append(keyword.word)
    return {language: ", ".join(sorted(words)) for language, words in found.items()}


def _together(*texts: Mapping[str, str]) -> dict[str, str]:
    languages = dict.fromkeys(language for one in texts for language in one)
    return {language: " ".join(one[language] for one in texts if one.get(language)) for language in languages}


def _hidden(dataset: Dataset, distributions: Iterable[Distribution]) -> dict[str, str]:
    """Return by what else it is found: who publishes it, its tables, columns, some values of open tables."""
    language = dataset.language or "de"
    words = [dataset.slug, dataset.identifier]
    for one in distributions:
        words += [*one.title.values(), *one.description.values()]
        for version in one.current:  # type: ignore[attr-defined]  # from the prefetch above
            words += list(_columns(version.table_schema))
            if dataset.is_open:
                words += values_of(version, one)
    series = dataset.series.title if dataset.series else {}
    return _together(dataset.publisher.name, series, {language: " ".join(words)})


def _columns(schema: Mapping[str, Any]) -> Iterator[str]:
    for field in schema.get("fields", ()):
        yield from (str(field.get(name, "")) for name in ("name", "title", "description"))


def values_of(version: Version, distribution: Distribution) -> list[str]:
    """Return different texts of the first rows of a table."""
    from stadtkern.tables import Query, Table, TableError  # noqa: PLC0415  # slow to import

    version.distribution = distribution
    if not version.table_path.is_file():
        return []
    try:
        page = Table(version.table_path).rows(Query(limit=MOST_VALUES))
    except TableError:
        return []
    values = (value for row in page.rows for value in row if isinstance(value, str))
    return list(islice(dict.fromkeys(values), MOST_VALUES))


def years(start: datetime | None, end: datetime | None) -> tuple[str, ...]:
    """Return the years that data are about."""
    if start is None and end is None:
        return ()
    first, last = (start or end), (end or start)
    span = range(first.year, last.year + 1)  # type: ignore[union-attr]  # one of the two is there
    return tuple(str(year) for year in span[-MOST_YEARS:])


def _bbox(dataset: Dataset) -> BBox | None:
    outline = dataset.extent or (dataset.area.geometry if dataset.area else None)
    box: BBox | None = outline.extent if outline else None
    return box


def follow(version: Version) -> None:
    """Note that a table has other columns and values, once its version became current."""
    changes.note(SUBJECT.slug, _of(distributions=version.distribution_id))


def visible(keys: Collection[str]) -> Collection[str]:
    """Return the datasets that are public."""
    return {str(pk) for pk in Dataset.objects.public().filter(pk__in=list(keys)).values_list("pk", flat=True)}


def _of(**selection: object) -> Iterable[str]:
    return map(str, Dataset.objects.filter(**selection).values_list("pk", flat=True).distinct())


def theme_titles(codes: Collection[str]) -> Mapping[str, str]:
    """Return how themes are called."""
    return {code: str(THEMES[code].title) for code in codes if code in THEMES}


def format_titles(codes: Collection[str]) -> Mapping[str, str]:
    """Return how formats are called."""
    return {code: FORMATS[code].title for code in codes if code in FORMATS}


def publisher_titles(codes: Collection[str]) -> Mapping[str, str]:
    """Return how publishers are called."""
    return {agent.slug: str(agent) for agent in Agent.objects.filter(slug__in=list(codes))}


def language_titles(codes: Collection[str]) -> Mapping[str, str]:
    """Return how languages call themselves."""
    known = dict(settings.LANGUAGES)
    return {code: known[code] for code in codes if code in known}


SUBJECT = Subject(
    slug="datasets",
    title=_("Datasets"),
    documents=documents,
    visible=visible,
    watches={
        Dataset: lambda dataset: [str(dataset.pk)],
        Distribution: lambda distribution: [str(distribution.dataset_id)],
        Version: lambda version: _of(distributions=version.distribution_id) if version.is_current else (),
        DataProfile: lambda profile: _of(profile=profile.pk),
        Agent: lambda agent: _of(publisher=agent.pk),
        Keyword: lambda keyword: _of(keywords=keyword.pk),
        DatasetSeries: lambda series: _of(series=series.pk),
        Area: lambda area: _of(area=area.pk),
    },
)
