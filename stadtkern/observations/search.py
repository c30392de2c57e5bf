"""Measured values in the search."""

from collections.abc import Collection, Iterable, Iterator

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream, ObservedProperty, Thing
from stadtkern.search.subjects import Document, Subject

BATCH = 1000


def documents(keys: Collection[str] | None) -> Iterator[Document]:
    """Return public datastreams by what and where they measure, in all languages."""
    streams = Datastream.objects.public().select_related("thing", "observed_property", "profile")
    if keys is not None:
        streams = streams.filter(pk__in=list(keys))
    for stream in streams.order_by("pk").iterator(BATCH):
        yield _document(stream)


def _document(stream: Datastream) -> Document:
    point, profile = stream.thing.location, stream.profile
    return Document(
        key=str(stream.pk),
        title={"": stream.name} if stream.name else _labels(stream),
        keywords=stream.observed_property.name,
        text={"": stream.description or (str(stream.thing) if stream.name else stream.thing.description)},
        hidden={"": f"{stream.key} {stream.thing} {stream.observed_property.slug}"},
        route=("stream", str(stream.pk)),
        facets={"licence": (profile.licence,) if profile else ()},
        bbox=(point.x, point.y, point.x, point.y) if point else None,
    )


def _labels(stream: Datastream) -> dict[str, str]:
    """Return what people see, in each language in which the property has a name of its own."""
    labels = {}
    for language, _name in settings.LANGUAGES:
        if language in stream.observed_property.name or language == "de":
            with override(language):
                labels[language] = stream.label
    return labels


def visible(keys: Collection[str]) -> Collection[str]:
    """Return the streams that are public."""
    return {
        str(pk) for pk in Datastream.objects.public().filter(pk__in=list(keys)).values_list("pk", flat=True)
    }


def _of(**selection: object) -> Iterable[str]:
    return map(str, Datastream.objects.filter(**selection).values_list("pk", flat=True))


SUBJECT = Subject(
    slug="streams",
    title=_("Measured values"),
    documents=documents,
    visible=visible,
    watches={
        Datastream: lambda stream: [str(stream.pk)],
        Thing: lambda thing: _of(thing=thing.pk),
        ObservedProperty: lambda observed: _of(observed_property=observed.pk),
        DataProfile: lambda profile: _of(profile=profile.pk),
    },
    weight=0.8,
)
