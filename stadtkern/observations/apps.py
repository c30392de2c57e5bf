"""The application."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ObservationsConfig(AppConfig):
    """Sensor data."""

    name = "stadtkern.observations"
    verbose_name = _("Sensor data")

    def ready(self) -> None:
        """Say what is held, give what grows an end, and watch what people may change."""
        from stadtkern.features import collections  # noqa: PLC0415
        from stadtkern.governance import register, retention  # noqa: PLC0415  # models are loaded only now
        from stadtkern.observations import holdings, models, services, warnings  # noqa: PLC0415
        from stadtkern.observations.archive.models import ArchiveFile  # noqa: F401, PLC0415  # Django is to know it
        from stadtkern.observations.derived.models import DerivedStream  # noqa: PLC0415
        from stadtkern.observations.layers import LiveLayers  # noqa: PLC0415
        from stadtkern.observations.search import SUBJECT  # noqa: PLC0415
        from stadtkern.people import rights  # noqa: PLC0415
        from stadtkern.people.audit import audited  # noqa: PLC0415
        from stadtkern.search import subjects  # noqa: PLC0415
        from stadtkern.web import warning_banner  # noqa: PLC0415

        subjects.register(SUBJECT)
        collections.register_source("live", LiveLayers())
        warning_banner.register("levels", warnings.warnings)
        register.add_holder("observations", count=holdings.count, list_items=holdings.list_items)
        retention.register("observations.observations", services.delete_observations)
        retention.register("observations.orphans", services.sweep)
        retention.register("observations.partitions", services.drop_empty_partitions)
        retention.register("observations.late_changes", services.forget_late)
        retention.register("observations.quarantine", services.delete_quarantine)
        retention.register("observations.history", services.delete_versions)
        retention.register("observations.idempotency", services.delete_idempotency_keys)
        for model in (
            models.Location,
            models.Sensor,
            models.ThingPhoto,
            models.ObservedProperty,
            models.Threshold,
        ):
            audited(model)
        audited(models.FeatureOfInterest)
        audited(models.HistoricalLocation)
        audited(models.Thing, m2m_fields={"locations"})
        audited(models.Datastream, exclude_fields=["checked_until"])
        audited(DerivedStream, exclude_fields=["problem"])
        rights.watch(models.Datastream)
        post_migrate.connect(_make_partitions, sender=self)


def _make_partitions(**_facts: Any) -> None:  # noqa: ANN401
    """Have the current months ready as soon as the table is there."""
    from stadtkern.base import clock  # noqa: PLC0415
    from stadtkern.observations.services import ensure_partitions  # noqa: PLC0415

    ensure_partitions(clock.now())
