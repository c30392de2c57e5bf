"""The application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ObservationsConfig(AppConfig):
    """Sensor data."""

    name = "stadtkern.observations"
    verbose_name = _("Sensor data")

    def ready(self) -> None:
        """Say in the public register what is held."""
        from stadtkern.governance import register  # noqa: PLC0415  # needs the models
        from stadtkern.observations import holdings  # noqa: PLC0415

        register.add_holder("observations", count=holdings.count, list_items=holdings.list_items)
