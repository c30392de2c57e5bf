"""Our place in the back office."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem
from wagtail.admin.ui.components import Component
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from stadtkern.catalogue.admin import advising, catalogue, datasets, intake, publish
from stadtkern.catalogue.models import Agent, DataService, Dataset, DatasetSeries
from stadtkern.catalogue.queries import open_tasks
from stadtkern.people.models import User
from stadtkern.people.policy import RulesPermissionPolicy

for _model in (Agent, DataService, DatasetSeries):
    register_permission_policy(_model, RulesPermissionPolicy(_model))
register_permission_policy(Dataset, catalogue.DatasetPolicy(Dataset))

register_snippet(catalogue.DatasetViewSet)

menu = Menu(register_hook_name=catalogue.HOOK, construct_hook_name="construct_open_data_menu")
"""Everything about open data; `harvest` and `community` add their entries."""


class OpenDataMenu(SubmenuMenuItem):
    """The entry under which everything about open data stands, for those who may look."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return bool(request.user.has_perm("catalogue.view_dataset"))


class OpenDataMenuItem(MenuItem):
    """An entry for those who may make datasets."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return bool(request.user.has_perm("catalogue.add_dataset"))


@hooks.register("register_admin_menu_item")
def open_data_menu() -> MenuItem:
    """Return the entry in the menu."""
    return OpenDataMenu(_("Open data"), menu, name="open-data", icon_name="table", order=302)


@hooks.register(catalogue.HOOK)
def publish_item() -> MenuItem:
    """Return the way in four steps."""
    return OpenDataMenuItem(
        _("Publish a table"), reverse_lazy("open-data-publish"), icon_name="upload", order=100
    )


@hooks.register(catalogue.HOOK)
def datasets_item() -> MenuItem:
    """Return the list of datasets."""
    return MenuItem(_("Datasets"), reverse_lazy("open-data-datasets"), icon_name="table", order=200)


@hooks.register(catalogue.HOOK)
def uploads_item() -> MenuItem:
    """Return the list of files that came in."""
    return OpenDataMenuItem(_("Uploads"), reverse_lazy("open-data-uploads"), icon_name="history", order=300)


@hooks.register("register_admin_viewset")
def series_viewset() -> catalogue.SeriesViewSet:
    """Let editors keep series."""
    return catalogue.SeriesViewSet()


@hooks.register("register_admin_viewset")
def agent_viewset() -> catalogue.AgentViewSet:
    """Let editors keep publishers."""
    return catalogue.AgentViewSet()


@hooks.register("register_admin_viewset")
def service_viewset() -> catalogue.ServiceViewSet:
    """Let editors keep data services."""
    return catalogue.ServiceViewSet()


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    """Return the addresses of our pages."""
    return [
        path("open-data/publish/", publish.PublishTable.as_view(), name="open-data-publish"),
        path("open-data/uploads/", intake.UploadList.as_view(), name="open-data-uploads"),
        path("open-data/datasets/", catalogue.to_list, name="open-data-datasets"),
        path("open-data/advice/", advising.AdviceOnNew.as_view(), name="open-data-advice-new"),
        path("open-data/datasets/<int:pk>/", datasets.DatasetOverview.as_view(), name="open-data-dataset"),
        path("open-data/datasets/<int:pk>/describe/", publish.Describe.as_view(), name="open-data-describe"),
        path("open-data/datasets/<int:pk>/add/", datasets.AddPart.as_view(), name="open-data-add"),
        path("open-data/datasets/<int:pk>/withdraw/", datasets.Withdraw.as_view(), name="open-data-withdraw"),
        path("open-data/datasets/<int:pk>/advice/", advising.AdviceOnForm.as_view(), name="open-data-advice"),
        path(
            "open-data/datasets/<int:pk>/advice/short/",
            advising.AdviceOnForm.as_view(short=True),
            name="open-data-advice-short",
        ),
        path(
            "open-data/datasets/<int:pk>/<slug:verb>/",
            datasets.DatasetAction.as_view(),
            name="open-data-dataset-action",
        ),
        path("open-data/tables/<int:pk>/", datasets.TableDetail.as_view(), name="open-data-table"),
        path("open-data/versions/<int:pk>/", intake.VersionDetail.as_view(), name="open-data-version"),
        path("open-data/versions/<int:pk>/preview/", intake.Preview.as_view(), name="open-data-preview"),
        path("open-data/versions/<int:pk>/progress/", intake.ProgressOf.as_view(), name="open-data-progress"),
        path("open-data/versions/<int:pk>/rejected/", intake.Rejected.as_view(), name="open-data-rejected"),
        path("open-data/versions/<int:pk>/file/", intake.SourceFile.as_view(), name="open-data-file"),
        path(
            "open-data/versions/<int:pk>/<slug:verb>/",
            intake.VersionAction.as_view(),
            name="open-data-version-action",
        ),
    ]


class UploadsPanel(Component):
    """On the first page of the back office: files that wait for this person."""

    name = "open-data-uploads"
    template_name = "catalogue/admin/home_panel.html"
    order = 150

    def __init__(self, user: User) -> None:
        self.user = user

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:  # noqa: ANN401, ARG002
        """Return the newest of them."""
        found = open_tasks(self.user)[:6]
        return {"versions": list(found)[:5], "has_more": len(found) > 5}  # noqa: PLR2004  # one more was asked for


@hooks.register("construct_homepage_panels")
def add_uploads_panel(request: HttpRequest, panels: list[Component]) -> None:
    """Show it to those who make datasets."""
    if isinstance(request.user, User) and request.user.has_perm("catalogue.add_dataset"):
        panels.append(UploadsPanel(request.user))


@hooks.register("insert_global_admin_css")
def admin_css() -> SafeString:
    """Return the style of our pages."""
    return format_html('<link rel="stylesheet" href="{}">', static("catalogue/admin.css"))


@hooks.register("insert_editor_js")
def editor_js() -> SafeString:
    """Let the advice beside the form follow what is typed."""
    return format_html('<script src="{}" defer></script>', static("web/vendor/htmx-4.0.1/htmx.min.js"))
