"""The app `web`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    """Base templates, editorial pages, map, charts, search."""

    name = "stadtkern.web"

    def ready(self) -> None:
        """Let the pages of editors be found."""
        from stadtkern.web import search, search_pages  # noqa: PLC0415  # needs the models

        search.register("pages", _("Pages"), search_pages.find_pages)
