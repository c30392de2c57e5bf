"""The application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HarvestConfig(AppConfig):
    """Datasets of other catalogues."""

    name = "stadtkern.harvest"
    verbose_name = _("Harvest")

    def ready(self) -> None:
        """Give what grows an end, and keep the trail of what people may change."""
        from stadtkern.governance import retention as ends  # noqa: PLC0415  # models are loaded only now
        from stadtkern.harvest import models, retention  # noqa: PLC0415
        from stadtkern.people.audit import audited  # noqa: PLC0415

        ends.register("harvest.results", retention.delete_results)
        ends.register("harvest.runs", retention.delete_runs)
        ends.register("harvest.gone_records", retention.delete_gone_records)
        state = ["is_wanted", "may_vanish", "next_at", "last_success"]
        audited(models.HarvestSource, exclude_fields=[*state, "problem", "problem_value", "problem_since"])
