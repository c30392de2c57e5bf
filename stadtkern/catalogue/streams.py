"""Measured values as datasets: each open data profile with series is one, kept up by itself.

Every series is a distribution (CSV by SensorThings), its old months in files are another, and SensorThings
itself is the data service of all of them. Nothing is asked for one series at a time: the number of queries
is constant.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.db import transaction
from django.db.models import Count, Max, Sum
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override

from stadtkern.base.clock import now
from stadtkern.catalogue.models import Agent, DataService, Dataset, Distribution, Keyword
from stadtkern.catalogue.rdf.mapping import rhythm
from stadtkern.governance.models import DataProfile
from stadtkern.observations.archive.models import ArchiveFile
from stadtkern.observations.models import Datastream
from stadtkern.observations.thing_pages import sta_address
from stadtkern.people import rights
from stadtkern.people.models import Organisation
from stadtkern.web.town import current_town

logger = logging.getLogger(__name__)
SERVICE = "sensorthings"
PAD = 0.0005
"""Degrees around a single sensor, so that its place is an area: some fifty metres."""
BATCH = 500
THEMES = {
    "AGRI": ("soil",),
    "ECON": ("price",),
    "ENER": ("electric", "power", "energy", "charging", "price"),
    "ENVI": (
        "water",
        "level",
        "discharge",
        "air",
        "temperature",
        "humidity",
        "pm",
        "no2",
        "o3",
        "so2",
        "co2",
        "ozone",
        "rain",
        "precipitation",
        "noise",
        "wind",
        "pressure",
        "radiation",
        "snow",
        "soil",
    ),
    "TRAN": (
        "bicycle",
        "bike",
        "parking",
        "traffic",
        "vehicle",
        "car",
        "departure",
        "charging",
        "pedestrian",
    ),
}
"""Words in the names of properties that speak for a theme; a proposal, which editors may change."""
_OWN = (
    "title",
    "description",
    "temporal_start",
    "temporal_end",
    "modified",
    "extent",
    "live",
    "frequency",
    "contact_email",
    "contact_url",
)
"""Columns of a dataset that are kept up; all others belong to the editors."""
_OF_FILES = (
    "title",
    "description",
    "access_url",
    "download_url",
    "format",
    "media_type",
    "byte_size",
    "position",
    "issued",
    "modified",
)


@dataclass(frozen=True, slots=True)
class Months:
    """The old months of a series that are in files."""

    files: int
    size: int
    made: datetime


@dataclass(slots=True)
class Changes:
    """What was done."""

    made: int = 0
    changed: int = 0
    withdrawn: int = 0
    distributions: int = 0

    def __bool__(self) -> bool:
        return bool(self.made or self.changed or self.withdrawn or self.distributions)


@dataclass(slots=True)
class Holding:
    """A profile with its open series."""

    profile: DataProfile
    streams: list[Datastream] = field(default_factory=list)


class _Kept:
    """What this process saw last."""

    version: rights.Version | None = None


def follow() -> None:
    """Bring the datasets up to date if profiles or series changed since the last time."""
    version = rights.version()
    if version == _Kept.version:
        return
    sync()
    _Kept.version = rights.version()


@transaction.atomic
def sync() -> Changes:
    """Make, change and withdraw datasets so that they fit; doing it twice changes nothing."""
    done = Changes()
    holdings = _holdings()
    months = _months()
    known = {
        one.profile_id: one for one in Dataset.objects.filter(origin=Dataset.Origin.STREAMS).order_by("-pk")
    }
    agents = _agents({holding.profile.owner for holding in holdings.values()})
    for key, holding in holdings.items():
        facts = _facts(holding)
        one = known.get(key)
        if one is None:
            known[key] = _make(holding, facts, agents[holding.profile.owner_id])
            done.made += 1
        elif _differs(one, facts):
            _save(one, facts)
            done.changed += 1
    for key, one in known.items():
        if key not in holdings and one.live:
            _save(one, {"live": False})
            done.withdrawn += 1
    done.distributions = _distributions({known[key].pk: holding for key, holding in holdings.items()}, months)
    _service([known[key] for key in holdings], agents)
    if done:
        logger.info(
            "datasets of measured values: %d new, %d changed, %d withdrawn, %d distributions",
            done.made,
            done.changed,
            done.withdrawn,
            done.distributions,
        )
    return done


def _holdings() -> dict[int, Holding]:
    """Return the open profiles that have series."""
    related = ("thing", "observed_property", "latest", "profile__owner__parent")
    found: dict[int, Holding] = {}
    for stream in Datastream.objects.public().select_related(*related).order_by("key"):
        if stream.profile is not None:
            found.setdefault(stream.profile.pk, Holding(stream.profile)).streams.append(stream)
    return found


def _months() -> dict[int, Months]:
    rows = (
        ArchiveFile.objects.order_by()
        .values_list("datastream")
        .annotate(Count("pk"), Sum("size"), Max("made"))
    )
    return {stream: Months(files, size, made) for stream, files, size, made in rows}


def _agents(owners: Iterable[Organisation]) -> dict[int, Agent]:
    """Return the publishers of the owners, made where they are missing."""
    wanted = {owner.pk: owner for owner in owners}
    found = {one.organisation_id: one for one in Agent.objects.filter(organisation__in=list(wanted))}
    for key, owner in wanted.items():
        if key not in found:
            slug = _free(
                owner.slug, Agent.objects.filter(slug__startswith=owner.slug).values_list("slug", flat=True)
            )
            found[key] = Agent.objects.create(
                slug=slug, name=owner.name, organisation=owner, homepage=owner.homepage, email=owner.email
            )
    return {key: one for key, one in found.items() if key is not None}


def _free(wanted: str, taken: Iterable[str]) -> str:
    """Return a short name that is not taken."""
    names = set(taken)
    number = 1
    name = wanted
    while name in names:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _facts(holding: Holding) -> dict[str, Any]:
    """Return what the dataset of a profile is to say."""
    profile = holding.profile
    first = [
        stream.latest.first_time
        for stream in holding.streams
        if hasattr(stream, "latest") and stream.latest.first_time
    ]
    last = [stream.latest.phenomenon_time for stream in holding.streams if hasattr(stream, "latest")]
    newest = max(last).replace(microsecond=0) if last else None
    if newest is not None and newest > now():
        newest = now().replace(minute=0, second=0, microsecond=0)  # a forecast is no change in the future
    return {
        "title": profile.title,
        "description": _description(profile),
        "temporal_start": min(first) if first else None,
        "temporal_end": max(last) if last else None,
        "modified": newest,
        "extent": _extent(holding.streams),
        "live": True,
        "frequency": rhythm(profile),
        "contact_email": profile.owner.email,
        "contact_url": profile.owner.homepage,
    }


def _description(profile: DataProfile) -> dict[str, str]:
    """Return purpose and quality of the profile, in each language that has one of them."""
    found = {}
    for language in {**profile.purpose, **profile.quality}:
        parts = [texts.get(language, "").strip() for texts in (profile.purpose, profile.quality)]
        if text := "\n\n".join(part for part in parts if part):
            found[language] = text
    return found or dict(profile.title)


def _extent(streams: Iterable[Datastream]) -> Polygon | None:
    points = [stream.thing.location for stream in streams if stream.thing.location]
    if not points:
        return None
    east, north = [point.x for point in points], [point.y for point in points]
    box = Polygon.from_bbox((min(east) - PAD, min(north) - PAD, max(east) + PAD, max(north) + PAD))
    box.srid = 4326
    return box


def _differs(one: Dataset, facts: Mapping[str, Any]) -> bool:
    """Return whether the dataset says something else; one that an editor withdrew stays withdrawn."""
    for name, value in facts.items():
        stored = getattr(one, name)
        if name == "extent" and stored is not None and value is not None:
            if not stored.equals_exact(value, 1e-7):
                return True
        elif stored != value:
            return True
    return False


def _save(one: Dataset, facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        setattr(one, name, value)
    one.save(update_fields=[*facts, "changed_at"])


def _make(holding: Holding, facts: Mapping[str, Any], publisher: Agent) -> Dataset:
    profile = holding.profile
    wanted = f"streams-{profile.slug}"
    taken = Dataset.objects.filter(slug__startswith=wanted).values_list("slug", flat=True)
    made = Dataset.objects.create(
        slug=_free(wanted, taken),
        origin=Dataset.Origin.STREAMS,
        profile=profile,
        publisher=publisher,
        themes=_themes(holding.streams),
        availability="AVAILABLE",
        issued=now(),
        has_unpublished_changes=False,
        **facts,
    )
    made.keywords.set(_keywords(holding.streams))
    return made


def _themes(streams: Iterable[Datastream]) -> list[str]:
    names = {stream.observed_property.slug.lower() for stream in streams}
    return [
        theme
        for theme, words in THEMES.items()
        if any(word in name.split("_") or word in name.split("-") for name in names for word in words)
    ]


def _keywords(streams: Iterable[Datastream]) -> list[Keyword]:
    """Return the names of what is measured, in the languages of the town."""
    properties = {stream.observed_property_id: stream.observed_property for stream in streams}
    found = []
    for language in current_town().languages:
        with override(language):
            for word in sorted({one.label[:100] for one in properties.values()}):
                facts = {"slug": slugify(word)[:100] or "word"}
                found.append(Keyword.objects.get_or_create(word=word, language=language, defaults=facts)[0])
    return found


def _distributions(holdings: Mapping[int, Holding], months: Mapping[int, Months]) -> int:
    """Bring the distributions of all datasets up to date; return how many were not right."""
    wanted: dict[tuple[int, str], Distribution] = {}
    for dataset, holding in holdings.items():
        for position, stream in enumerate(holding.streams):
            for one in _offers(stream, months.get(stream.pk)):
                one.dataset_id, one.position = dataset, min(position, 32_000)
                wanted[dataset, one.slug] = one
    stored = {
        (one.dataset_id, one.slug): one
        for one in Distribution.objects.filter(dataset__origin=Dataset.Origin.STREAMS)
    }
    fresh = [one for key, one in wanted.items() if key not in stored]
    gone = [one.pk for key, one in stored.items() if key not in wanted and key[0] in holdings]
    changed = []
    for key, one in wanted.items():
        before = stored.get(key)
        if before is not None and any(getattr(before, name) != getattr(one, name) for name in _OF_FILES):
            for name in _OF_FILES:
                setattr(before, name, getattr(one, name))
            changed.append(before)
    Distribution.objects.bulk_create(fresh, batch_size=BATCH)
    Distribution.objects.bulk_update(changed, _OF_FILES, batch_size=BATCH)
    for start in range(0, len(gone), BATCH):
        Distribution.objects.filter(pk__in=gone[start : start + BATCH]).delete()
    return len(fresh) + len(changed) + len(gone)


def _offers(stream: Datastream, months: Months | None) -> Sequence[Distribution]:
    """Return the ways to have a series: as CSV, and its old months as files."""
    language = current_town().languages[0]
    with override(language):
        page = settings.PUBLIC_URL + reverse("stream", args=[stream.pk])
        archive = settings.PUBLIC_URL + reverse("stream-archive", args=[stream.pk])
    latest = getattr(stream, "latest", None)
    found = [
        Distribution(
            slug=f"stream-{stream.pk}",
            title=_titles(stream, ""),
            description={language: stream.description} if stream.description else {},
            access_url=page,
            download_url=sta_address(f"Datastreams({stream.pk})/Observations") + "?$resultFormat=CSV",
            format="CSV",
            media_type="text/csv",
            issued=latest.first_time if latest else None,
            modified=_hour(latest.phenomenon_time) if latest else None,
        )
    ]
    if months is not None:
        found.append(
            Distribution(
                slug=f"archive-{stream.pk}",
                title=_titles(stream, "archive"),
                access_url=archive,
                format="PARQUET",
                media_type="application/vnd.apache.parquet",
                byte_size=months.size,
                modified=months.made,
            )
        )
    return found


def _hour(time: datetime) -> datetime:
    """Return the hour: a series with a value each minute is not another distribution each minute."""
    return min(time, now()).replace(minute=0, second=0, microsecond=0)


def _titles(stream: Datastream, kind: str) -> dict[str, str]:
    """Return the name of a series in the languages of the town."""
    found = {}
    for language in current_town().languages:
        with override(language):
            label = stream.label
            found[language] = _("%(series)s: old months as files") % {"series": label} if kind else label
    return found


def _service(datasets: Sequence[Dataset], agents: Mapping[int, Agent]) -> None:
    """Keep SensorThings as data service of all of them."""
    address = sta_address("").rstrip("/")
    if not address or not datasets:
        return
    town = current_town()
    titles, texts = {}, {}
    for language in town.languages:
        with override(language):
            titles[language] = _("Measured values by SensorThings")
            texts[language] = _("All public series with their places, values and history; by HTTP and MQTT.")
    with override(town.languages[0]):
        page = settings.PUBLIC_URL + reverse("interface")
    facts = {
        "title": titles,
        "description": texts,
        "endpoint_url": address,
        "endpoint_description": f"{address}/openapi.json",
        "documentation": page,
        "contact_email": town.contact.email,
    }
    first = next(iter(agents.values()))
    one, is_new = DataService.objects.get_or_create(slug=SERVICE, defaults={**facts, "publisher": first})
    if not is_new and any(getattr(one, name) != value for name, value in facts.items()):
        for name, value in facts.items():
            setattr(one, name, value)
        one.save()
    served = set(one.datasets.values_list("pk", flat=True))
    wanted = {dataset.pk for dataset in datasets}
    one.datasets.add(*(wanted - served))
    foreign = Dataset.objects.filter(pk__in=served - wanted, origin=Dataset.Origin.STREAMS)
    if served - wanted:
        one.datasets.remove(*foreign)
