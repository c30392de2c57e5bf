"""The datasets that were changed last, for feed readers."""

from datetime import datetime

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from stadtkern.catalogue.models import Dataset
from stadtkern.catalogue.rdf import names
from stadtkern.web.town import current_town

MOST = 50


class NewestDatasets(Feed[Dataset, None]):
    """An Atom feed of the datasets that were published or changed last, in the language of the reader."""

    feed_type: type[SyndicationFeed] = Atom1Feed
    name = "catalog-atom"

    def get_object(self, request: HttpRequest, *_args: object, **_kwargs: object) -> None:
        """Remember nothing: the feed is the same for everybody."""

    def title(self) -> str:
        """Return what the feed is called."""
        return f"{current_town().title}: {_('Newest datasets')}"

    def link(self) -> str:
        """Return the page of the datasets."""
        return f"{settings.PUBLIC_URL}/{get_language()}/data/"

    def feed_url(self) -> str:
        """Return where the feed itself stands."""
        return settings.PUBLIC_URL + reverse(self.name)

    def items(self) -> list[Dataset]:
        """Return the datasets, newest change first."""
        found = Dataset.objects.public().select_related("publisher").prefetch_related("keywords")
        return list(found.order_by("-modified", "slug")[:MOST])

    def item_title(self, item: Dataset) -> str:
        """Return its title."""
        return str(item)

    def item_description(self, item: Dataset) -> str:
        """Return what it is in plain words, else its description."""
        return item.get_summary() or item.get_description()

    def item_link(self, item: Dataset) -> str:
        """Return the full address of its page."""
        return settings.PUBLIC_URL + item.get_absolute_url()

    def item_guid(self, item: Dataset) -> str:
        """Return its lasting name."""
        return names.dataset(item)

    item_guid_is_permalink = False

    def item_author_name(self, item: Dataset) -> str:
        """Return who publishes it."""
        return str(item.publisher)

    def item_categories(self, item: Dataset) -> list[str]:
        """Return its keywords."""
        return [word.word for word in item.keywords.all()]

    def item_pubdate(self, item: Dataset) -> datetime:
        """Return when it was first published."""
        return item.issued or item.created_at

    def item_updateddate(self, item: Dataset) -> datetime:
        """Return when its data changed last."""
        return item.modified or item.issued or item.created_at


class NewestDatasetsRss(NewestDatasets):
    """The same as RSS 2.0."""

    feed_type = Rss201rev2Feed
    name = "catalog-rss"

    def description(self) -> str:
        """Return what the feed is about."""
        return _("Newest datasets")
