"""The data concept in the back office."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn
from wagtail.admin.views.generic import EditView, IndexView
from wagtail.admin.views.reports import ReportView
from wagtail.admin.viewsets.model import ModelViewSet

from stadtkern.governance.forms import LicenceField, SpanField
from stadtkern.governance.models import DataProfile, RetentionRun


def _help(name: str) -> dict[str, Any]:
    """Return label and help text of a field of the profile."""
    field = next(field for field in DataProfile._meta.fields if field.name == name)  # noqa: SLF001
    return {"label": field.verbose_name, "help_text": field.help_text, "required": False}


class DataProfileForm(WagtailAdminModelForm):
    """One profile."""

    licence = LicenceField(**_help("licence"))
    retention: forms.Field = SpanField(**_help("retention"))
    archive_after: forms.Field = SpanField(**_help("archive_after"))
    update_rhythm: forms.Field = SpanField(**_help("update_rhythm"))

    class Meta:
        model = DataProfile
        fields = [
            *("slug", "title", "purpose", "legal_basis", "has_personal_data", "smallest_group", "owner"),
            *("access", "partners", "licence"),
            *("attribution", "retention", "archive_after", "update_rhythm", "quality", "is_published"),
        ]


class ProfileIndexView(IndexView):
    """All profiles with their owners."""

    def get_base_queryset(self) -> QuerySet[DataProfile]:
        """Return the profiles and, in the same query, who answers for them."""
        found: QuerySet[DataProfile] = super().get_base_queryset()
        return found.select_related("owner")


class ProfileEditView(EditView):
    """The form of one profile, for those who look after it."""

    def get_object(self, queryset: Any = None) -> DataProfile:  # noqa: ANN401
        """Return the profile; an editor of another organisation is turned away."""
        profile: DataProfile = super().get_object(queryset)
        if not self.request.user.has_perm("governance.change_dataprofile", profile):
            raise PermissionDenied
        return profile


class DataProfileViewSet(ModelViewSet):
    """All profiles: why the town holds what."""

    model = DataProfile
    name = "dataprofile"
    index_view_class = ProfileIndexView
    edit_view_class = ProfileEditView
    icon = "clipboard-list"
    menu_label = _("Data concept")
    menu_order = 300
    add_to_admin_menu = True
    copy_view_enabled = False
    list_per_page = 50
    list_display = [
        "__str__",
        Column("owner", label=_("owner")),
        Column("licence", label=_("licence")),
        BooleanColumn("has_personal_data", label=_("personal data")),
        Column("get_access_display", label=_("who may read")),
        BooleanColumn("is_published", label=_("published")),
    ]
    list_filter = ["owner", "access", "is_published", "has_personal_data"]
    ordering = ["slug"]

    def get_form_class(self, for_update: bool = False) -> type[DataProfileForm]:  # noqa: ARG002, FBT001, FBT002
        """Return our form."""
        return DataProfileForm


class RetentionView(ReportView):
    """What was deleted, by which rule, when."""

    model = RetentionRun
    page_title = _("Deleted by retention")
    header_icon = "bin"
    index_url_name = "retention-runs"
    index_results_url_name = "retention-runs-results"
    default_ordering = "-started_at"
    is_searchable = False
    columns = [
        Column("name", label=_("Rule")),
        DateColumn("started_at", label=_("Started")),
        Column("deleted", label=_("Rows deleted")),
        Column("error", label=_("Error")),
    ]
    list_export = ["name", "started_at", "deleted", "error"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may read it."""
        if not request.user.has_perm("governance.view_retentionrun"):
            raise PermissionDenied
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def get_queryset(self) -> QuerySet[RetentionRun]:
        """Return the newest first."""
        return RetentionRun.objects.order_by("-started_at", "name")
