"""The application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    """Datasets."""

    name = "stadtkern.catalogue"
    verbose_name = _("Open data")

    def ready(self) -> None:
        """Keep the trail of what people may change, and say what stands under which profile."""
        from stadtkern.catalogue import holdings, models  # noqa: PLC0415  # models are loaded only now
        from stadtkern.governance import register  # noqa: PLC0415
        from stadtkern.people import rights  # noqa: PLC0415
        from stadtkern.people.audit import audited  # noqa: PLC0415

        register.add_holder("catalogue", count=holdings.count, list_items=holdings.list_items)
        rights.watch(models.Dataset)
        audited(models.Agent)
        audited(models.DatasetSeries)
        audited(models.DataService)
        audited(models.Distribution)
        audited(models.Dataset, exclude_fields=["latest_revision", "live_revision"])
