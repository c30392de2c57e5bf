"""The cockpit of the town."""

from typing import ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

from stadtkern.dashboards.fields import TilesField


class CockpitPage(Page):
    """The first page of a town: a greeting and tiles. Other cockpits may lie below it."""

    greeting = models.CharField(
        _("greeting"), max_length=200, blank=True, help_text=_("The first line that everybody reads.")
    )
    introduction = RichTextField(
        _("introduction"),
        blank=True,
        features=["bold", "italic", "link"],
        help_text=_("One or two sentences below the greeting."),
    )
    tiles = TilesField(
        verbose_name=_("tiles"),
        blank=True,
        help_text=_("From the most important one to the least: on a phone they stand below each other."),
    )

    content_panels: ClassVar[list[FieldPanel]] = [
        *Page.content_panels,
        FieldPanel("greeting"),
        FieldPanel("introduction"),
        FieldPanel("tiles"),
    ]

    class Meta:
        verbose_name = _("cockpit")
        verbose_name_plural = _("cockpits")

    def get_context(self, request: HttpRequest, *args: object, **kwargs: object) -> dict[str, object]:
        """Add the drawn tiles."""
        from stadtkern.dashboards.services import cockpit_view  # noqa: PLC0415  # services know this model

        is_draft = bool(getattr(request, "is_preview", False))
        return {**super().get_context(request, *args, **kwargs), **cockpit_view(self, is_draft=is_draft)}
