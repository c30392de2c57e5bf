"""What list, map, page and label of a thing show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.governance.models import DataProfile
from stadtkern.observations import kinds
from stadtkern.observations.models import Datastream, DatastreamQuerySet, Thing, ThingPhoto
from stadtkern.observations.pages import POINTS, sentence
from stadtkern.observations.queries import Series, series, thresholds_at
from stadtkern.observations.queries.things import SILENT, Quality, by_importance, newest, quality_of
from stadtkern.observations.snippets import Snippet, snippets
from stadtkern.web.maps import Place
from stadtkern.web.numbers import number_text

MOST_CHARTS = 3
MOST_STREAMS = 60
MOST_TEXTS = 3
WEEK = timedelta(days=7)
STA = "/sta/v1.1/"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRow:
    """One series of a thing, as the table shows it."""

    stream: Datastream
    quality: Quality
    series: Series | None
    """Only the most telling ones are drawn."""
    sta: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingPage:
    """A thing with everything its page shows."""

    thing: Thing
    sentence: str
    is_silent: bool
    photo: ThingPhoto | None
    profiles: Sequence[DataProfile]
    rows: Sequence[StreamRow]
    more: int
    """Series that do not fit on the page."""
    places: Sequence[Place]
    """Its place, if it has one."""
    sta: str
    snippets: Sequence[Snippet]


def sta_address(path: str) -> str:
    """Return the address in SensorThings; empty where that interface is not there."""
    try:
        resolve(f"{STA}{path}")
    except Resolver404:
        return ""
    return f"{settings.PUBLIC_URL}{STA}{path}"


def thing_page(thing: Thing, visible: DatastreamQuerySet) -> ThingPage:
    """Return the page of a thing for a reader to whom `visible` datastreams are open."""
    related = ("observed_property", "latest", "profile__owner", "sensor", "thing")
    found = by_importance(list(visible.filter(thing=thing).select_related(*related).order_by("key")))
    streams = found[:MOST_STREAMS]
    time = newest(streams)
    quality = quality_of(streams, time) if time else {}
    drawn = [stream for stream in streams if _is_drawn(stream)][:MOST_CHARTS]
    profiles = {stream.profile_id: stream.profile for stream in streams if stream.profile is not None}
    return ThingPage(
        thing=thing,
        sentence=_sentence(drawn),
        is_silent=time is None or clock.now() - time > SILENT,
        photo=ThingPhoto.objects.select_related("image").filter(thing=thing).first(),
        profiles=list(profiles.values()),
        rows=[
            StreamRow(
                stream=stream,
                quality=quality.get(stream.pk, Quality()),
                series=_week(stream) if stream in drawn else None,
                sta=sta_address(f"Datastreams({stream.pk})"),
            )
            for stream in streams
        ],
        more=len(found) - len(streams),
        places=[place] if (place := place_of(thing, streams)) else [],
        sta=sta_address(f"Things({thing.pk})"),
        snippets=snippets(drawn[0] if drawn else None, sta=sta_address("")),
    )


def _is_drawn(stream: Datastream) -> bool:
    latest = getattr(stream, "latest", None)
    return latest is not None and latest.result is not None and not stream.is_forecast


def _sentence(drawn: Sequence[Datastream]) -> str:
    if not drawn:
        return _("No value has come in yet.")
    first = drawn[0]
    return sentence(first, first.latest, thresholds_at(first, first.latest.phenomenon_time))


def _week(stream: Datastream) -> Series:
    end = stream.latest.phenomenon_time + timedelta(seconds=1)
    return series(stream, end - WEEK, end, max_points=POINTS)


def value_text(stream: Datastream) -> str:
    """Return property and newest value in words."""
    latest = getattr(stream, "latest", None)
    if latest is None:
        return stream.observed_property.label
    if latest.result is None:
        return f"{stream.observed_property.label} {str(latest.value)[:80]}"
    value = number_text(latest.result, stream.unit, stream.observed_property.decimals)
    return f"{stream.observed_property.label} {value}"


def place_of(thing: Thing, streams: Sequence[Datastream]) -> Place | None:
    """Return a thing as list and map show it; None without a place."""
    ordered = by_importance(streams)
    if thing.location is None or not ordered:
        return None
    time = newest(ordered)
    is_silent = time is None or clock.now() - time > SILENT
    measured = [stream for stream in ordered if not stream.is_forecast] or ordered
    return Place(
        key=str(thing.pk),
        name=str(thing),
        text=", ".join(value_text(stream) for stream in measured[:MOST_TEXTS]),
        url=reverse("thing", args=[thing.pk]),
        kind=kinds.kind(ordered[0].observed_property.slug),
        state="stale" if is_silent else "",
        longitude=thing.location.x,
        latitude=thing.location.y,
        time=time,
    )
