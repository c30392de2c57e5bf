"""The pages of the back office about rules, alerts, ways of telling and tasks."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from stadtkern.base.errors import StadtkernError
from stadtkern.observations.picking import forgive
from stadtkern.people.models import User
from stadtkern.warnings import pages, queries, services, texts
from stadtkern.warnings.binding import CannotBind, bind_rule
from stadtkern.warnings.forms import ChannelForm, ConditionForms, NoteForm, RuleForm, condition_forms
from stadtkern.warnings.history import Trial, try_rule
from stadtkern.warnings.models import Alert, Channel, Rule, Ticket
from stadtkern.warnings.services.rules import webhook_key

PER_PAGE = 50


class WarningPage(WagtailAdminTemplateMixin, TemplateView):
    """What all these pages share: rights, place, page furniture."""

    permission = "view_rule"
    header_icon = "warning"
    parent: tuple[str, Any] = ("rules", gettext_lazy("Rules"))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may."""
        if not request.user.has_perm(f"warnings.{self.permission}"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, object]]:
        """Return where the page stands."""
        name, title = self.parent
        items = [*self.breadcrumbs_items]
        if reverse(name) != self.request.path:
            items.append({"url": reverse(name), "label": title})
        return [*items, {"url": "", "label": self.get_page_title()}]

    @property
    def user(self) -> User:
        """Who is working here."""
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user

    def page_of(self, rows: Any) -> Any:  # noqa: ANN401  # a page of a queryset
        """Return the page of a list that the address asks for."""
        return Paginator(rows, PER_PAGE).get_page(self.request.GET.get("p"))


class RuleList(WarningPage):
    """All rules with what they found lately."""

    template_name = "warnings/admin/rules.html"
    page_title = gettext_lazy("Rules")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        page = self.page_of(queries.rules_with_counts())
        lines = [(rule, texts.rule_text(rule)) for rule in page]
        return super().get_context_data(page=page, lines=lines, **more)


class RuleEditor(WarningPage):
    """The form of a rule, new or old; a test against history stores nothing."""

    permission = "change_rule"
    template_name = "warnings/admin/rule.html"

    def subject(self) -> Rule:
        """Return the rule that the form changes."""
        if not hasattr(self, "_subject"):
            rules = Rule.objects.prefetch_related("conditions__datastream", "conditions__observed_property")
            self._subject = get_object_or_404(rules, pk=self.kwargs["pk"]) if "pk" in self.kwargs else Rule()
        return self._subject

    def get_page_title(self) -> str:
        """Return what the form is about."""
        return str(self.subject()) if self.subject().pk else _("New rule")

    def forms(self, data: QueryDict | None = None) -> tuple[RuleForm, ConditionForms]:
        """Return both forms with what was typed, or with what is stored."""
        rule = self.subject()
        stored = list(rule.conditions.all()) if rule.pk else []
        return RuleForm(data, instance=rule), condition_forms(data, stored, extra=0 if stored else 1)

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the forms."""
        if "form" not in more:
            more["form"], more["conditions"] = self.forms()
        return super().get_context_data(rule=self.subject(), **more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Store, test, or add one more condition; what was typed is kept."""
        if request.POST.get("action") == "more":
            return self.with_one_more()
        form, conditions = self.forms(request.POST)
        if not (form.is_valid() & conditions.is_valid()):
            messages.error(request, _("Please look at the fields marked below."))
            return self.answer(form, conditions, status=422)
        rule = form.save(commit=False)
        rule.thing = form.cleaned_data["thing"]
        try:
            targets = bind_rule(rule, conditions.conditions())
        except CannotBind as error:
            messages.error(request, str(error))
            return self.answer(form, conditions, status=422)
        if request.POST.get("action") == "test":
            return self.answer(form, conditions, trial=try_rule(targets))
        services.save_rule(rule, conditions.conditions(), list(form.cleaned_data["channels"]), by=self.user)
        messages.success(request, _("The rule was saved. It is applied within seconds."))
        return redirect("rule-edit", pk=rule.pk)

    def with_one_more(self) -> HttpResponse:
        """Show the form again with one more empty condition."""
        data = self.request.POST.copy()
        data["condition-TOTAL_FORMS"] = str(min(int(data.get("condition-TOTAL_FORMS") or 0), 20) + 1)
        form, conditions = self.forms(data)
        forgive(form, conditions)
        return self.answer(form, conditions)

    def answer(
        self, form: RuleForm, conditions: ConditionForms, *, trial: Trial | None = None, status: int = 200
    ) -> HttpResponse:
        """Return the page."""
        context = self.get_context_data(form=form, conditions=conditions, trial=trial)
        return self.render_to_response(context, status=status)


class NewRule(RuleEditor):
    """The form of a new rule."""

    permission = "add_rule"


class RuleAction(WarningPage):
    """A button: delete."""

    permission = "delete_rule"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Delete the rule."""
        services.delete_rule(get_object_or_404(Rule, pk=pk), by=self.user)
        messages.success(request, _("The rule was removed. Its alerts stay."))
        return redirect("rules")


class AlertList(WarningPage):
    """Alerts, standing ones first."""

    permission = "view_alert"
    template_name = "warnings/admin/alerts.html"
    page_title = gettext_lazy("Alerts")
    parent = ("alerts", gettext_lazy("Alerts"))

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        wanted = self.request.GET.get("show", "")
        page = self.page_of(queries.alerts_for_list(only_standing=wanted == "standing"))
        shown = [pages.shown_alert(alert) for alert in page]
        return super().get_context_data(
            page=page,
            shown=shown,
            wanted=wanted,
            standing=Alert.objects.standing().count(),
            query=urlencode({"show": wanted}),
            **more,
        )


class AlertDetail(WarningPage):
    """One alert: the series behind it, who was told, what is being done."""

    permission = "view_alert"
    template_name = "warnings/admin/alert.html"
    parent = ("alerts", gettext_lazy("Alerts"))

    def alert(self) -> Alert:
        """Return the alert of the address."""
        if not hasattr(self, "_alert"):
            found = Alert.objects.newest_first().select_related("acknowledged_by")
            self._alert = get_object_or_404(found, pk=self.kwargs["pk"])
        return self._alert

    def get_page_title(self) -> str:
        """Return the title of the alert."""
        return texts.title_of(self.alert())

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return everything about the alert."""
        alert = self.alert()
        return super().get_context_data(
            shown=pages.alert_page(alert),
            sketch=pages.alert_sketch(alert),
            deliveries=alert.deliveries.select_related("channel").order_by("pk"),
            tickets=alert.tickets.select_related("owner"),
            form=NoteForm(initial={"note": alert.note}),
            may_change=self.request.user.has_perm("warnings.change_alert"),
            **more,
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Acknowledge it, with a note."""
        form = NoteForm(request.POST)
        if form.is_valid():
            services.acknowledge(self.alert(), by=self.user, note=form.cleaned_data["note"])
            messages.success(request, _("Noted."))
        return redirect("alert", pk=pk)


class ChannelList(WarningPage):
    """All ways of telling."""

    permission = "view_channel"
    template_name = "warnings/admin/channels.html"
    page_title = gettext_lazy("Ways of telling")
    parent = ("channels", gettext_lazy("Ways of telling"))

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        return super().get_context_data(page=self.page_of(queries.channels_with_counts()), **more)


class ChannelEditor(WarningPage):
    """The form of a way of telling."""

    permission = "change_channel"
    template_name = "warnings/admin/channel.html"
    parent = ("channels", gettext_lazy("Ways of telling"))

    def subject(self) -> Channel:
        """Return the way of telling that the form changes."""
        if not hasattr(self, "_subject"):
            self._subject = (
                get_object_or_404(Channel, pk=self.kwargs["pk"]) if "pk" in self.kwargs else Channel()
            )
        return self._subject

    def get_page_title(self) -> str:
        """Return what the form is about."""
        return str(self.subject()) if self.subject().pk else _("New way of telling")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form."""
        channel = self.subject()
        more.setdefault("form", ChannelForm(instance=channel))
        has_key = channel.pk and channel.kind == Channel.Kind.WEBHOOK and channel.key_salt
        return super().get_context_data(key=webhook_key(channel) if has_key else "", **more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Store it, and send a test message if that is wanted."""
        form = ChannelForm(request.POST, instance=self.subject())
        if not form.is_valid():
            messages.error(request, _("Please look at the fields marked below."))
            return self.render_to_response(self.get_context_data(form=form), status=422)
        channel = services.save_channel(form.save(commit=False), by=self.user)
        if request.POST.get("action") == "test":
            try:
                services.send_test(channel)
            except (StadtkernError, services.CannotSend, OSError, ValueError) as error:
                messages.error(request, _("Saved, but the test failed: %(error)s") % {"error": error})
            else:
                messages.success(request, _("Saved, and a test message was sent."))
        else:
            messages.success(request, _("The way of telling was saved."))
        return redirect("channel-edit", pk=channel.pk)


class NewChannel(ChannelEditor):
    """The form of a new way of telling."""

    permission = "add_channel"


class TicketList(WarningPage):
    """Tasks that are open, and those done lately."""

    permission = "view_ticket"
    template_name = "warnings/admin/tickets.html"
    page_title = gettext_lazy("Tasks")
    parent = ("tickets", gettext_lazy("Tasks"))

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        page = self.page_of(queries.tickets_for_list())
        lines = [(ticket, self.user.has_perm("warnings.change_ticket", ticket)) for ticket in page]
        return super().get_context_data(page=page, lines=lines, **more)


class TicketDone(WarningPage):
    """A button: done."""

    permission = "view_ticket"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close the task."""
        services.finish_ticket(get_object_or_404(Ticket, pk=pk), by=self.user)
        messages.success(request, _("The task is done."))
        return redirect("tickets")
