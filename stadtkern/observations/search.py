"""Measured values in the search."""

from collections.abc import Iterator

from django.urls import reverse

from stadtkern.observations.models import Datastream
from stadtkern.web.search import MOST_SCANNED, Entry, Found, Hit, among

COLUMNS = (
    "pk",
    "key",
    "name",
    "thing__name",
    "thing__key",
    "observed_property__slug",
    "observed_property__name",
)


def find_streams(text: str, first: int, most: int) -> Found:
    """Find public datastreams by their names, and by what and where they measure, in any language."""
    total, keys = among(_entries(), text, first, most)
    streams = Datastream.objects.public().select_related("thing", "observed_property").in_bulk(keys)
    shown = (streams[key] for key in keys if key in streams)
    return Found(total, [_hit(stream) for stream in shown])


def _entries() -> Iterator[Entry]:
    rows = Datastream.objects.public().order_by("key").values_list(*COLUMNS)[:MOST_SCANNED]
    for pk, key, name, thing, thing_key, slug, names in rows:
        title = name or f"{' '.join(names.values())} {thing or thing_key}"
        yield Entry(title, f"{key} {thing} {slug} {' '.join(names.values())}", pk)


def _hit(stream: Datastream) -> Hit:
    text = stream.description or (str(stream.thing) if stream.name else "")
    return Hit(stream.label, reverse("stream", args=[stream.pk]), text)
