"""The application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    """One index of everything that everybody may find."""

    name = "stadtkern.search"
    verbose_name = _("Search")

    def ready(self) -> None:
        """Let the pages of editors be found."""
        from wagtail.signals import post_page_move  # noqa: PLC0415

        from stadtkern.search import pages, subjects  # noqa: PLC0415  # need the models

        subjects.register(pages.SUBJECT)
        post_page_move.connect(pages.moved, dispatch_uid="search-pages-moved")
