"""The newest public alerts for feed readers, one feed for each language."""

from datetime import datetime

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from stadtkern.warnings import texts
from stadtkern.warnings.models import Alert
from stadtkern.web.town import current_town

MOST = 50


class AlertFeed(Feed[Alert, None]):
    """An Atom feed (RFC 4287) of alerts, standing and ended."""

    feed_type = Atom1Feed

    def title(self) -> str:
        """Return what the feed is called."""
        return f"{current_town().title}: {_('Warnings')}"

    def link(self) -> str:
        """Return the page of the warnings."""
        return settings.PUBLIC_URL + reverse("warnings")

    def feed_url(self) -> str:
        """Return where the feed itself stands."""
        return settings.PUBLIC_URL + reverse("warnings-feed")

    def items(self) -> list[Alert]:
        """Return the newest public alerts."""
        return list(Alert.objects.public().newest_first()[:MOST])

    def item_title(self, item: Alert) -> str:
        """Return severity and title."""
        return texts.subject_line(item, "ended" if item.ended is not None else "raised")

    def item_description(self, item: Alert) -> str:
        """Return what was noticed and what to do."""
        return " ".join(part for part in (texts.sentence(item), texts.advice_of(item)) if part)

    def item_link(self, item: Alert) -> str:
        """Return the page of an alert."""
        return settings.PUBLIC_URL + reverse("warning", args=[item.pk])

    def item_guid(self, item: Alert) -> str:
        """Return a name that is the same in every language."""
        return f"{settings.PUBLIC_URL}/warnings/{item.pk}"

    def item_pubdate(self, item: Alert) -> datetime:
        """Return when it was raised."""
        raised: datetime = item.raised
        return raised

    def item_updateddate(self, item: Alert) -> datetime:
        """Return when it ended, or else was raised."""
        last: datetime = item.ended or item.raised
        return last
