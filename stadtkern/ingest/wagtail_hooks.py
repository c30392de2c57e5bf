"""Our place in the back office."""

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from stadtkern.ingest import admin, setup_admin


class SourcesMenuItem(MenuItem):
    """The entry in the menu, for those who may look after sources."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return request.user.has_perm("ingest.view_source")


@hooks.register("register_admin_urls")
def source_urls() -> list[URLPattern]:
    """Return the addresses of the pages about sources."""
    return [
        path("sources/", admin.SourceList.as_view(), name="sources"),
        path("sources/setup/", setup_admin.SetupPage.as_view(), name="setup"),
        path(
            "sources/setup/stadtkern-setup.json", setup_admin.SetupDownload.as_view(), name="setup-download"
        ),
        path("sources/new/", admin.ChooseConnector.as_view(), name="source-choose"),
        path("sources/new/<slug:connector>/", admin.NewSource.as_view(), name="source-new"),
        path("sources/<int:pk>/", admin.SourceDetail.as_view(), name="source"),
        path("sources/<int:pk>/edit/", admin.SourceEditor.as_view(), name="source-edit"),
        path("sources/<int:pk>/<slug:verb>/", admin.SourceAction.as_view(), name="source-action"),
    ]


@hooks.register("register_sensor_data_menu_item")
def source_menu_item() -> MenuItem:
    """Return the entry in the menu."""
    return SourcesMenuItem(_("Data sources"), reverse_lazy("sources"), icon_name="download", order=200)
