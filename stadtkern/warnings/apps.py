"""The app `warnings`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WarningsConfig(AppConfig):
    """Rules on data, and what they found."""

    name = "stadtkern.warnings"
    verbose_name = _("Warnings")

    def ready(self) -> None:
        """Show alerts on every page, give what grows an end, watch what people may change."""
        from stadtkern.base import alarms  # noqa: PLC0415  # models are loaded only now
        from stadtkern.governance import retention  # noqa: PLC0415
        from stadtkern.people.audit import audited  # noqa: PLC0415
        from stadtkern.search import subjects  # noqa: PLC0415
        from stadtkern.warnings import banner, models, search, services  # noqa: PLC0415
        from stadtkern.web import warning_banner  # noqa: PLC0415

        warning_banner.register("levels", banner.warnings)
        subjects.register(search.SUBJECT)
        alarms.listen(services.heard_alarm)
        retention.register("warnings.alerts", services.delete_alerts)
        retention.register("warnings.deliveries", services.delete_deliveries)
        retention.register("warnings.tickets", services.delete_tickets)
        audited(models.Rule, m2m_fields={"channels"}, exclude_fields=["since"])
        audited(models.Condition)
        audited(models.Channel, exclude_fields=["key_salt"], mask_fields=["email"])
        audited(models.Ticket)
        audited(models.Alert, include_fields=["acknowledged_at", "acknowledged_by", "note", "ended"])
