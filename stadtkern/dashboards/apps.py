"""The app of cockpits."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardsConfig(AppConfig):
    """Cockpit pages made of tiles."""

    name = "stadtkern.dashboards"
    verbose_name = _("Cockpits")

    def ready(self) -> None:
        """Put the newest values on the map of the town."""
        from wagtail.signals import page_published, page_unpublished  # noqa: PLC0415  # models are loaded only now

        from stadtkern.dashboards.front_page import forget  # noqa: PLC0415
        from stadtkern.dashboards.live_places import features  # noqa: PLC0415  # models are loaded only now
        from stadtkern.web import map_layers  # noqa: PLC0415

        map_layers.register("values", _("Newest values"), features)
        page_published.connect(forget)
        page_unpublished.connect(forget)
