"""What of people appears in the back office."""

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permissions import register_permission_policy

from stadtkern.people.admin import MembershipViewSet, OrganisationViewSet, TrailView
from stadtkern.people.key_admin import KeyList, KeyNew, KeyRevoke, RefusalView
from stadtkern.people.models import Membership, Organisation
from stadtkern.people.policy import RulesPermissionPolicy

register_permission_policy(Organisation, RulesPermissionPolicy(Organisation))
register_permission_policy(Membership, RulesPermissionPolicy(Membership))


class TrailMenuItem(MenuItem):
    """The trail, for those who may read it."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person may read the trail."""
        return bool(request.user.has_perm("people.view_audit_trail"))


class KeysMenuItem(MenuItem):
    """The keys, for administrators."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person may look after keys."""
        return bool(request.user.has_perm("people.manage_keys"))


@hooks.register("register_settings_menu_item")
def keys_menu_item() -> MenuItem:
    """Show the keys among the settings."""
    return KeysMenuItem(_("API keys"), reverse_lazy("keys"), icon_name="key", order=630)


@hooks.register("register_reports_menu_item")
def refusals_menu_item() -> MenuItem:
    """Show the refusals among the reports."""
    return TrailMenuItem(_("Refused requests"), reverse_lazy("refusals"), icon_name="lock", order=710)


@hooks.register("register_admin_viewset")
def viewsets() -> list[ModelViewSet]:
    """Let administrators keep organisations and who works there."""
    return [OrganisationViewSet(), MembershipViewSet()]


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    """Give the trail, the refusals and the keys their addresses."""
    return [
        path("reports/audit-trail/", TrailView.as_view(), name="audit-trail"),
        path(
            "reports/audit-trail/results/", TrailView.as_view(results_only=True), name="audit-trail-results"
        ),
        path("reports/refusals/", RefusalView.as_view(), name="refusals"),
        path("reports/refusals/results/", RefusalView.as_view(results_only=True), name="refusals-results"),
        path("keys/", KeyList.as_view(), name="keys"),
        path("keys/new/", KeyNew.as_view(), name="key-new"),
        path("keys/<int:pk>/revoke/", KeyRevoke.as_view(), name="key-revoke"),
    ]


@hooks.register("register_reports_menu_item")
def trail_menu_item() -> MenuItem:
    """Show the trail among the reports."""
    return TrailMenuItem(_("Audit trail"), reverse_lazy("audit-trail"), icon_name="history", order=700)
