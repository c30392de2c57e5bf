"""Our place in the back office."""

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

from stadtkern.warnings import admin

menu = Menu(
    register_hook_name="register_warnings_menu_item",
    construct_hook_name="construct_warnings_menu",
)


class WarningsMenu(SubmenuMenuItem):
    """The entry in the menu, for those who may read alerts."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return request.user.has_perm("warnings.view_alert")


@hooks.register("register_admin_urls")
def warning_urls() -> list[URLPattern]:
    """Return the addresses of the pages about rules and alerts."""
    return [
        path("alerts/", admin.AlertList.as_view(), name="alerts"),
        path("alerts/<int:pk>/", admin.AlertDetail.as_view(), name="alert"),
        path("rules/", admin.RuleList.as_view(), name="rules"),
        path("rules/new/", admin.NewRule.as_view(), name="rule-new"),
        path("rules/<int:pk>/", admin.RuleEditor.as_view(), name="rule-edit"),
        path("rules/<int:pk>/delete/", admin.RuleAction.as_view(), name="rule-delete"),
        path("channels/", admin.ChannelList.as_view(), name="channels"),
        path("channels/new/", admin.NewChannel.as_view(), name="channel-new"),
        path("channels/<int:pk>/", admin.ChannelEditor.as_view(), name="channel-edit"),
        path("tickets/", admin.TicketList.as_view(), name="tickets"),
        path("tickets/<int:pk>/done/", admin.TicketDone.as_view(), name="ticket-done"),
    ]


@hooks.register("register_admin_menu_item")
def warnings_menu() -> MenuItem:
    """Return the entry in the menu."""
    return WarningsMenu(_("Warnings"), menu, name="warnings", icon_name="warning", order=310)


@hooks.register("register_warnings_menu_item")
def alerts_item() -> MenuItem:
    """Return the entry of the alerts."""
    return MenuItem(_("Alerts"), reverse_lazy("alerts"), icon_name="warning", order=100)


@hooks.register("register_warnings_menu_item")
def tickets_item() -> MenuItem:
    """Return the entry of the tasks."""
    return MenuItem(_("Tasks"), reverse_lazy("tickets"), icon_name="tasks", order=200)


@hooks.register("register_warnings_menu_item")
def rules_item() -> MenuItem:
    """Return the entry of the rules."""
    return MenuItem(_("Rules"), reverse_lazy("rules"), icon_name="cogs", order=300)


@hooks.register("register_warnings_menu_item")
def channels_item() -> MenuItem:
    """Return the entry of the ways of telling."""
    return MenuItem(_("Ways of telling"), reverse_lazy("channels"), icon_name="mail", order=400)
