"""The application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeaturesConfig(AppConfig):
    """Collections of features, wherever they come from."""

    name = "stadtkern.features"
    verbose_name = _("Map layers")

    def ready(self) -> None:
        """Offer what is in our tables and our places, and give a search box its lookup.

        What is left over is swept by `catalogue`: governance, which holds the rules of retention, lies above.
        """
        from stadtkern.features import collections, lookups, places  # noqa: PLC0415  # need the models
        from stadtkern.features.table import TableSource  # noqa: PLC0415

        lookups.register()
        collections.register_source("tables", TableSource())
        places.register()
