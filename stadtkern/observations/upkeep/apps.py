"""The app of quality marks and of the log of calibration and maintenance."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UpkeepConfig(AppConfig):
    """Upkeep of series and instruments."""

    name = "stadtkern.observations.upkeep"
    label = "upkeep"
    verbose_name = _("Upkeep of sensors and data")

    def ready(self) -> None:
        """Keep a trail of who changed what."""
        from stadtkern.observations.upkeep.models import LogEntry, QualityMark  # noqa: PLC0415  # need the apps
        from stadtkern.people.audit import audited  # noqa: PLC0415

        audited(QualityMark)
        audited(LogEntry)
