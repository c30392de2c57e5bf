"""The app `people`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    """Users, organisations, roles, audit trail."""

    name = "stadtkern.people"
    verbose_name = _("People")

    def ready(self) -> None:
        """Connect what must happen by itself."""
        from stadtkern.people import audit, checks, models, personal_data, rights, roles, services  # noqa: PLC0415  # need the models

        post_migrate.connect(roles.create_roles_after_migrate, sender=self, dispatch_uid="people-roles")
        audit.register_own_models()
        rights.watch(models.User, models.User.groups.through, models.Membership, models.Organisation)
        rights.watch(models.ApiKey)
        checks.register_checks()
        personal_data.register("people", export=services.export_own_tables, erase=services.erase_own_tables)
