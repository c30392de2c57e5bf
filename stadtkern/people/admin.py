"""What the back office shows of people."""

from typing import Any

import django_filters
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django import forms
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.views.reports import ReportView
from wagtail.admin.viewsets.model import ModelViewSet

from stadtkern.base.tables import harmless
from stadtkern.people.models import Membership, Organisation
from stadtkern.people.roles import BACK_OFFICE
from stadtkern.people.trail import events


def audited_kinds(_request: HttpRequest | None) -> QuerySet[ContentType]:
    """Return the kinds of objects that have a trail."""
    found = ContentType.objects.get_for_models(*auditlog.get_models())
    return ContentType.objects.filter(pk__in=[kind.pk for kind in found.values()]).order_by("model")


class TrailFilter(WagtailFilterSet):
    """What somebody who reads the trail looks for."""

    object_repr = django_filters.CharFilter(label=_("Name of the object"), lookup_expr="icontains")
    content_type = django_filters.ModelChoiceFilter(label=_("Kind"), queryset=audited_kinds)
    actor = django_filters.ModelChoiceFilter(
        label=_("Who"),
        queryset=lambda _request: get_user_model().objects.filter(groups__name__in=BACK_OFFICE).distinct(),
    )
    since = django_filters.DateFilter(
        label=_("Since"),
        field_name="timestamp",
        lookup_expr="date__gte",
        widget=forms.DateInput({"type": "date"}),
    )
    until = django_filters.DateFilter(
        label=_("Until"),
        field_name="timestamp",
        lookup_expr="date__lte",
        widget=forms.DateInput({"type": "date"}),
    )

    class Meta:
        model = LogEntry
        fields = ["action"]


class TrailView(ReportView):
    """Who changed what, when, and what it said before."""

    model = LogEntry
    page_title = _("Audit trail")
    header_icon = "history"
    filterset_class = TrailFilter
    default_ordering = "-timestamp"
    results_template_name = "people/admin/trail.html"
    index_url_name = "audit-trail"
    index_results_url_name = "audit-trail-results"
    is_searchable = False
    list_export = ["timestamp", "actor", "action", "content_type", "object_repr", "changes"]
    custom_field_preprocess = {
        name: {"csv": lambda value: harmless(str(value))} for name in ("actor", "object_repr", "changes")
    }
    export_headings = {"timestamp": _("When"), "actor": _("Who"), "object_repr": _("Object")}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may read the trail."""
        if not request.user.has_perm("people.view_audit_trail"):
            raise PermissionDenied
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def get_queryset(self) -> QuerySet[LogEntry]:
        """Return the trail with what each line needs."""
        entries: QuerySet[LogEntry] = LogEntry.objects.select_related("actor", "content_type")
        return entries.order_by("-timestamp", "-pk")

    def decorate_paginated_queryset(self, object_list: Any) -> Any:  # noqa: ANN401
        """Read the changes of one page of entries."""
        return object_list if self.is_export else events(object_list)


class OrganisationForm(WagtailAdminModelForm):
    """One organisation."""

    homepage = forms.URLField(label=_("homepage"), required=False, assume_scheme="https")

    class Meta:
        model = Organisation
        fields = ["slug", "name", "parent", "homepage", "email"]


class OrganisationViewSet(ModelViewSet):
    """The town, its departments, and who else owns data."""

    model = Organisation
    name = "organisation"
    icon = "group"
    menu_label = _("Organisations")
    menu_order = 610
    add_to_settings_menu = True
    copy_view_enabled = False
    list_display = ["__str__", "slug", "parent"]
    ordering = ["slug"]

    def get_form_class(self, for_update: bool = False) -> type[OrganisationForm]:  # noqa: ARG002, FBT001, FBT002
        """Return our form."""
        return OrganisationForm


class MembershipViewSet(ModelViewSet):
    """Who works where."""

    model = Membership
    name = "membership"
    icon = "user"
    menu_label = _("Memberships")
    menu_order = 620
    add_to_settings_menu = True
    copy_view_enabled = False
    form_fields = ["user", "organisation", "role"]
    list_display = ["user", "organisation", "get_role_display"]
    list_filter = ["organisation", "role"]
