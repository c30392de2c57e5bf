"""What of people appears in the back office."""

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permissions import register_permission_policy

from stadtkern.people.admin import MembershipViewSet, OrganisationViewSet, TrailView
from stadtkern.people.models import Membership, Organisation
from stadtkern.people.policy import RulesPermissionPolicy

register_permission_policy(Organisation, RulesPermissionPolicy(Organisation))
register_permission_policy(Membership, RulesPermissionPolicy(Membership))


class TrailMenuItem(MenuItem):
    """The trail, for those who may read it."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person may read the trail."""
        return bool(request.user.has_perm("people.view_audit_trail"))


@hooks.register("register_admin_viewset")
def viewsets() -> list[ModelViewSet]:
    """Let administrators keep organisations and who works there."""
    return [OrganisationViewSet(), MembershipViewSet()]


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    """Give the trail its address."""
    return [
        path("reports/audit-trail/", TrailView.as_view(), name="audit-trail"),
        path(
            "reports/audit-trail/results/", TrailView.as_view(results_only=True), name="audit-trail-results"
        ),
    ]


@hooks.register("register_reports_menu_item")
def trail_menu_item() -> MenuItem:
    """Show the trail among the reports."""
    return TrailMenuItem(_("Audit trail"), reverse_lazy("audit-trail"), icon_name="history", order=700)
