"""Our place in the back office."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permissions import register_permission_policy

from stadtkern.community import admin
from stadtkern.community.models import Offer
from stadtkern.governance.forms import SpanField
from stadtkern.people.policy import RulesPermissionPolicy

register_permission_policy(Offer, RulesPermissionPolicy(Offer))


class PermittedItem(MenuItem):
    """An entry for those who have a right."""

    def __init__(self, permission: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.permission = permission

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return bool(request.user.has_perm(f"community.{self.permission}"))


@hooks.register("register_admin_urls")
def community_urls() -> list[URLPattern]:
    """Return the addresses of the pages about people around data."""
    return [
        path("talk/", admin.TalkList.as_view(), name="talk"),
        path("talk/questions/<int:pk>/", admin.QuestionPage.as_view(), name="talk-question"),
        path("talk/wishes/<int:pk>/", admin.WishPage.as_view(), name="talk-wish"),
        path("talk/reuses/<int:pk>/", admin.ReusePage.as_view(), name="talk-reuse"),
        path("data-requests/", admin.AccessRequestList.as_view(), name="data-access-requests"),
        path("data-requests/<int:pk>/", admin.AccessRequestPage.as_view(), name="data-access-request"),
        path("data-reminders/", admin.ReminderList.as_view(), name="data-reminders"),
    ]


@hooks.register("register_open_data_menu_item")
def talk_item() -> MenuItem:
    """Return the entry of questions and wishes."""
    return PermittedItem(
        "view_talk", _("Questions and wishes"), reverse_lazy("talk"), icon_name="comment", order=600
    )


@hooks.register("register_open_data_menu_item")
def requests_item() -> MenuItem:
    """Return the entry of requests for closed data."""
    url = reverse_lazy("data-access-requests")
    return PermittedItem("view_accessrequest", _("Requests for closed data"), url, icon_name="key", order=610)


@hooks.register("register_open_data_menu_item")
def reminders_item() -> MenuItem:
    """Return the entry of overdue data."""
    return PermittedItem(
        "view_talk",
        _("Overdue data"),
        reverse_lazy("data-reminders"),
        name="data-reminders",
        icon_name="time",
        order=620,
    )


class OfferForm(WagtailAdminModelForm):
    """One offer."""

    longest = SpanField(
        label=_("granted for at most"), help_text=_("No request is granted for longer."), required=True
    )

    class Meta:
        model = Offer
        fields = ("dataset", "terms", "price", "longest", "contact_email", "is_on")


class OfferViewSet(ModelViewSet):
    """Closed data that can be had on request."""

    model = Offer
    name = "offer"
    icon = "lock-open"
    menu_label = _("Offers on request")
    menu_order = 605
    menu_hook = "register_open_data_menu_item"
    copy_view_enabled = False
    list_per_page = 50
    list_display = [
        "__str__",
        Column("longest", label=_("granted for at most")),
        BooleanColumn("is_on", label=_("offered")),
    ]
    ordering = ["dataset__slug"]

    def get_form_class(self, for_update: bool = False) -> type[OfferForm]:  # noqa: ARG002, FBT001, FBT002
        """Return our form."""
        return OfferForm


@hooks.register("register_admin_viewset")
def offers() -> OfferViewSet:
    """Let editors keep the offers."""
    return OfferViewSet()
