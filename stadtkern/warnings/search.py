"""Warnings in the search."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from stadtkern.governance.models import DataProfile
from stadtkern.search.subjects import Document, Subject
from stadtkern.warnings.models import Alert
from stadtkern.warnings.texts import sentence, title_of

BATCH = 500


def documents(keys: Collection[str] | None) -> Iterator[Document]:
    """Return public alerts, standing ones and those that have ended."""
    alerts = Alert.objects.public().newest_first()
    if keys is not None:
        alerts = alerts.filter(pk__in=list(keys))
    for alert in alerts.iterator(BATCH):
        yield _document(alert)


def _document(alert: Alert) -> Document:
    titles, texts = {}, {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            titles[language], texts[language] = title_of(alert), sentence(alert)
    point = alert.datastream.thing.location if alert.datastream else None
    raised: datetime = alert.raised
    return Document(
        key=str(alert.pk),
        title=titles,
        text=texts,
        route=("warning", str(alert.pk)),
        facets={"year": (str(raised.year),)},
        bbox=(point.x, point.y, point.x, point.y) if point else None,
        changed=raised,
    )


def visible(keys: Collection[str]) -> Collection[str]:
    """Return the alerts that are public."""
    return {str(pk) for pk in Alert.objects.public().filter(pk__in=list(keys)).values_list("pk", flat=True)}


def _of_profile(profile: DataProfile) -> Iterable[Any]:
    found = Alert.objects.filter(datastream__profile=profile.pk, is_public=True)
    return map(str, found.values_list("pk", flat=True))


SUBJECT = Subject(
    slug="warnings",
    title=_("Warnings"),
    documents=documents,
    visible=visible,
    watches={Alert: lambda alert: [str(alert.pk)], DataProfile: _of_profile},
    weight=0.8,
)
