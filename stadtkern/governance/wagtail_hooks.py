"""What of the data concept appears in the back office."""

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.permissions import register_permission_policy

from stadtkern.governance.admin import DataProfileViewSet, RetentionView
from stadtkern.governance.models import DataProfile
from stadtkern.people.policy import RulesPermissionPolicy

register_permission_policy(DataProfile, RulesPermissionPolicy(DataProfile))


class RetentionMenuItem(MenuItem):
    """The record of deletions, for those who may read it."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person may read it."""
        return bool(request.user.has_perm("governance.view_retentionrun"))


@hooks.register("register_admin_viewset")
def viewset() -> DataProfileViewSet:
    """Let editors keep the profiles."""
    return DataProfileViewSet()


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    """Give the record its address."""
    return [
        path("reports/retention/", RetentionView.as_view(), name="retention-runs"),
        path(
            "reports/retention/results/",
            RetentionView.as_view(results_only=True),
            name="retention-runs-results",
        ),
    ]


@hooks.register("register_reports_menu_item")
def retention_menu_item() -> MenuItem:
    """Show the record among the reports."""
    return RetentionMenuItem(
        _("Deleted by retention"), reverse_lazy("retention-runs"), icon_name="bin", order=710
    )
