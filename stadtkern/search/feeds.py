"""The newest results of a search for feed readers."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from stadtkern.search.queries import Hit, SearchQuery
from stadtkern.search.services import search
from stadtkern.web.town import current_town

MOST = 50


class SearchFeed(Feed[Hit, SearchQuery]):
    """An Atom feed of what a search finds, newest first, with the parameters of the page of the search."""

    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest, *_args: object, **_kwargs: object) -> SearchQuery:
        """Read the query."""
        return replace(SearchQuery.from_params(request.GET, size=MOST), sort="newest", page=1)

    def title(self, query: SearchQuery) -> str:
        """Return what the feed is called."""
        return f"{current_town().title}: {_('Search: %(text)s') % {'text': query.text or query.urlencode()}}"

    def link(self, query: SearchQuery) -> str:
        """Return the page of the search."""
        return f"{settings.PUBLIC_URL}{reverse('search')}?{query.urlencode()}"

    def feed_url(self, query: SearchQuery) -> str:
        """Return where the feed itself stands."""
        return f"{settings.PUBLIC_URL}{reverse('search-feed')}?{query.urlencode()}"

    def items(self, query: SearchQuery) -> list[Hit]:
        """Return the newest hits that have a date."""
        return [hit for hit in search(query).hits if hit.changed]

    def item_title(self, item: Hit) -> str:
        """Return the title; the feed escapes it."""
        return item.title

    def item_description(self, item: Hit) -> str:
        """Return the piece of the text without marks."""
        return strip_tags(item.snippet)

    def item_link(self, item: Hit) -> str:
        """Return the full address."""
        return item.url if item.url.startswith("http") else f"{settings.PUBLIC_URL}{item.url}"

    def item_updateddate(self, item: Hit) -> datetime | None:
        """Return when it was last brought up to date."""
        return item.changed
