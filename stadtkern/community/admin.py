"""The pages of the back office about what people say and ask for."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from stadtkern.base.errors import StadtkernError
from stadtkern.community.forms import AnswerForm, DecisionForm, ReplyForm
from stadtkern.community.models import AccessRequest, ClosedRead, DataRequest, Question, Reminder, Reuse
from stadtkern.community.models.talk import Moderated
from stadtkern.community.services import closed, talk
from stadtkern.people.models import User

PER_PAGE = 50


class CommunityPage(WagtailAdminTemplateMixin, TemplateView):
    """What all these pages share: rights, place, page furniture."""

    permission = "view_talk"
    header_icon = "comment"
    parent: tuple[str, Any] = ("talk", gettext_lazy("Questions and wishes"))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may."""
        if not request.user.has_perm(f"community.{self.permission}"):
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

    def try_to(self, done: str, action: Any, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401
        """Do something and say so, or say why not."""
        try:
            action(*args, **kwargs)
        except StadtkernError as error:
            messages.error(self.request, str(error))
            return False
        messages.success(self.request, done)
        return True


class TalkList(CommunityPage):
    """Everything that waits to be read, then the rest."""

    page_title = gettext_lazy("Questions and wishes")
    template_name = "community/admin/talk.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the questions, wishes and reuses; those that wait come first."""
        unanswered = Question.objects.filter(
            Q(state=Moderated.WAITING) | Q(state=Moderated.SHOWN, answers=None)
        )
        return super().get_context_data(
            **kwargs,
            questions=unanswered.select_related("dataset")[:PER_PAGE],
            wishes=DataRequest.objects.filter(state__in=[DataRequest.State.WAITING, DataRequest.State.OPEN])[
                :PER_PAGE
            ],
            reuses=Reuse.objects.filter(state=Moderated.WAITING)[:PER_PAGE],
            page_obj=self.page_of(Question.objects.select_related("dataset")),
        )


class QuestionPage(CommunityPage):
    """One question: show it, hide it, answer it."""

    page_title = gettext_lazy("Question")
    template_name = "community/admin/question.html"

    @property
    def question(self) -> Question:
        """The question of the address."""
        questions = Question.objects.select_related("dataset__profile", "dataset__publisher")
        return get_object_or_404(questions, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the question, its answers and the form."""
        question = self.question
        kwargs.setdefault("form", AnswerForm())
        return super().get_context_data(
            **kwargs,
            question=question,
            answers=question.answers.all(),
            may_answer=self.user.has_perm("community.answer_question", question),
            may_moderate=self.user.has_perm("community.moderate"),
        )

    def post(self, request: HttpRequest, **_facts: Any) -> HttpResponse:  # noqa: ANN401
        """Show, hide or answer."""
        question, action = self.question, request.POST.get("action")
        if action in Moderated.values:
            if not self.user.has_perm("community.moderate"):
                raise PermissionDenied
            Question.objects.filter(pk=question.pk).update(state=action)
            messages.success(request, _("Saved."))
            return redirect("talk")
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        text = form.cleaned_data["text"]
        if self.try_to(_("The answer is public now."), talk.answer, question, text=text, by=self.user):
            return redirect("talk")
        return self.render_to_response(self.get_context_data(form=form), status=422)


class WishPage(CommunityPage):
    """One wish: its state and what the town says."""

    permission = "moderate"
    page_title = gettext_lazy("Wish for data")
    template_name = "community/admin/wish.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the wish and its form."""
        wish = get_object_or_404(DataRequest, pk=self.kwargs["pk"])
        kwargs.setdefault("form", ReplyForm(instance=wish))
        return super().get_context_data(**kwargs, wish=wish)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Save what became of it."""
        form = ReplyForm(request.POST, instance=get_object_or_404(DataRequest, pk=pk))
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        form.save()
        messages.success(request, _("Saved."))
        return redirect("talk")


class ReusePage(CommunityPage):
    """One thing that was made of data: show it or not."""

    permission = "moderate"
    page_title = gettext_lazy("Made of our data")
    template_name = "community/admin/reuse.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return what was sent in."""
        reuses = Reuse.objects.prefetch_related("datasets")
        return super().get_context_data(**kwargs, reuse=get_object_or_404(reuses, pk=self.kwargs["pk"]))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show or hide it."""
        reuse, action = get_object_or_404(Reuse, pk=pk), request.POST.get("action")
        if action in Moderated.values:
            reuse.state = str(action)
            reuse.save(update_fields=["state"])
            messages.success(request, _("Saved."))
        return redirect("talk")


class AccessRequestList(CommunityPage):
    """The requests for closed data, undecided ones first."""

    permission = "view_accessrequest"
    header_icon = "key"
    page_title = gettext_lazy("Requests for closed data")
    parent = ("data-access-requests", gettext_lazy("Requests for closed data"))
    template_name = "community/admin/requests.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the requests."""
        asked = AccessRequest.objects.select_related("dataset", "user")
        waiting = asked.filter(state=AccessRequest.State.ASKED).order_by("asked_at")[:PER_PAGE]
        decided = asked.exclude(state=AccessRequest.State.ASKED)
        return super().get_context_data(**kwargs, waiting=waiting, page_obj=self.page_of(decided))


class AccessRequestPage(CommunityPage):
    """One request: its purpose, the decision, and what was read."""

    permission = "view_accessrequest"
    header_icon = "key"
    page_title = gettext_lazy("Request for closed data")
    parent = ("data-access-requests", gettext_lazy("Requests for closed data"))
    template_name = "community/admin/request.html"

    @property
    def found(self) -> AccessRequest:
        """The request of the address."""
        asked = AccessRequest.objects.select_related("dataset__profile__owner", "user", "key", "decided_by")
        return get_object_or_404(asked, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the request, the form and the log."""
        found = self.found
        kwargs.setdefault("form", DecisionForm(initial={"until": found.wanted_until}))
        return super().get_context_data(
            **kwargs,
            found=found,
            may_decide=self.user.has_perm("community.decide_accessrequest", found),
            page_obj=self.page_of(ClosedRead.objects.filter(request=found)),
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Grant, decline or take back."""
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        reason, until = form.cleaned_data["reason"], form.cleaned_data["until"]
        action, found = request.POST.get("action"), self.found
        if action == "revoke":
            is_done = self.try_to(_("Taken back."), closed.revoke, found, by=self.user, reason=reason)
        else:
            facts = {"by": self.user, "granted": action == "grant", "reason": reason, "until": until}
            is_done = self.try_to(_("Decided; who asked gets a mail."), closed.decide, found, **facts)
        if is_done:
            return redirect("data-access-request", pk)
        return self.render_to_response(self.get_context_data(form=form), status=422)


class ReminderList(CommunityPage):
    """Datasets whose promised rhythm was missed."""

    header_icon = "time"
    page_title = gettext_lazy("Overdue data")
    parent = ("data-reminders", gettext_lazy("Overdue data"))
    template_name = "community/admin/reminders.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return them, the longest overdue first."""
        late = Reminder.objects.select_related("dataset__profile__owner")
        return super().get_context_data(**kwargs, page_obj=self.page_of(late))
