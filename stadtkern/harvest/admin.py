"""The pages of the back office where editors look after sources of datasets."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from stadtkern.harvest import queries, services
from stadtkern.harvest.forms import HarvestSourceForm
from stadtkern.harvest.messages import FINDINGS, REFUSALS, said
from stadtkern.harvest.models import HarvestRecord, HarvestResult, HarvestRun, HarvestSource
from stadtkern.harvest.readers import READERS
from stadtkern.people.models import User

PER_PAGE = 50
RUNS_PER_PAGE = 20


class HarvestPageView(WagtailAdminTemplateMixin, TemplateView):
    """What all pages about sources share: rights, place, page furniture."""

    permission = "view"
    header_icon = "download"
    page_title = gettext_lazy("Harvest")
    has_parent = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may."""
        source = self.source() if "pk" in self.kwargs else None
        if not request.user.has_perm(f"harvest.{self.permission}_harvestsource", source):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, object]]:
        """Return where the page stands."""
        items: list[dict[str, object]] = list(self.breadcrumbs_items)
        if not self.has_parent:
            return [*items, {"url": "", "label": gettext_lazy("Harvest")}]
        items.append({"url": reverse_lazy("harvest"), "label": gettext_lazy("Harvest")})
        if "pk" in self.kwargs and self.get_page_title() != str(self.source()):
            items.append(
                {"url": reverse_lazy("harvest-source", args=[self.source().pk]), "label": str(self.source())}
            )
        return [*items, {"url": "", "label": self.get_page_title()}]

    @property
    def user(self) -> User:
        """Who is working here."""
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user

    def source(self) -> HarvestSource:
        """Return the source of the address."""
        if not hasattr(self, "_source"):
            found = HarvestSource.objects.select_related("profile", "publisher")
            self._source = get_object_or_404(found, pk=self.kwargs["pk"])
        return self._source


class SourceList(HarvestPageView):
    """All sources and how they are doing."""

    template_name = "harvest/admin/list.html"
    has_parent = False

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        page = Paginator(queries.sources(), PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(
            page=page,
            lines=queries.source_lines(page.object_list),
            may_add=self.request.user.has_perm("harvest.add_harvestsource"),
            **more,
        )


class SourceDetail(HarvestPageView):
    """One source: how it is doing, what it is told to do, its runs."""

    template_name = "harvest/admin/detail.html"

    def get_page_title(self) -> str:
        """Return the name of the source."""
        return str(self.source())

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return everything about the source."""
        source = self.source()
        return super().get_context_data(
            line=queries.source_line(source),
            source=source,
            page=Paginator(source.runs.all(), RUNS_PER_PAGE).get_page(self.request.GET.get("p")),
            may_change=queries.may_change(self.user, source),
            may_publish=self.user.has_perm("catalogue.publish_dataset"),
            **more,
        )


class SourceAction(HarvestPageView):
    """A button: run now, cancel, allow once, publish, delete."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, verb: str, **_more: object) -> HttpResponse:
        """Do it and go back to the page of the source."""
        source = self.source()
        if verb == "run":
            services.run_now(source, by=self.user)
            messages.success(request, _("The source will be harvested within a few seconds."))
        elif verb == "allow":
            services.allow_vanishing(source, by=self.user)
            messages.success(request, _("The next harvest may remove what has vanished, this one time."))
        elif verb == "cancel":
            for run in source.runs.open():
                services.cancel(run, by=self.user)
            messages.success(request, _("The harvest ends after the step it is at. What it stored stays."))
        elif verb == "publish":
            count = services.publish_waiting(source, by=self.user)
            told = ngettext("One dataset was published.", "%(count)s datasets were published.", count)
            messages.success(request, told % {"count": count})
        elif verb == "delete":
            services.delete_source(source, by=self.user)
            messages.success(request, _("The source was removed. Its datasets are withdrawn."))
            return redirect("harvest")
        else:
            raise Http404
        return redirect("harvest-source", pk=source.pk)


class RecordList(HarvestPageView):
    """The records of a source, with what is to be said of each."""

    template_name = "harvest/admin/records.html"
    page_title = gettext_lazy("Records")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of records."""
        state, words = self.request.GET.get("state", "")[:20], self.request.GET.get("q", "")[:200].strip()
        found = queries.records(self.source(), state=state, words=words)
        page = Paginator(found, PER_PAGE).get_page(self.request.GET.get("p"))
        choices = [
            *HarvestRecord.State.choices,
            ("waiting", _("wait for approval")),
            ("findings", _("with findings")),
        ]
        return super().get_context_data(
            source=self.source(),
            page=page,
            rows=[(record, queries.said_findings(record)) for record in page],
            choices=choices,
            chosen=state,
            words=words,
            query=urlencode({name: one for name, one in (("state", state), ("q", words)) if one}),
            **more,
        )


class RunDetail(HarvestPageView):
    """One run: its counts, and what it did with records."""

    template_name = "harvest/admin/run.html"

    def get_page_title(self) -> str:
        """Return when it was."""
        return _("Run %(number)s") % {"number": self.kwargs["run"]}

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of results."""
        run = get_object_or_404(HarvestRun, source=self.source(), pk=self.kwargs["run"])
        run.source = self.source()
        outcome = self.request.GET.get("outcome", "")[:20]
        page = Paginator(queries.results(run, outcome=outcome), PER_PAGE).get_page(self.request.GET.get("p"))
        more["run"] = run  # instead of its number
        return super().get_context_data(
            source=self.source(),
            page=page,
            rows=[(one, queries.shown_differences(one), queries.said_findings(one.record)) for one in page],
            choices=HarvestResult.Outcome.choices,
            chosen=outcome,
            query=urlencode({"outcome": outcome}) if outcome else "",
            may_change=queries.may_change(self.user, self.source()),
            **more,
        )


class SourceEditor(HarvestPageView):
    """The form of a source; a test shows its first page before it is stored."""

    permission = "change"
    template_name = "harvest/admin/form.html"
    page_title = gettext_lazy("Settings")

    def form(self) -> HarvestSourceForm:
        """Return the form with what was typed, or with what is stored."""
        data = self.request.POST if self.request.method == "POST" else None
        return HarvestSourceForm(data, instance=self.source() if "pk" in self.kwargs else None)

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form."""
        more.setdefault("form", self.form())
        return super().get_context_data(kinds=READERS.values(), **more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Store, or only test; what was typed is shown again whenever something is wrong."""
        form = self.form()
        if not form.is_valid():
            messages.error(request, _("Please look at the fields marked below."))
            return self.render_to_response(self.get_context_data(form=form), status=422)
        if request.POST.get("action") == "test":
            preview = services.try_source(form.instance, by=self.user)
            rows = [
                (
                    raw,
                    said(REFUSALS, raw.refusal, raw.value) if raw.refusal else "",
                    [said(FINDINGS, one.code, one.value) for one in raw.notes.findings],
                )
                for raw in preview.raws
            ]
            return self.render_to_response(self.get_context_data(form=form, preview=preview, rows=rows))
        source = services.save_source(form.instance, by=self.user)
        messages.success(request, _("The source was saved."))
        return redirect("harvest-source", pk=source.pk)


class NewSource(SourceEditor):
    """The form of a new source."""

    permission = "add"
    page_title = gettext_lazy("New source of datasets")
