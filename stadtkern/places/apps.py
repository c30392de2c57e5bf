"""The app of places."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlacesConfig(AppConfig):
    """Areas and addresses, and how geometries are stored."""

    name = "stadtkern.places"
    verbose_name = _("Places")

    def ready(self) -> None:
        """Let the distance lookups mean the same on both databases, and watch who changes what."""
        from stadtkern.places import lookups, trail  # noqa: PLC0415  # need the models
        from stadtkern.places.search import find_addresses, find_areas  # noqa: PLC0415
        from stadtkern.web import search  # noqa: PLC0415

        search.register("areas", _("Areas"), find_areas)
        search.register("addresses", _("Addresses"), find_addresses)
        lookups.register()
        trail.register_models()
