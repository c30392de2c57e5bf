"""Our place in the back office."""

from typing import Any

from django.forms import DateInput
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic.models import CreateView, IndexView
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permissions import register_permission_policy

from stadtkern.base import clock
from stadtkern.observations.models import Thing
from stadtkern.observations.upkeep import admin, queries
from stadtkern.observations.upkeep.models import LogEntry
from stadtkern.people.policy import RulesPermissionPolicy

register_permission_policy(LogEntry, RulesPermissionPolicy(LogEntry))


class QualityMenuItem(MenuItem):
    """The entry in the menu, for those who may look."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return request.user.has_perm("upkeep.view_qualitymark")


@hooks.register("register_admin_urls")
def quality_urls() -> list[URLPattern]:
    """Return the addresses of the quality editor."""
    return [
        path("quality/", admin.StreamList.as_view(), name="quality"),
        path("quality/<int:pk>/", admin.StreamQuality.as_view(), name="quality-stream"),
        path("quality/undo/<int:pk>/", admin.UndoMark.as_view(), name="quality-undo"),
    ]


@hooks.register("register_sensor_data_menu_item")
def quality_menu_item() -> MenuItem:
    """Return the entry in the menu."""
    return QualityMenuItem(_("Data quality"), reverse_lazy("quality"), icon_name="tick-inverse", order=500)


class NewEntry(CreateView):
    """Write an entry, from the page of a sensor about that sensor; it remembers who wrote it."""

    def get_initial_form_instance(self) -> LogEntry:
        """Return an empty entry about the thing that the address names."""
        key = self.request.GET.get("thing", "")
        is_number = key.isascii() and key.isdigit() and len(key) < 19  # noqa: PLR2004  # 64 bits
        thing = Thing.objects.filter(pk=key).first() if is_number else None
        return LogEntry(thing=thing, date=localdate()) if thing else LogEntry(date=localdate())

    def save_instance(self) -> Any:  # noqa: ANN401  # Wagtail's signature
        """Store the entry with its author."""
        self.form.instance.made_by = self.request.user
        self.form.instance.made_at = clock.now()
        return super().save_instance()


class LogPaginator(WagtailPaginator):
    """Counts entries, not logs."""

    @cached_property
    def items_count_label(self) -> str:
        """Return how many there are."""
        return ngettext("%(count)d entry", "%(count)d entries", self.count) % {"count": self.count}


class LogList(IndexView):
    """The entries; each knows whether its repetition is overdue."""

    paginator_class = LogPaginator

    def get_base_queryset(self) -> Any:  # noqa: ANN401  # Wagtail's signature
        """Return the entries; work is overdue unless the same was done again later."""
        return queries.with_overdue(super().get_base_queryset().select_related("thing"))


class DueColumn(DateColumn):
    """The next date, and a word where it has passed."""

    cell_template_name = "upkeep/admin/due.html"


class EntryColumn(Column):
    """The date, which leads to the form of the entry."""

    cell_template_name = "upkeep/admin/entry.html"


class ThingColumn(Column):
    """The name of the sensor, which leads to its page."""

    cell_template_name = "upkeep/admin/thing.html"


class LogViewSet(ModelViewSet):
    """What was done to the instruments, and what is due."""

    model = LogEntry
    icon = "history"
    menu_label = _("Maintenance log")
    menu_name = "maintenance-log"
    menu_order = 600
    menu_hook = "register_sensor_data_menu_item"
    index_view_class = LogList
    index_template_name = "upkeep/admin/log.html"
    add_view_class = NewEntry
    list_per_page = 50
    list_display = (
        EntryColumn("date", label=capfirst(_("date")), sort_key="date"),
        ThingColumn("thing", label=capfirst(_("thing")), sort_key="thing__name"),
        Column("get_kind_display", label=capfirst(_("what was done")), sort_key="kind"),
        "done_by",
        DueColumn("next_due", label=capfirst(_("to be done again by")), sort_key="next_due"),
    )
    list_filter = {"kind": ["exact"], "date": ["gte", "lte"], "next_due": ["lte"]}
    search_fields = ("note", "done_by", "thing__name", "thing__key")
    panels = (
        FieldPanel("thing"),
        FieldPanel("kind"),
        FieldPanel("date", widget=DateInput(attrs={"type": "date"}, format="%Y-%m-%d")),
        FieldPanel("done_by"),
        FieldPanel("note"),
        FieldPanel("next_due", widget=DateInput(attrs={"type": "date"}, format="%Y-%m-%d")),
    )
    export_filename = "maintenance-log"
    list_export = ("date", "thing", "kind", "done_by", "note", "next_due")
    copy_view_enabled = False


@hooks.register("register_admin_viewset")
def maintenance_log() -> LogViewSet:
    """Add the list."""
    return LogViewSet("maintenance-log")
