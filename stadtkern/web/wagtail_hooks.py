"""What editors find in the back office."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import BooleanColumn, DateColumn
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from stadtkern.web.models import BarrierReport


class BarrierReportViewSet(SnippetViewSet):
    """List and form of reported barriers."""

    model = BarrierReport
    icon = "warning"
    menu_label = pgettext_lazy("menu", "Reported barriers")
    menu_order = 800
    add_to_admin_menu = True
    copy_view_enabled = False
    list_per_page = 50
    list_display = (
        "__str__",
        "path",
        "status",
        DateColumn("created_at", label=_("received"), sort_key="created_at"),
        DateColumn("due_at", label=_("answer due"), sort_key="due_at"),
        BooleanColumn("is_overdue", label=_("overdue")),
    )
    list_filter = ("status", "language")
    panels = (
        FieldPanel("description", read_only=True),
        FieldPanel("path", read_only=True),
        FieldPanel("email", read_only=True),
        FieldPanel("created_at", read_only=True),
        FieldPanel("due_at"),
        FieldPanel("status"),
        FieldPanel("answer"),
    )


register_snippet(BarrierReportViewSet)
