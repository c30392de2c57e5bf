"""The app `warnings`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WarningsConfig(AppConfig):
    """Rules on data, and what they found."""

    name = "stadtkern.warnings"
    verbose_name = _("Warnings")
