"""What stands on the page of a dataset."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.models import Dataset
from stadtkern.community.forms import QuestionForm, SubscribeForm
from stadtkern.community.models import AccessRequest, Offer, Question
from stadtkern.community.models.talk import Moderated
from stadtkern.community.services import counting
from stadtkern.contracts.option import Label
from stadtkern.people.models import User

MOST_QUESTIONS, MOST_REUSES = 20, 6
COUNTED = timedelta(days=30)


def _draw(request: HttpRequest, name: str, context: dict[str, object]) -> SafeString:
    return render_to_string(f"community/parts/{name}.html", context, request=request)


def subscribe(request: HttpRequest, dataset: Dataset) -> SafeString:
    """Offer mails and the webhook."""
    email = request.user.email if isinstance(request.user, User) else ""
    return _draw(request, "subscribe", {"dataset": dataset, "form": SubscribeForm(initial={"email": email})})


def discussion(request: HttpRequest, dataset: Dataset) -> SafeString:
    """Show questions with their answers, and the form."""
    shown = Question.objects.filter(dataset=dataset, state=Moderated.SHOWN)
    questions = list(shown.prefetch_related("answers")[: MOST_QUESTIONS + 1])
    context: dict[str, object] = {
        "dataset": dataset,
        "questions": questions[:MOST_QUESTIONS],
        "has_more": len(questions) > MOST_QUESTIONS,
        "form": QuestionForm(),
    }
    return _draw(request, "discussion", context)


def reuses(request: HttpRequest, dataset: Dataset) -> SafeString:
    """Show what was made of the data."""
    found = list(dataset.reuses.filter(state=Moderated.SHOWN)[:MOST_REUSES])
    return _draw(request, "reuses", {"dataset": dataset, "reuses": found})


def counts(request: HttpRequest, dataset: Dataset) -> SafeString:
    """Say how often the data were used, and how that is counted."""
    found = counting.totals(dataset, since=localdate() - COUNTED)
    used = sum(found.get(kind, 0) for kind in ("api", "sql", "map"))
    context: dict[str, object] = {
        "views": found.get("view", 0),
        "downloads": found.get("download", 0),
        "queries": used,
        "days": COUNTED.days,
    }
    return _draw(request, "counts", context)


def access_request(request: HttpRequest, dataset: Dataset) -> SafeString:
    """Say how closed data can be had, and how far one's own request is."""
    if dataset.is_open:
        return mark_safe("")
    offer = Offer.objects.filter(dataset=dataset, is_on=True).first()
    if offer is None:
        return mark_safe("")
    own = None
    if isinstance(request.user, User):
        own = AccessRequest.objects.filter(dataset=dataset, user=request.user).first()
    return _draw(request, "access", {"dataset": dataset, "offer": offer, "own": own})


Render = Callable[[HttpRequest, Dataset], SafeString]
PARTS: Sequence[tuple[str, Label, Render]] = (
    ("access-request", _("Data on request"), access_request),
    ("subscribe", _("Stay informed"), subscribe),
    ("discussion", _("Questions and answers"), discussion),
    ("reuses", _("Made of these data"), reuses),
    ("counts", _("How often these data are used"), counts),
)
