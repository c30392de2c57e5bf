"""The quality editor in the back office."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from stadtkern.base import clock
from stadtkern.base.errors import BadInput
from stadtkern.observations.models import Datastream, LatestObservation
from stadtkern.observations.upkeep import queries, services
from stadtkern.observations.upkeep.forms import MarkForm, SpanForm
from stadtkern.observations.upkeep.models import QualityMark
from stadtkern.people.models import User

PER_PAGE = 50


class QualityPage(WagtailAdminTemplateMixin, TemplateView):
    """What the pages of the quality editor share."""

    header_icon = "tick-inverse"
    page_title = gettext_lazy("Data quality")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may look."""
        if not request.user.has_perm("upkeep.view_qualitymark"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def user(self) -> User:
        """Who is working here."""
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user


class StreamList(QualityPage):
    """Choose a series."""

    template_name = "upkeep/admin/streams.html"

    def get_breadcrumbs_items(self) -> list[dict[str, object]]:
        """Return where the page stands."""
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        wanted = self.request.GET.get("q", "").replace("\0", "").strip()[:200]
        found = Datastream.objects.single().filter(is_forecast=False).matching(wanted, "").for_list()
        page = Paginator(found, PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(page=page, q=wanted, query=urlencode({"q": wanted}), **more)


class StreamQuality(QualityPage):
    """One series over a span: chart, doubtful values, marks, and the form to mark the span."""

    template_name = "upkeep/admin/stream.html"

    def get_page_title(self) -> str:
        """Return the name of the series."""
        return self.stream.label

    def get_breadcrumbs_items(self) -> list[dict[str, object]]:
        """Return where the page stands."""
        parent = {"url": reverse_lazy("quality"), "label": self.page_title}
        return [*self.breadcrumbs_items, parent, {"url": "", "label": self.stream.label}]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Find the series of the address."""
        super().setup(request, *args, **kwargs)
        streams = Datastream.objects.select_related("thing", "observed_property")
        self.stream = get_object_or_404(streams, pk=kwargs["pk"], is_forecast=False, is_multi=False)

    def span(self) -> SpanForm:
        """Return the span asked for; without one the week up to the newest value."""
        if "start" in self.request.GET:
            return SpanForm(self.request.GET)
        times = LatestObservation.objects.filter(datastream=self.stream).values_list(
            "phenomenon_time", flat=True
        )
        end = localtime((times.first() or clock.now()) + timedelta(minutes=1)).replace(
            second=0, microsecond=0
        )
        start = end - timedelta(days=7)
        form = f"{start:%Y-%m-%dT%H:%M}", f"{end:%Y-%m-%dT%H:%M}"
        return SpanForm({"start": form[0], "end": form[1]})

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return chart, tables and forms."""
        span = self.span()
        shown: dict[str, Any] = {"span": span}
        if span.is_valid():
            start, end = span.cleaned_data["start"], span.cleaned_data["end"]
            labels = (_("values that count"), _("all values, bad ones too"))
            page, rows = queries.doubtful(self.stream, start, end, self.request.GET.get("p"))
            shown |= {
                "lines": queries.lines(self.stream, start, end, labels=labels),
                "doubtful": page,
                "rows": rows,
                "here": urlencode({name: span.data[name] for name in ("start", "end")}),
            }
        more.setdefault("form", MarkForm())
        may_mark = self.user.has_perm("upkeep.add_qualitymark")
        marks = queries.marks(self.stream, self.request.GET.get("m"))
        return super().get_context_data(stream=self.stream, marks=marks, may_mark=may_mark, **shown, **more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Mark the span shown."""
        form, span = MarkForm(request.POST), self.span()
        if not form.is_valid() or not span.is_valid():
            messages.error(request, _("Please look at the fields marked below."))
            return self.render_to_response(self.get_context_data(form=form), status=422)
        try:
            changed = services.mark_range(self.stream, **span.cleaned_data, **form.cleaned_data, by=self.user)
        except BadInput as error:
            form.add_error(None, str(error))
            return self.render_to_response(self.get_context_data(form=form), status=422)
        _tell(request, changed)
        return redirect(f"{reverse('quality-stream', args=[self.stream.pk])}?{request.GET.urlencode()}")


class UndoMark(QualityPage):
    """The button that takes a mark back."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int, **_more: object) -> HttpResponse:
        """Take it back and return to the series."""
        mark = get_object_or_404(QualityMark, pk=pk)
        _tell(request, services.undo(mark, by=self.user))
        return redirect(f"{reverse('quality-stream', args=[mark.datastream_id])}?{request.GET.urlencode()}")


def _tell(request: HttpRequest, changed: int) -> None:
    text = ngettext("%(count)s value changed its flag.", "%(count)s values changed their flag.", changed)
    messages.success(request, text % {"count": changed})
