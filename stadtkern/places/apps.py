"""The app of places."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlacesConfig(AppConfig):
    """Areas and addresses, and how geometries are stored."""

    name = "stadtkern.places"
    verbose_name = _("Places")

    def ready(self) -> None:
        """Let the distance lookups mean the same on both databases, and watch who changes what."""
        from stadtkern.places import lookups, search, trail  # noqa: PLC0415  # need the models
        from stadtkern.search import areas, subjects  # noqa: PLC0415

        subjects.register(search.AREAS)
        subjects.register(search.ADDRESSES)
        areas.register(search.named_areas, search.box_of)
        lookups.register()
        trail.register_models()
