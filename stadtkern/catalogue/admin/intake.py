"""A version in the back office: looked at, corrected, read, compared, made current."""

from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from stadtkern.base.errors import BadInput, StadtkernError
from stadtkern.catalogue import words
from stadtkern.catalogue.admin import shown
from stadtkern.catalogue.admin.base import PER_PAGE, Crumb, OpenDataPage, VersionPage
from stadtkern.catalogue.admin.publish import steps
from stadtkern.catalogue.forms.columns import PlanForm
from stadtkern.catalogue.forms.intake import NoteForm
from stadtkern.catalogue.models import Version
from stadtkern.catalogue.queries import versions_of
from stadtkern.catalogue.services import versions
from stadtkern.tables import Plan

State = Version.State


class UploadList(OpenDataPage):
    """All files that came in."""

    template_name = "catalogue/admin/uploads.html"
    page_title = gettext_lazy("Uploads")
    header_icon = "upload"

    def parents(self) -> list[Crumb]:
        """Stand below nothing."""
        return []

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list, of one state or all."""
        state = self.request.GET.get("state", "")
        found = versions_of(self.user)
        if state in State.values:
            found = found.filter(state=state)
        page = Paginator(found, PER_PAGE).get_page(self.request.GET.get("p"))
        query = f"state={state}" if state in State.values else ""
        return super().get_context_data(page=page, query=query, state=state, states=State.choices, **more)


class VersionDetail(VersionPage):
    """One version, whatever state it is in."""

    def get_page_title(self) -> str:
        """Return which version it is."""
        return _("Version %(number)d") % {"number": self.version.number}

    def get_template_names(self) -> list[str]:
        """Return the template of its state."""
        if self.version.state == State.ASKING:
            return ["catalogue/admin/columns.html"]
        return ["catalogue/admin/version.html"]

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return what the state needs."""
        version = self.version
        context = {
            "version": version,
            "distribution": self.distribution,
            "dataset": self.dataset,
            "may_change": self.may_change,
            "may_publish": self.user.has_perm("catalogue.publish_dataset", self.dataset),
            "is_first": not self.dataset.live,
            "steps": steps(),
            "step": 2,
            "columns_url": reverse("open-data-version", args=[version.pk]),
        }
        if version.state == State.ASKING:
            context |= self.about_columns(more.pop("form", None))
        elif version.state == State.READY:
            context |= {
                "changes": shown.difference(version),
                "note_form": NoteForm(initial={"note": version.note}),
            }
        elif version.state == State.FAILED:
            failed = version.findings.get("failure", {})
            context["failure"] = words.failure(
                failed.get("code", ""), failed.get("facts", {}), failed.get("text", version.problem)
            )
        return super().get_context_data(**context, **more)

    def about_columns(self, form: PlanForm | None) -> dict[str, Any]:
        """Return the form of the columns with what was found out and the first rows."""
        version = self.version
        if form is None:
            form = PlanForm(Plan.from_json(version.plan), version.findings)
        return {
            "form": form,
            "problems": shown.problems(version),
            "preview": shown.preview(
                version, form.corrected() if form.columns[0].is_bound and form.is_valid() else form.plan
            ),
            "raw": version.findings.get("raw", [])[:8],
            "format": version.findings.get("format", ""),
        }

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Look again, show the rows as they would be read, apply a fix, or have the file read."""
        self.demand_change()
        form = PlanForm(Plan.from_json(self.version.plan), self.version.findings, request.POST)
        action = request.POST.get("action", "preview")
        try:
            if action == "look":
                return self.look_again(form)
            if action.startswith("fix-"):
                return self.fix(action.removeprefix("fix-"))
            if not form.is_valid():
                return self.again(form=form)
            if action == "read":
                return self.have_read(form.corrected())
        except StadtkernError as error:
            return self.again(error, form=form)
        return self.render_to_response(self.get_context_data(form=form))

    def look_again(self, form: PlanForm) -> HttpResponse:
        """Have the file looked at once more, with what the person knows."""
        if not form.file.is_valid():
            return self.again(form=form)
        versions.look_again(self.version, form.file.cleaned_data, by=self.user)
        return redirect("open-data-version", pk=self.version.pk)

    def fix(self, number: str) -> HttpResponse:
        """Carry out what was offered for a problem."""
        offered = self.version.findings.get("problems", [])
        if not number.isdecimal() or int(number) >= len(offered) or not offered[int(number)].get("fix"):
            raise BadInput(_("This is no longer offered."))
        versions.apply_fix(self.version, int(number), by=self.user)
        messages.success(self.request, _("Done; look at the rows below."))
        return redirect("open-data-version", pk=self.version.pk)

    def have_read(self, plan: Plan) -> HttpResponse:
        """Hand the file over to the worker."""
        versions.confirm(self.version, plan, by=self.user)
        if not self.dataset.live and not any(self.dataset.description.values()):
            return redirect("open-data-describe", pk=self.dataset.pk)
        return redirect("open-data-version", pk=self.version.pk)


class Preview(VersionPage):
    """The fragment with the first rows as they would be read."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Return the rows; nothing is stored."""
        form = PlanForm(Plan.from_json(self.version.plan), self.version.findings, request.POST)
        context: dict[str, Any] = {"form": form, "version": self.version}
        if form.is_valid():
            context["preview"] = shown.preview(self.version, form.corrected())
        return render(request, "catalogue/admin/preview.html", context, status=200)


class ProgressOf(VersionPage):
    """The fragment that says how far the worker is; when it has ended the page is loaded anew.

    With `stay=1` it is not: the page holds a form in which somebody is writing.
    """

    def get(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Return the fragment."""
        stays = request.GET.get("stay") == "1"
        if stays or self.version.state in (State.WAITING, State.LOOKING, State.READING):
            return render(request, "catalogue/admin/progress.html", {"version": self.version, "stay": stays})
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer


class VersionAction(VersionPage):
    """The buttons of a version."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *_args: object, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        """Do it and return."""
        verbs = {
            "cancel": (versions.cancel, _("The work on this file was stopped.")),
            "retry": (versions.retry, _("The file is looked at once more.")),
            "propose": (versions.propose, _("This version becomes current with the next approval.")),
            "current": (versions.make_current, _("This version is current now.")),
            "note": (self.note, _("The note was kept.")),
        }
        if kwargs["verb"] not in verbs:
            raise Http404
        function, text = verbs[kwargs["verb"]]
        try:
            function(self.version, by=self.user)
        except StadtkernError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, text)
        return redirect("open-data-version", pk=self.version.pk)

    def note(self, version: Version, **_by: object) -> None:
        """Keep what is new in the version."""
        versions.demand_change(self.user, version.distribution)
        if version.was_current:  # the public reads it at once
            versions.demand(self.user, "publish_dataset", version.distribution.dataset)
        form = NoteForm(self.request.POST)
        if not form.is_valid():
            raise BadInput(_("The note is too long."))
        version.note = form.cleaned_data["note"]
        version.save(update_fields=["note"])


class SourceFile(VersionPage):
    """The file as it came."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002  # a file
        """Return it for keeping, never for showing."""
        if not self.version.source_path.is_file():
            raise Http404
        file = self.version.source_path.open("rb")
        return FileResponse(file, as_attachment=True, filename=self.version.original_name)


class Rejected(VersionPage):
    """The quarantine sheet: rows that were left out, with column, value and reason."""

    template_name = "catalogue/admin/rejected.html"
    page_title = gettext_lazy("Rows left out")

    def parents(self) -> list[Crumb]:
        """Return the pages above, and the version."""
        here: Crumb = {
            "url": reverse("open-data-version", args=[self.version.pk]),
            "label": str(self.version.number),
        }
        return [*super().parents(), here]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # a page or a file
        """Return the page, or the whole sheet as a file."""
        form = request.GET.get("format", "")
        if form in shown.SHEETS and self.version.rejected_path.is_file():
            return shown.sheet(self.version, form)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the sheet."""
        wanted = self.request.GET.get("p", "1")
        number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 9 else 1  # noqa: PLR2004
        page = shown.rejected_page(self.version, number, PER_PAGE)
        return super().get_context_data(version=self.version, page=page, **more)
