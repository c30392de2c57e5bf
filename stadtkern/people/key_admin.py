"""API keys and refusals in the back office."""

from typing import Any

import django_filters
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.reports import ReportView

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput
from stadtkern.people.key_forms import OrganisationKeyForm
from stadtkern.people.key_views import scope_names
from stadtkern.people.keys import revoke_key
from stadtkern.people.models import ApiKey, Refusal, User

PER_PAGE = 50


class KeyPage(WagtailAdminTemplateMixin, TemplateView):
    """What all pages about keys share: they are for administrators."""

    header_icon = "key"
    page_title = gettext_lazy("API keys")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may."""
        if not request.user.has_perm("people.manage_keys"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, object]]:
        """Return where the page stands."""
        return [*self.breadcrumbs_items, {"url": reverse_lazy("keys"), "label": gettext_lazy("API keys")}]

    @property
    def user(self) -> User:
        """Who is working here."""
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user


class KeyList(KeyPage):
    """All keys, living ones unless asked otherwise."""

    template_name = "people/admin/keys.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        text = self.request.GET.get("q", "").replace("\0", "").strip()[:200]
        with_ended = self.request.GET.get("ended") == "yes"
        page = Paginator(found_keys(text, with_ended=with_ended), PER_PAGE).get_page(
            self.request.GET.get("p")
        )
        rows = [(key, scope_names(key), key.is_valid(now())) for key in page]
        query = urlencode({"q": text, "ended": "yes" if with_ended else ""})
        return super().get_context_data(
            page=page, rows=rows, q=text, with_ended=with_ended, query=query, **more
        )


def found_keys(text: str, *, with_ended: bool) -> QuerySet[ApiKey]:
    """Return the keys that a text is found in."""
    keys = ApiKey.objects.select_related("person", "organisation", "created_by")
    if not with_ended:
        keys = keys.filter(Q(expires_at=None) | Q(expires_at__gt=now()), revoked_at=None)
    if text:
        keys = keys.filter(
            Q(name__icontains=text)
            | Q(prefix__icontains=text)
            | Q(person__email__icontains=text)
            | Q(organisation__slug__icontains=text)
        )
    return keys


class KeyNew(KeyPage):
    """The form of a key for an organisation; the key is shown once."""

    template_name = "people/admin/key_new.html"
    page_title = gettext_lazy("New key for an organisation")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form."""
        more.setdefault("form", OrganisationKeyForm())
        return super().get_context_data(**more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Make the key."""
        form = OrganisationKeyForm(request.POST)
        if form.is_valid():
            try:
                key, secret = form.save(by=self.user)
            except BadInput as error:
                form.add_error(None, str(error))
            else:
                answer = self.render_to_response(self.get_context_data(form=form, key=key, secret=secret))
                answer.headers["Cache-Control"] = "no-store"
                return answer
        return self.render_to_response(self.get_context_data(form=form), status=422)


class KeyRevoke(KeyPage):
    """The button that ends a key."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int, *_args: object, **_more: object) -> HttpResponse:
        """End it."""
        key = get_object_or_404(ApiKey, pk=pk)
        revoke_key(key, by=self.user)
        messages.success(request, _("The key %(prefix)s… opens nothing any more.") % {"prefix": key.prefix})
        return redirect("keys")


class RefusalFilter(WagtailFilterSet):
    """What somebody who reads the refusals looks for."""

    principal = django_filters.CharFilter(label=gettext_lazy("Who"), lookup_expr="icontains")

    class Meta:
        model = Refusal
        fields = ["door"]


class RefusalView(ReportView):
    """What was refused to whom, by the hour."""

    model = Refusal
    page_title = gettext_lazy("Refused requests")
    header_icon = "lock"
    index_url_name = "refusals"
    index_results_url_name = "refusals-results"
    default_ordering = "-hour"
    is_searchable = False
    filterset_class = RefusalFilter
    columns = [
        DateColumn("hour", label=gettext_lazy("Hour")),
        Column("principal", label=gettext_lazy("Who")),
        Column("door", label=gettext_lazy("Where")),
        Column("reason", label=gettext_lazy("Why")),
        Column("times", label=gettext_lazy("How often")),
        DateColumn("last", label=gettext_lazy("Last time")),
    ]
    list_export = ["hour", "principal", "door", "reason", "times", "last"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may read it."""
        if not request.user.has_perm("people.view_audit_trail"):
            raise PermissionDenied
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def get_queryset(self) -> QuerySet[Refusal]:
        """Return the newest first."""
        return Refusal.objects.order_by("-hour", "-times", "pk")
