"""The application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    """Datasets."""

    name = "stadtkern.catalogue"
    verbose_name = _("Open data")

    def ready(self) -> None:
        """Keep the trail of what people may change, and say what stands under which profile."""
        from stadtkern.catalogue import holdings, models, search  # noqa: PLC0415  # models are loaded only now
        from stadtkern.governance import register  # noqa: PLC0415
        from stadtkern.people import rights  # noqa: PLC0415
        from stadtkern.people.audit import audited  # noqa: PLC0415
        from stadtkern.search import facets, subjects  # noqa: PLC0415

        register.add_holder("catalogue", count=holdings.count, list_items=holdings.list_items)
        rights.watch(models.Dataset)
        subjects.register(search.SUBJECT)
        facets.register("theme", search.theme_titles)
        facets.register("publisher", search.publisher_titles)
        facets.register("format", search.format_titles)
        facets.register("language", search.language_titles)
        audited(models.Agent)
        audited(models.DatasetSeries)
        audited(models.DataService)
        audited(models.Distribution)
        audited(models.Dataset, exclude_fields=["latest_revision", "live_revision"])
