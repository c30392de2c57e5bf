"""The application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QualityConfig(AppConfig):
    """Quality of descriptions."""

    name = "stadtkern.catalogue.quality"
    label = "catalogue_quality"
    verbose_name = _("Quality of descriptions")

    def ready(self) -> None:
        """Advise editors, show the points to everybody, and forget addresses that nobody names any more."""
        from stadtkern.catalogue import advice, page_parts  # noqa: PLC0415  # models are loaded only now
        from stadtkern.catalogue.quality import links, parts, telling  # noqa: PLC0415
        from stadtkern.governance import retention  # noqa: PLC0415

        advice.register("dcat", telling.advise)
        page_parts.register("quality", _("Quality of the description"), parts.quality)
        page_parts.register("formats", _("For programs"), parts.formats)
        page_parts.register(page_parts.HEAD, "", parts.head)
        retention.register("catalogue_quality.links", links.forget)
