"""Areas and addresses in the back office."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import IndexView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets import HeaderButton

from stadtkern.base.errors import BadInput
from stadtkern.people.models import User
from stadtkern.places.export import geojson
from stadtkern.places.folding import folded_words
from stadtkern.places.forms import AddressForm, AreaForm, ImportForm
from stadtkern.places.models import Address, Area
from stadtkern.places.services import IMPORTERS, Report
from stadtkern.places.trail import note_import

KINDS = {"areas": "area", "addresses": "address"}
TITLES = {"areas": gettext_lazy("Areas"), "addresses": gettext_lazy("Addresses")}
MOST_SHOWN = 200
"""Rows left out that a page names; the command names them all."""


class PlacesIndexView(IndexView):
    """A list with ways to bring a file in and to take one out."""

    kind = ""

    @property
    def header_buttons(self) -> list[HeaderButton]:
        """Return the buttons beside the title."""
        buttons: list[HeaderButton] = list(super().header_buttons)
        if self.request.user.has_perm(f"places.add_{KINDS[self.kind]}"):
            buttons.append(
                HeaderButton(_("Import a file"), reverse(f"{self.kind}-import"), icon_name="upload")
            )
        return buttons

    @property
    def header_more_buttons(self) -> list[HeaderButton]:
        """Return the rest."""
        url = reverse(f"{self.kind}-geojson")
        return [*super().header_more_buttons, HeaderButton("GeoJSON", url, icon_name="download", priority=95)]


class AreaIndexView(PlacesIndexView):
    """Areas; found by name in any language or by number."""

    kind = "areas"

    def get_base_queryset(self) -> QuerySet[Area]:
        """Return the areas without their outlines, which are large."""
        found: QuerySet[Area] = super().get_base_queryset()
        return found.select_related("parent").defer("geometry", "parent__geometry")

    def search_queryset(self, queryset: QuerySet[Area]) -> QuerySet[Area]:
        """Keep the areas whose names have all words, however they are spelt; a town has few areas."""
        if not self.is_searching:
            return queryset
        words = folded_words(self.search_query)
        found = [
            pk
            for pk, slug, code, names in queryset.values_list("pk", "slug", "code", "name")
            if _fits(words, folded_words(" ".join([slug, code, *names.values()])))
        ]
        return queryset.filter(pk__in=found)


def _fits(wanted: list[str], there: list[str]) -> bool:
    return all(any(one.startswith(word) for one in there) for word in wanted)


class AddressIndexView(PlacesIndexView):
    """Addresses; found however the street is spelt."""

    kind = "addresses"

    def get_base_queryset(self) -> QuerySet[Address]:
        """Return the addresses without the outlines of their areas."""
        found: QuerySet[Address] = super().get_base_queryset()
        return found.select_related("area").defer("area__geometry")

    def search_queryset(self, queryset: QuerySet[Address]) -> QuerySet[Address]:
        """Keep the addresses that fit."""
        if not self.is_searching:
            return queryset
        return queryset.filter(pk__in=Address.objects.search(self.search_query).values("pk"))


class AreaViewSet(ModelViewSet):
    """All areas."""

    model = Area
    name = "area"
    icon = "site"
    menu_label = gettext_lazy("Areas")
    menu_order = 330
    add_to_admin_menu = True
    copy_view_enabled = False
    index_view_class = AreaIndexView
    search_fields = ["slug"]
    search_backend_name = None
    list_per_page = 50
    list_display = [
        "__str__",
        Column("get_kind_display", label=gettext_lazy("kind"), sort_key="kind"),
        Column("code", label=gettext_lazy("official number"), sort_key="code"),
        Column("parent", label=gettext_lazy("part of")),
    ]
    list_filter = ["kind"]
    list_export = ["slug", "kind", "code", "name", "parent"]
    ordering = ["slug"]

    def get_form_class(self, for_update: bool = False) -> type[AreaForm]:  # noqa: ARG002, FBT001, FBT002
        """Return our form."""
        return AreaForm


class AddressViewSet(ModelViewSet):
    """All addresses."""

    model = Address
    name = "address"
    icon = "home"
    menu_label = gettext_lazy("Addresses")
    menu_order = 331
    add_to_admin_menu = True
    copy_view_enabled = False
    index_view_class = AddressIndexView
    search_fields = ["street"]
    search_backend_name = None
    list_per_page = 50
    list_display = ["__str__", Column("area", label=gettext_lazy("area"))]
    list_export = ["street", "house_number", "postcode", "place", "point.x", "point.y"]
    export_headings = {
        "street": "street",
        "house_number": "house_number",
        "postcode": "postcode",
        "place": "place",
        "point.x": "lon",
        "point.y": "lat",
    }
    ordering = ["street", "number_order", "house_number", "place", "pk"]

    def get_form_class(self, for_update: bool = False) -> type[AddressForm]:  # noqa: ARG002, FBT001, FBT002
        """Return our form."""
        return AddressForm


class PlacesView(View):
    """What import and export share: the kind of place, and who may."""

    kind = ""
    verb = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may."""
        if not request.user.has_perm(f"places.{self.verb}_{KINDS[self.kind]}"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class ExportView(PlacesView):
    """All of one kind as GeoJSON."""

    verb = "view"

    def get(self, request: HttpRequest) -> StreamingHttpResponse:  # noqa: ARG002
        """Hand the file out."""
        name = f'attachment; filename="{self.kind}.geojson"'
        return StreamingHttpResponse(
            geojson(self.kind), content_type="application/geo+json", headers={"Content-Disposition": name}
        )


class ImportView(PlacesView):
    """Bring a file in, or see first what it would do."""

    verb = "add"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.page(request, ImportForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check or import, and show what came of it."""
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.page(request, form, status=422)
        try:
            report: Report = form.run(IMPORTERS[self.kind])
        except BadInput as problem:
            form.add_error("file", str(problem))
            return self.page(request, form, status=422)
        if not report.dry_run:
            by = request.user if isinstance(request.user, User) else None
            name = form.cleaned_data["file"].name
            note_import(self.kind, file=name, created=report.created, updated=report.updated, by=by)
        return self.page(request, form, report=report)

    def page(
        self, request: HttpRequest, form: ImportForm, *, report: Report | None = None, status: int = 200
    ) -> HttpResponse:
        """Draw the page."""
        index = reverse(f"{KINDS[self.kind]}:index")
        facts = {
            "form": form,
            "report": report,
            "rejected": report.rejected[:MOST_SHOWN] if report else [],
            "index_url": index,
            "page_title": _("Import a file"),
            "page_subtitle": TITLES[self.kind],
            "header_icon": "upload",
            "breadcrumbs_items": [
                *WagtailAdminTemplateMixin.breadcrumbs_items,
                {"url": index, "label": TITLES[self.kind]},
                {"url": "", "label": _("Import a file")},
            ],
        }
        return render(request, "places/admin/import.html", facts, status=status)


def admin_urls() -> list[URLPattern]:
    """Return the addresses of import and export."""
    return [
        *(path(f"places/{k}/import/", ImportView.as_view(kind=k), name=f"{k}-import") for k in KINDS),
        *(path(f"places/{k}/{k}.geojson", ExportView.as_view(kind=k), name=f"{k}-geojson") for k in KINDS),
    ]
