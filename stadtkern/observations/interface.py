"""The page that says how programs read the values: addresses to try, with real series in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.observations.models import Datastream, DatastreamQuerySet
from stadtkern.observations.snippets import Snippet, snippets
from stadtkern.observations.thing_pages import sta_address

NEAR = 0.05
"""Degrees around a place: some four kilometres."""


@dataclass(frozen=True, slots=True)
class Example:
    """An address to try."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class InterfacePage:
    """What the page shows; `sta` is empty where SensorThings is not there."""

    sta: str
    examples: Sequence[Example]
    snippets: Sequence[Snippet]
    topic: str
    socket: str


def interface_page(visible: DatastreamQuerySet) -> InterfacePage:
    """Return the page for a reader to whom `visible` datastreams are open; examples use the newest one."""
    shown = visible.filter(latest__result__isnull=False).select_related("thing", "latest")
    stream = shown.order_by("-latest__phenomenon_time", "pk").first()
    sta = sta_address("")
    socket = settings.PUBLIC_URL.replace("http", "ws", 1) + "/mqtt"
    topic = f"v1.1/Datastreams({stream.pk})/Observations" if stream else ""
    found = _examples(sta, stream) if sta and stream else []
    return InterfacePage(sta, found, snippets(stream, sta=sta), topic, socket)


def _examples(sta: str, stream: Datastream) -> list[Example]:
    observations = f"Datastreams({stream.pk})/Observations"
    since = (clock.now() - timedelta(days=30)).strftime("%Y-%m-%dT00:00:00Z")
    day = f"bucket(phenomenonTime,duration'P1D','{settings.TIME_ZONE}') as day"
    daily = f"filter(phenomenonTime ge {since})/groupby(({day}),aggregate(result with average as mean))"
    found = [
        (_("All sensors with their series"), "Things?$expand=Datastreams($select=name,unitOfMeasurement)"),
        (_("The ten newest values of a series"), f"{observations}?$top=10&$orderby=phenomenonTime desc"),
        (_("Mean of each day, for the last 30 days"), f"{observations}?$apply={daily}"),
        (
            _("The newest value of every series"),
            "Datastreams?$select=name&$expand=Observations($top=1;$orderby=phenomenonTime desc)",
        ),
        (_("A series as a table"), f"{observations}?$filter=phenomenonTime ge {since}&$resultFormat=CSV"),
        (_("All sensors for a map"), "Things?$resultFormat=GeoJSON"),
    ]
    if isinstance(place := stream.thing.location, Point):
        around = f"geography'POINT ({place.x:.4f} {place.y:.4f})'"
        found.append(
            (
                _("Sensors near a place"),
                f"Things?$filter=geo.distance(Locations/location,{around}) lt {NEAR}",
            )
        )
    return [Example(title, sta + quote(path, safe="/?&=$();,:'")) for title, path in found]
