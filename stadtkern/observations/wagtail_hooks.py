"""Sensor data in the back office."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy

from stadtkern.observations.models import QuarantinedReading


class ReadingsAreNotWritten(ModelPermissionPolicy):
    """Quarantine is looked at and emptied, never written by hand."""

    def user_has_permission(self, user: Any, action: str) -> bool:  # noqa: ANN401
        """Return whether `user` may do `action`."""
        return action not in {"add", "change"} and super().user_has_permission(user, action)


class QuarantineViewSet(ModelViewSet):
    """What could not be stored, newest first."""

    model = QuarantinedReading
    icon = "warning"
    menu_label = _("Quarantine")
    menu_name = "quarantine"
    menu_order = 320
    add_to_admin_menu = True
    list_per_page = 50
    list_display = (
        DateColumn("last_seen", label=_("last seen"), sort_key="last_seen"),
        "source",
        Column("get_reason_display", label=_("reason"), sort_key="reason"),
        "detail",
        "where",
        "raw",
        "times",
    )
    list_filter = ("source", "reason")
    search_fields = ("detail", "where", "raw")
    inspect_view_enabled = True
    inspect_view_fields = ("source", "reason", "detail", "where", "raw", "times", "first_seen", "last_seen")
    form_fields = ("source",)
    copy_view_enabled = False


register_permission_policy(QuarantinedReading, ReadingsAreNotWritten(QuarantinedReading))


@hooks.register("register_admin_viewset")
def quarantine() -> QuarantineViewSet:
    """Add the list."""
    return QuarantineViewSet("quarantine")
