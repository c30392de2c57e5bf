"""The pages of the back office about virtual series."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from stadtkern.base.errors import BadInput
from stadtkern.observations.derived.forms import DerivedForms
from stadtkern.observations.derived.kinds import KINDS
from stadtkern.observations.derived.models import DerivedStream
from stadtkern.observations.derived.previewing import Preview, preview
from stadtkern.observations.derived.services import (
    Draft,
    delete_derived,
    progress,
    save_derived,
    stored_draft,
)
from stadtkern.people.models import User

PER_PAGE = 50


class DerivedPage(WagtailAdminTemplateMixin, TemplateView):
    """What all pages about virtual series share."""

    permission = "change_derivedstream"
    header_icon = "code"
    page_title = gettext_lazy("Virtual series")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may."""
        if not request.user.has_perm(f"observations.{self.permission}"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, object]]:
        """Return where the page stands."""
        items = [*self.breadcrumbs_items]
        if reverse("derived") != self.request.path:
            items.append({"url": reverse("derived"), "label": gettext_lazy("Virtual series")})
        return [*items, {"url": "", "label": self.get_page_title()}]

    @property
    def user(self) -> User:
        """Who is working here."""
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user


class DerivedList(DerivedPage):
    """All virtual series, and how far they are computed."""

    permission = "view_derivedstream"
    template_name = "observations/admin/derived.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        found = DerivedStream.objects.prefetch_related("dirty").order_by("slug")
        related = ("datastream__thing", "datastream__observed_property", "datastream__latest")
        page = Paginator(found.select_related(*related), PER_PAGE).get_page(self.request.GET.get("p"))
        lines = [(one, KINDS[one.kind].title, progress(list(one.dirty.all()))) for one in page]
        return super().get_context_data(page=page, lines=lines, kinds=KINDS.items(), **more)


class DerivedEditor(DerivedPage):
    """The form of a virtual series, with a preview that stores nothing."""

    template_name = "observations/admin/derived_form.html"

    def draft(self) -> Draft | None:
        """Return the stored series that the form changes; None for a new one."""
        if "pk" not in self.kwargs:
            return None
        if not hasattr(self, "_draft"):
            related = ("datastream__thing", "datastream__observed_property", "datastream__profile")
            found = get_object_or_404(DerivedStream.objects.select_related(*related), pk=self.kwargs["pk"])
            self._draft = stored_draft(found)
        return self._draft

    def kind(self) -> str:
        """Return the kind of series."""
        draft = self.draft()
        kind = draft.derived.kind if draft is not None else str(self.kwargs["kind"])
        if kind not in KINDS:
            raise Http404(kind)
        return kind

    def get_page_title(self) -> str:
        """Return what the form is about."""
        draft = self.draft()
        return draft.stream.label if draft is not None else str(KINDS[self.kind()].title)

    def forms(self, data: QueryDict | None = None) -> DerivedForms:
        """Return the forms with what was typed, or with what is stored."""
        return DerivedForms(self.kind(), data, self.draft())

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the forms."""
        if "forms" not in more:
            more["forms"] = self.forms()
        more |= {"kind": KINDS[self.kind()], "draft": self.draft()}
        return super().get_context_data(**more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Store, show a preview, or add one more line; what was typed is kept."""
        if request.POST.get("action") in {"more-input", "more-table"}:
            return self.with_one_more(str(request.POST["action"]).removeprefix("more-"))
        forms = self.forms(request.POST)
        if not forms.is_valid():
            messages.error(request, _("Please look at the fields marked below."))
            return self.answer(forms, status=422)
        draft = forms.as_draft()
        try:
            if request.POST.get("action") == "preview":
                return self.answer(forms, shown=preview(draft))
            if draft.stream.observed_property.pk is None:
                draft.stream.observed_property.save()
                draft.stream.observed_property_id = draft.stream.observed_property.pk
            saved = save_derived(draft, by=self.user)
        except BadInput as error:
            forms.form.add_error(None, str(error))
            return self.answer(forms, status=422)
        messages.success(request, _("The series was saved. Its history is being computed."))
        return redirect("derived-edit", pk=saved.pk)

    def with_one_more(self, prefix: str) -> HttpResponse:
        """Show the form again with one more empty line."""
        data = self.request.POST.copy()
        name = f"{prefix}-TOTAL_FORMS"
        data[name] = str(min(int(data.get(name) or 0), 20) + 1)
        forms = self.forms(data)
        forms.forgive()
        return self.answer(forms)

    def answer(self, forms: DerivedForms, *, shown: Preview | None = None, status: int = 200) -> HttpResponse:
        """Return the page."""
        return self.render_to_response(self.get_context_data(forms=forms, shown=shown), status=status)


class DerivedAction(DerivedPage):
    """A button: compute no longer."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop computing the series."""
        delete_derived(get_object_or_404(DerivedStream, pk=pk), by=self.user)
        messages.success(request, _("The series is not computed any more. Its results stay."))
        return redirect("derived")
