"""Sensor data in the back office."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy

from stadtkern.observations.derived import admin as derived
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


class DerivedMenuItem(MenuItem):
    """The entry of the virtual series, for those who may see them."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return request.user.has_perm("observations.view_derivedstream")


@hooks.register("register_admin_urls")
def derived_urls() -> list[URLPattern]:
    """Return the addresses of the pages about virtual series."""
    return [
        path("derived/", derived.DerivedList.as_view(), name="derived"),
        path("derived/new/<slug:kind>/", derived.DerivedEditor.as_view(), name="derived-new"),
        path("derived/<int:pk>/", derived.DerivedEditor.as_view(), name="derived-edit"),
        path("derived/<int:pk>/delete/", derived.DerivedAction.as_view(), name="derived-delete"),
    ]


@hooks.register("register_admin_menu_item")
def derived_menu_item() -> MenuItem:
    """Return the entry in the menu."""
    return DerivedMenuItem(_("Virtual series"), reverse_lazy("derived"), icon_name="code", order=325)
