"""The newest pages of the town."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from wagtail.models import Page

from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.models import CockpitPage

MOST = 10


def newest_pages(count: int) -> list[Page]:
    """Return the pages of the active language that were published last, cockpits left out."""
    pages = Page.objects.live().public().not_exact_type(CockpitPage).filter(depth__gt=2)
    local = pages.filter(locale__language_code=get_language(), first_published_at__isnull=False)
    return list(local.order_by("-first_published_at", "-pk")[:count])


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the newest pages."""
    count = min(max(int(config.get("count") or 5), 1), MOST)
    pages = newest_pages(count)
    return {"pages": pages, "sentence": "" if pages else _("There is no news yet.")}


tile = Tile(
    title=gettext_lazy("News"),
    description=gettext_lazy("The pages that were published last."),
    template="tiles/news/tile.html",
    context=context,
    options=(Option(name="count", kind="number", label=gettext_lazy("How many, at most 10"), default=5),),
    queries=6,
)
