"""Pages where people subscribe, ask, wish and show what they made."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from stadtkern.catalogue.models import Dataset
from stadtkern.community.forms import QuestionForm, ReuseForm, SubscribeForm, WebhookForm, WishForm
from stadtkern.community.models import DailyUse, DataRequest, Question, Reuse
from stadtkern.community.models.talk import Moderated
from stadtkern.community.parts import COUNTED
from stadtkern.community.services import subscribing, talk, telling
from stadtkern.community.services.senders import count_sender
from stadtkern.people.models import User
from stadtkern.people.views import signed_in

PAGE = 20
SHOWN_WISHES = ("open", "checked", "planned", "done", "declined")


def language() -> str:
    """Return the code of the active language as it is stored."""
    return (get_language() or "de")[:5]


def person(request: HttpRequest) -> User | None:
    """Return who is signed in."""
    return request.user if isinstance(request.user, User) else None


def is_robot(request: HttpRequest) -> bool:
    """Return whether the field that people do not see was filled."""
    return bool(request.POST.get("homepage"))


def public_dataset(slug: str) -> Dataset:
    """Return a dataset of which everybody may know."""
    public = Dataset.objects.public().select_related("profile", "publisher")
    return get_object_or_404(public, slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest, slug: str) -> HttpResponse:
    """Subscribe a mail address to a dataset."""
    dataset = public_dataset(slug)
    return _subscribe(request, {"dataset": dataset}, {"dataset": dataset})


@require_http_methods(["GET", "HEAD", "POST"])
def subscribe_to_search(request: HttpRequest) -> HttpResponse:
    """Subscribe a mail address to what a search finds."""
    query = subscribing.query_of({name: request.GET.getlist(name) for name in request.GET})
    if not query:
        return redirect("datasets")
    return _subscribe(request, {"query": query}, {"query": query})


def _subscribe(request: HttpRequest, what: dict[str, Any], context: dict[str, Any]) -> HttpResponse:
    user = person(request)
    if request.method != "POST":
        form = SubscribeForm(initial={"email": user.email if user else ""})
        return render(request, "community/subscribe.html", {**context, "form": form})
    form = SubscribeForm(request.POST)
    if not form.is_valid():
        return render(request, "community/subscribe.html", {**context, "form": form}, status=422)
    is_confirmed = False
    if not is_robot(request):
        count_sender(request, "subscribe")
        facts = form.cleaned_data
        made = subscribing.subscribe(
            **what, email=facts["email"], rhythm=facts["rhythm"], language=language(), user=user
        )
        is_confirmed = made.confirmed_at is not None and user is not None
    return render(request, "community/subscribed.html", {**context, "is_confirmed": is_confirmed})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, slug: str) -> HttpResponse:
    """Have a web address called; its key is shown on this page."""
    dataset = public_dataset(slug)
    user = signed_in(request)
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        count_sender(request, "webhook")
        subscribing.subscribe(dataset=dataset, url=form.cleaned_data["url"], language=language(), user=user)
        return redirect("dataset-webhook", dataset.slug)
    own = dataset.subscriptions.filter(user=user).exclude(url="")[:20]
    context = {"dataset": dataset, "form": form, "own": [(one, telling.key_of(one)) for one in own]}
    return render(request, "community/webhook.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Let a subscription begin; a button, so that programs that follow links in mails begin nothing."""
    found = subscribing.by_token(token)
    if request.method == "POST":
        subscribing.confirm(found)
    context = {"subscription": found, "what": subscribing.about(found), "is_done": request.method == "POST"}
    return render(request, "community/confirm.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, token: str) -> HttpResponse:
    """End a subscription."""
    found = subscribing.by_token(token)
    context = {"what": subscribing.about(found), "is_done": request.method == "POST"}
    if request.method == "POST":
        subscribing.end(found)
    return render(request, "community/end.html", context)


@csrf_exempt  # the token is the right; mail programs post without a page of ours (RFC 8058)
@require_POST
def stop(request: HttpRequest, token: str) -> HttpResponse:  # as Django calls it
    """End a subscription by the button of a mail program."""
    subscribing.end(subscribing.by_token(token))
    return HttpResponse(status=204)


@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest, slug: str) -> HttpResponse:
    """List all questions on a dataset and take a new one."""
    dataset = public_dataset(slug)
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not is_robot(request):
            count_sender(request, "question")
            talk.ask(dataset, **form.cleaned_data, author=person(request), language=language())
        return render(request, "community/asked.html", {"dataset": dataset})
    shown = Question.objects.filter(dataset=dataset, state=Moderated.SHOWN).prefetch_related("answers")
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    context = {"dataset": dataset, "form": form, "page_obj": page, "questions": page.object_list}
    return render(request, "community/questions.html", context, status=422 if form.errors else 200)


def _shown_wishes() -> QuerySet[DataRequest]:
    return DataRequest.objects.filter(state__in=SHOWN_WISHES).select_related("dataset")


@require_safe
def wishes(request: HttpRequest) -> HttpResponse:
    """List the wishes for data, most wanted first."""
    page = Paginator(_shown_wishes(), PAGE).get_page(request.GET.get("page"))
    return render(request, "community/wishes.html", {"page_obj": page})


@require_safe
def wish(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a wish and what became of it."""
    found = get_object_or_404(_shown_wishes(), pk=pk)
    user = person(request)
    has_voted = user is not None and found.votes.filter(user=user).exists()
    return render(request, "community/wish.html", {"wish": found, "has_voted": has_voted})


@require_http_methods(["GET", "HEAD", "POST"])
def new_wish(request: HttpRequest) -> HttpResponse:
    """Take a wish."""
    form = WishForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not is_robot(request):
            count_sender(request, "wish")
            talk.wish(**form.cleaned_data, author=person(request), language=language())
        return render(request, "community/wished.html")
    return render(request, "community/new_wish.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@login_required
@require_POST
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Add one's voice to a wish, or take it back."""
    found = get_object_or_404(_shown_wishes(), pk=pk)
    if request.POST.get("action") == "back":
        talk.take_vote_back(found, by=signed_in(request))
        messages.success(request, _("Your voice was taken back."))
    else:
        talk.vote(found, by=signed_in(request))
        messages.success(request, _("Your voice counts."))
    return redirect("data-request", pk)


@require_safe
def reuses(request: HttpRequest) -> HttpResponse:
    """Show what was made of data."""
    public = Prefetch("datasets", Dataset.objects.public().order_by("slug"))
    shown = Reuse.objects.filter(state=Moderated.SHOWN).prefetch_related(public)
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    return render(request, "community/reuses.html", {"page_obj": page})


@require_http_methods(["GET", "HEAD", "POST"])
def new_reuse(request: HttpRequest) -> HttpResponse:
    """Take something that was made of data."""
    form = ReuseForm(request.POST or None, initial={"datasets": request.GET.getlist("dataset")})
    if request.method == "POST" and form.is_valid():
        if not is_robot(request):
            count_sender(request, "reuse")
            facts = dict(form.cleaned_data)
            talk.send_reuse(facts.pop("datasets"), author=person(request), language=language(), **facts)
        return render(request, "community/reuse_sent.html")
    return render(request, "community/new_reuse.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def usage(request: HttpRequest) -> HttpResponse:
    """Show how often which data were used, and how that is counted."""
    since = localdate() - COUNTED
    rows = (
        DailyUse.objects.filter(day__gte=since, dataset__in=Dataset.objects.public().values("pk"))
        .values("dataset__slug", "dataset__title")
        .annotate(total=Sum("count"))
        .order_by("-total", "dataset__slug")
    )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "community/usage.html", {"page_obj": page, "days": COUNTED.days})
