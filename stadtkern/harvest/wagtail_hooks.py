"""Our place in the back office."""

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from stadtkern.harvest import admin


class HarvestMenuItem(MenuItem):
    """The entry in the menu, for those who may see sources."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return request.user.has_perm("harvest.view_harvestsource")


@hooks.register("register_admin_urls")
def harvest_urls() -> list[URLPattern]:
    """Return the addresses of the pages about sources."""
    return [
        path("harvest/", admin.SourceList.as_view(), name="harvest"),
        path("harvest/new/", admin.NewSource.as_view(), name="harvest-new"),
        path("harvest/<int:pk>/", admin.SourceDetail.as_view(), name="harvest-source"),
        path("harvest/<int:pk>/edit/", admin.SourceEditor.as_view(), name="harvest-edit"),
        path("harvest/<int:pk>/records/", admin.RecordList.as_view(), name="harvest-records"),
        path("harvest/<int:pk>/runs/<int:run>/", admin.RunDetail.as_view(), name="harvest-run"),
        path("harvest/<int:pk>/<slug:verb>/", admin.SourceAction.as_view(), name="harvest-action"),
    ]


@hooks.register("register_open_data_menu_item")
def harvest_menu_item() -> MenuItem:
    """Return the entry in the menu."""
    return HarvestMenuItem(_("Harvest"), reverse_lazy("harvest"), icon_name="download", order=500)
