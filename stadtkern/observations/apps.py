"""The application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ObservationsConfig(AppConfig):
    """Sensor data."""

    name = "stadtkern.observations"
    verbose_name = _("Sensor data")
