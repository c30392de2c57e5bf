"""Making a dataset of a record that was found, in the transaction of the caller."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, Polygon
from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext_noop

from stadtkern.base.clock import now
from stadtkern.catalogue.models import Agent, DataService, Dataset, Distribution, Keyword
from stadtkern.harvest.found import Found, FoundAgent, FoundDistribution, FoundService, Texts
from stadtkern.harvest.models import HarvestRecord, HarvestSource

LONGEST_SLUG = 90
LONGEST_TITLE = 2000
GONE_REASON = gettext_noop("The catalogue it came from does not have it any more.")
_GLOBAL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|urn:|doi:|10\.\d{4,}/|"
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
    re.IGNORECASE,
)


def is_global(name: str) -> bool:
    """Return whether a name can mean the same dataset everywhere: an address, a URN, a DOI, a UUID."""
    return bool(_GLOBAL.search(name))


def lasting_identifier(source: HarvestSource, identifier: str) -> str:
    """Return the identifier of a dataset that is unique among all catalogues."""
    return identifier if is_global(identifier) else f"{source.url}#{identifier}"[:500]


@dataclass(slots=True)
class Known:
    """What does not have to be looked up for each record of a stretch of work."""

    keywords: dict[tuple[str, str], Keyword] = field(default_factory=dict)
    agents: dict[tuple[str, str], Agent] = field(default_factory=dict)

    def forget(self) -> None:
        """Forget what may have been taken back."""
        self.keywords.clear()
        self.agents.clear()


def write(
    dataset: Dataset | None, found: Found, source: HarvestSource, known: Known, *, is_back: bool = False
) -> Dataset:
    """Store all that was found of a dataset; what editors added here (summary, series, area) stays."""
    title = next(iter(found.title.values()), found.identifier)
    if dataset is None:
        dataset = Dataset(
            origin=Dataset.Origin.HARVEST,
            slug=free_slug(Dataset.objects, title),
            profile_id=source.profile_id,
            live=source.publishes_directly,
            has_unpublished_changes=not source.publishes_directly,
            first_published_at=now() if source.publishes_directly else None,
        )
    dataset.identifier = lasting_identifier(source, found.identifier)
    dataset.title = {language: text[:LONGEST_TITLE] for language, text in found.title.items()}
    dataset.description = found.description or found.title
    dataset.publisher = _publisher(found.publisher, source, known)
    if is_back:
        dataset.withdrawn_at, dataset.withdrawn_reason = None, {}
    for name in ("contact_name", "contact_email", "contact_url", "themes", "hvd_categories", "level"):
        setattr(dataset, name, getattr(found, name))
    for name in ("frequency", "availability", "landing_page", "provenance", "extra"):
        setattr(dataset, name, getattr(found, name))
    dataset.language = found.language[:5]
    dataset.extent = _polygon(found.extent)
    for name in ("temporal_start", "temporal_end", "issued", "modified"):
        setattr(dataset, name, _moment(getattr(found, name)))
    dataset.save()
    dataset.keywords.set(_keywords(found.keywords, known))
    _write_distributions(dataset, found.distributions, source)
    _write_services(dataset, found.services)
    return dataset


def refresh_draft(dataset: Dataset) -> None:
    """Bring a revision that an editor made up to date, so that the form shows what the catalogue says now."""
    if dataset.latest_revision_id is not None:
        dataset.save_revision(clean=False)


def withdraw(dataset: Dataset) -> None:
    """Leave a tombstone in place of a dataset that its catalogue does not have any more."""
    if dataset.withdrawn_at is None:
        dataset.withdrawn_at = now()
        dataset.withdrawn_reason = in_all_languages(GONE_REASON)
        dataset.save(update_fields=["withdrawn_at", "withdrawn_reason", "changed_at"])


def in_all_languages(sentence: str) -> Texts:
    """Return a sentence of ours in the languages of our pages."""
    found: Texts = {}
    for language in ("de", "pl", "en"):
        with translation.override(language):
            found[language] = translation.gettext(sentence)
    return found


def free_slug(rows: models.Manager[Any] | models.QuerySet[Any], title: str) -> str:
    """Return a short name that none of `rows` has."""
    base = re.sub(r"-{2,}", "-", slugify(title))[:LONGEST_SLUG].strip("-_") or "dataset"
    taken = set(rows.filter(Q(slug=base) | Q(slug__startswith=f"{base}-")).values_list("slug", flat=True))
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def _polygon(wkt: str) -> Polygon | None:
    found = GEOSGeometry(wkt, srid=4326) if wkt else None
    return found if isinstance(found, Polygon) else None


def _moment(given: str) -> datetime | None:
    return datetime.fromisoformat(given) if given else None


def _publisher(found: FoundAgent, source: HarvestSource, known: Known) -> Agent:
    """Return the publisher with this address or name; one that is not known yet is made."""
    name = next(iter(found.name.values()), "")
    if not name and not found.uri:
        return source.publisher
    key = (found.uri, name)
    if key not in known.agents:
        known.agents[key] = _find_agent(found, name) or _new_agent(found, name)
    return known.agents[key]


def _find_agent(found: FoundAgent, name: str) -> Agent | None:
    if found.uri:
        agent = Agent.objects.filter(uri=found.uri).first()
        if agent is not None:
            return agent
    slug = slugify(name)[:LONGEST_SLUG].strip("-_")
    same = (
        Agent.objects.filter(Q(slug=slug) | Q(slug__startswith=f"{slug}-")) if slug else Agent.objects.none()
    )
    for agent in same:
        if name in agent.name.values() and (not found.uri or not agent.uri):
            return agent
    return None


def _new_agent(found: FoundAgent, name: str) -> Agent:
    return Agent.objects.create(
        slug=free_slug(Agent.objects, name or found.uri.partition("://")[2]),
        name=found.name or {"de": found.uri},
        uri=found.uri,
        homepage=found.homepage,
        email=found.email,
    )


def _keywords(found: Iterable[tuple[str, str]], known: Known) -> list[Keyword]:
    """Return the keywords, new ones made; those known already cost no query."""
    wanted = list(dict.fromkeys((word, language[:5]) for word, language in found if word))
    for word, language in wanted:
        if (word, language) not in known.keywords:
            known.keywords[word, language] = Keyword.objects.get_or_create(
                word=word, language=language, defaults={"slug": slugify(word)[:100] or "-"}
            )[0]
    return list({known.keywords[key].pk: known.keywords[key] for key in wanted}.values())


def _write_distributions(dataset: Dataset, found: list[FoundDistribution], source: HarvestSource) -> None:
    """Make the distributions those that were found; what keeps a table of its own is not thrown away."""
    before = {one.identifier: one for one in dataset.distributions.all()}
    slugs = {one.slug for one in before.values()}
    for position, one in enumerate(found):
        row = before.pop(one.identifier, None) or Distribution(
            dataset=dataset, slug=_free(slugs, _distribution_slug(one)), identifier=one.identifier
        )
        _fill_distribution(row, one, position, source)
        row.save()
    for row in before.values():
        if row.versions.exists():
            row.is_live = False
            row.save(update_fields=["is_live"])
        else:
            row.delete()


def _fill_distribution(
    row: Distribution, found: FoundDistribution, position: int, source: HarvestSource
) -> None:
    row.position = min(position, 32_767)
    row.is_live = True
    row.licence = found.licence or source.licence
    for name in ("title", "description", "access_url", "download_url", "format", "media_type"):
        setattr(row, name, getattr(found, name))
    for name in ("attribution", "byte_size", "checksum", "availability", "extra"):
        setattr(row, name, getattr(found, name))
    row.issued, row.modified = _moment(found.issued), _moment(found.modified)


def _distribution_slug(found: FoundDistribution) -> str:
    title = next(iter(found.title.values()), "") or found.format or "file"
    return re.sub(r"-{2,}", "-", slugify(title))[:LONGEST_SLUG].strip("-_") or "file"


def _free(taken: set[str], base: str) -> str:
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    taken.add(slug)
    return slug


def _write_services(dataset: Dataset, found: list[FoundService]) -> None:
    """Make the interfaces of a dataset those that were found; one that serves nothing any more goes."""
    before = list(dataset.services.all()) if dataset.pk else []
    now_served = [_service(one, dataset) for one in found]
    if {one.pk for one in before} != {one.pk for one in now_served}:
        dataset.services.set(now_served)
        kept = {one.pk for one in now_served}
        for one in before:
            if one.pk not in kept and one.extra.get("harvested") and not one.datasets.exists():
                one.delete()


def _service(found: FoundService, dataset: Dataset) -> DataService:
    """Return the interface with this name and address, brought up to date."""
    service = DataService.objects.filter(identifier=found.identifier, endpoint_url=found.endpoint_url).first()
    if service is not None and not service.extra.get("harvested"):
        return service
    title = found.title or {"de": found.endpoint_url}
    values = {
        "title": title,
        "description": found.description,
        "endpoint_description": found.endpoint_description,
        "documentation": found.documentation,
        "contact_email": found.contact_email,
        "licence": found.licence,
        "hvd_categories": found.hvd_categories,
        "extra": {**found.extra, "harvested": True},
    }
    if service is None:
        name = next(iter(title.values()))
        return DataService.objects.create(
            slug=free_slug(DataService.objects, name),
            identifier=found.identifier,
            endpoint_url=found.endpoint_url,
            publisher=dataset.publisher,
            **values,
        )
    if any(getattr(service, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(service, name, value)
        service.save()
    return service


def same_elsewhere(source: HarvestSource, found: Found) -> tuple[str, str, Dataset | None]:
    """Return why a record may not become a dataset of its own, or the dataset it goes on with.

    Returns
    -------
    Code and value of a refusal (empty: none), and a dataset of ours that is free to be taken over: its
    catalogue does not have it any more, or its source was removed.
    """
    code, value, dataset, rival = _rivals(source, found)
    if code or rival is None:
        return code, value, dataset
    HarvestRecord.objects.filter(pk=rival.pk).update(dataset=None)
    return "", "", rival.dataset


def refusal_elsewhere(source: HarvestSource, found: Found) -> tuple[str, str]:
    """Return why a record may not become a dataset; nothing is changed."""
    return _rivals(source, found)[:2]


def _rivals(source: HarvestSource, found: Found) -> tuple[str, str, Dataset | None, HarvestRecord | None]:
    """Return a refusal, the dataset with the same name, and a record elsewhere that has given it up."""
    own = lasting_identifier(source, found.identifier)
    names = [name for name in (found.identifier, *found.names) if is_global(name)]
    dataset = Dataset.objects.filter(identifier__in=[own, *names]).order_by("pk").first()
    if dataset is not None and dataset.origin != Dataset.Origin.HARVEST:
        return "own-dataset", str(dataset), None, None
    same = Q(names__name__in=names) | Q(dataset=dataset) if dataset else Q(names__name__in=names)
    rival = (
        HarvestRecord.objects.filter(same, dataset__isnull=False)
        .exclude(source=source.pk, identifier=found.identifier)
        .select_related("source", "dataset")
        .order_by("pk")
        .first()
    )
    if rival is None:
        return "", "", dataset, None
    if rival.state == HarvestRecord.State.GONE:
        return "", "", rival.dataset, rival
    return "duplicate", str(rival.source), None, None
