"""The newest pages of the town for feed readers, one feed for each language."""

from datetime import datetime

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.models import Page

from stadtkern.web.town import current_town

MOST = 20


class NewestPages(Feed[Page, None]):
    """An Atom feed of the pages that were published last; start pages are left out."""

    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest, *_args: object, **_kwargs: object) -> None:
        """Remember who asks, since the addresses of pages depend on the site."""
        self.request = request

    def title(self) -> str:
        """Return what the feed is called."""
        return f"{current_town().title}: {_('Newest pages')}"

    def link(self) -> str:
        """Return the start page in the active language."""
        return f"{settings.PUBLIC_URL}/{get_language()}/"

    def feed_url(self) -> str:
        """Return where the feed itself stands."""
        return settings.PUBLIC_URL + reverse("feed")

    def items(self) -> list[Page]:
        """Return the pages of the active language, newest first."""
        pages = Page.objects.live().public().filter(depth__gt=2, locale__language_code=get_language())
        dated = pages.filter(first_published_at__isnull=False).order_by("-first_published_at", "-pk")
        return list(dated.specific()[:MOST])

    def item_title(self, item: Page) -> str:
        """Return the title as editors wrote it; the feed escapes it."""
        return str(item.title)

    def item_description(self, item: Page) -> str:
        """Return what the page is about, in a sentence."""
        return item.search_description or str(getattr(item, "introduction", ""))

    def item_link(self, item: Page) -> str:
        """Return the full address of a page."""
        return f"{settings.PUBLIC_URL}{item.get_url(self.request)}"

    def item_pubdate(self, item: Page) -> datetime | None:
        """Return when it was first published."""
        first: datetime | None = item.first_published_at
        return first

    def item_updateddate(self, item: Page) -> datetime | None:
        """Return when it was last published."""
        last: datetime | None = item.last_published_at
        return last
