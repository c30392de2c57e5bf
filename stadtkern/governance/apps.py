"""The app `governance`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    """The data concept of the town."""

    name = "stadtkern.governance"
    verbose_name = _("Data concept")

    def ready(self) -> None:
        """Watch the profiles and give the tables below us an end."""
        from stadtkern.governance import checks, retention  # noqa: PLC0415  # need the models
        from stadtkern.governance.models import DataProfile  # noqa: PLC0415
        from stadtkern.governance.search import SUBJECT, licence_titles  # noqa: PLC0415
        from stadtkern.people import expiry, keys, refusals, rights  # noqa: PLC0415
        from stadtkern.people.audit import audited, delete_old_entries  # noqa: PLC0415
        from stadtkern.search import facets, subjects  # noqa: PLC0415
        from stadtkern.web.services import delete_old_reports, delete_old_tiles  # noqa: PLC0415

        audited(DataProfile, m2m_fields={"partners"})
        rights.watch(DataProfile, DataProfile.partners.through)
        subjects.register(SUBJECT)
        facets.register("licence", licence_titles)
        retention.register("governance.retention_runs", retention.delete_old_runs)
        retention.register("people.audit_trail", delete_old_entries)
        retention.register("people.editorial_log", expiry.delete_editorial_log)
        retention.register("people.login_attempts", expiry.delete_login_attempts)
        retention.register("people.ended_keys", keys.delete_ended_keys)
        retention.register("people.refusals", refusals.delete_old_refusals)
        retention.register("people.rights_changes", rights.delete_old_changes)
        retention.register("people.sessions", expiry.delete_sessions)
        retention.register("people.unconfirmed_accounts", expiry.delete_unconfirmed_accounts)
        retention.register("web.barrier_reports", delete_old_reports)
        retention.register("web.map_tiles", delete_old_tiles)
        checks.register_checks()
