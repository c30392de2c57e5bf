"""The pages of the back office where editors look after data sources."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from stadtkern.base.errors import NotFound
from stadtkern.contracts.connector import Connector
from stadtkern.ingest import services
from stadtkern.ingest.accounts import derive_key
from stadtkern.ingest.forms import SourceForm
from stadtkern.ingest.models import Source, UnclaimedTopic
from stadtkern.ingest.previews import shown_items
from stadtkern.ingest.queries import rejected_readings, source_line, source_lines
from stadtkern.ingest.registry import connector_choices, connector_of, connectors
from stadtkern.people.models import User

PER_PAGE = 50


class SourcePage(WagtailAdminTemplateMixin, TemplateView):
    """What all pages about sources share: rights, place, page furniture."""

    permission = "view"
    header_icon = "download"
    page_title = gettext_lazy("Data sources")
    has_parent = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may."""
        if not request.user.has_perm(f"ingest.{self.permission}_source"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, object]]:
        """Return where the page stands."""
        items: list[dict[str, object]] = list(self.breadcrumbs_items)
        if self.has_parent:
            items.append({"url": reverse_lazy("sources"), "label": gettext_lazy("Data sources")})
            return [*items, {"url": "", "label": self.get_page_title()}]
        return [*items, {"url": "", "label": gettext_lazy("Data sources")}]

    @property
    def user(self) -> User:
        """Who is working here."""
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user

    def source(self) -> Source:
        """Return the source of the address."""
        return get_object_or_404(Source.objects.select_related("state", "profile"), pk=self.kwargs["pk"])


class SourceList(SourcePage):
    """All sources and how they are doing."""

    template_name = "ingest/admin/list.html"
    has_parent = False

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        found = Source.objects.select_related("state").order_by("slug")
        page = Paginator(found, PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(
            page=page,
            lines=source_lines(page.object_list),
            may_change=self.request.user.has_perm("ingest.change_source"),
            **more,
        )


class SourceDetail(SourcePage):
    """One source: state, counters, what could not be stored."""

    template_name = "ingest/admin/detail.html"

    def get_page_title(self) -> str:
        """Return the name of the source."""
        return str(self.line.source)

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return everything about the source."""
        self.line = source_line(self.source())
        rejected = Paginator(rejected_readings(self.line.source), PER_PAGE)
        return super().get_context_data(
            line=self.line,
            hook_url=self.request.build_absolute_uri(reverse("hook", args=[self.line.source.slug])),
            page=rejected.get_page(self.request.GET.get("p")),
            key=self.fresh_key(),
            **more,
        )

    def fresh_key(self) -> str:
        """Return the key of the source if it was made a moment ago."""
        source = self.line.source
        is_fresh = self.request.session.pop("ingest_key", None) == source.pk
        return derive_key(source.slug, source.key_salt) if is_fresh else ""


class SourceAction(SourcePage):
    """A button: try now, pause, resume, new key, delete."""

    permission = "change"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, verb: str, **_more: object) -> HttpResponse:
        """Do it and go back to where the button was."""
        source = self.source()
        if verb == "try":
            services.try_now(source, by=self.user)
            messages.success(request, _("The source will be asked within a few seconds."))
        elif verb == "pause":
            services.pause(source, by=self.user)
            messages.success(request, _("The source is paused."))
        elif verb == "resume":
            services.resume(source, by=self.user)
            messages.success(request, _("The source is working again."))
        elif verb == "key":
            services.new_key(source, by=self.user)
            request.session["ingest_key"] = source.pk
            return redirect("source", pk=source.pk)
        elif verb == "delete":
            services.delete_source(source, by=self.user)
            messages.success(request, _("The source was removed. Its readings stay."))
            return redirect("sources")
        return (
            redirect("source", pk=source.pk) if request.POST.get("from") == "detail" else redirect("sources")
        )


class ChooseConnector(SourcePage):
    """The first step to a new source: which connector."""

    permission = "add"
    template_name = "ingest/admin/choose.html"
    page_title = gettext_lazy("New data source")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the connectors, and the topics that nobody reads."""
        installed = connectors()
        choices = [(slug, installed[slug]) for slug, _title in connector_choices()]
        return super().get_context_data(
            choices=choices, topics=UnclaimedTopic.objects.all()[:PER_PAGE], **more
        )


class SourceEditor(SourcePage):
    """The form of a source, new or old; a test shows its first readings before it is stored."""

    permission = "change"
    template_name = "ingest/admin/form.html"

    def get_page_title(self) -> str:
        """Return what the form is about."""
        return str(self.subject()) if self.subject().pk else _("New data source")

    def subject(self) -> Source:
        """Return the source that the form changes."""
        if not hasattr(self, "_subject"):
            self._subject = (
                self.source() if "pk" in self.kwargs else Source(connector=self.kwargs["connector"])
            )
        return self._subject

    def connector(self) -> Connector:
        """Return the connector of the source."""
        try:
            return connector_of(self.subject().connector)
        except NotFound as error:
            raise Http404(str(error)) from error

    def form(self) -> SourceForm:
        """Return the form with what was typed, or with what is stored."""
        data = self.request.POST if self.request.method == "POST" else None
        slug = self.subject().connector
        initial = {} if self.subject().pk else {"slug": slug.replace("_", "-")}
        return SourceForm(
            data, instance=self.subject(), connector=slug, plugin=self.connector(), initial=initial
        )

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form."""
        more.setdefault("form", self.form())
        return super().get_context_data(
            plugin=self.connector(), options=set(more["form"].option_names), **more
        )

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Store, or only test; what was typed is shown again whenever something is wrong."""
        form = self.form()
        if not form.is_valid():
            messages.error(request, _("Please look at the fields marked below."))
            return self.render_to_response(self.get_context_data(form=form), status=422)
        if request.POST.get("action") == "test":
            preview = services.try_settings(self.subject().connector, form.options(), by=self.user)
            rows = shown_items(preview)
            return self.render_to_response(self.get_context_data(form=form, preview=preview, rows=rows))
        source = services.save_source(form.apply(), by=self.user)
        messages.success(request, _("The source was saved."))
        return redirect("source", pk=source.pk)


class NewSource(SourceEditor):
    """The second step to a new source: its settings."""

    permission = "add"
