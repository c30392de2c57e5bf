"""The app of cockpits."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardsConfig(AppConfig):
    """Cockpit pages made of tiles."""

    name = "stadtkern.dashboards"
    verbose_name = _("Cockpits")
