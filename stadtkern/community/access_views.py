"""Pages about closed data: what is offered, asking for it, one's own requests."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from stadtkern.base.errors import BadInput, Conflict
from stadtkern.catalogue.models import Dataset
from stadtkern.community.forms import AccessForm
from stadtkern.community.models import AccessRequest, Offer
from stadtkern.community.services import closed
from stadtkern.people.views import signed_in

PAGE = 20


@require_safe
def marketplace(request: HttpRequest) -> HttpResponse:
    """List the data that can be had on request."""
    public = Dataset.objects.public().values("pk")
    offers = Offer.objects.filter(is_on=True, dataset__in=public).select_related("dataset__publisher")
    page = Paginator(offers.order_by("dataset__slug"), PAGE).get_page(request.GET.get("page"))
    return render(request, "community/marketplace.html", {"page_obj": page})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a request for closed data."""
    offers = Offer.objects.filter(is_on=True, dataset__in=Dataset.objects.public().values("pk"))
    offer = get_object_or_404(offers.select_related("dataset__profile__owner"), dataset__slug=slug)
    form = AccessForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            made = closed.ask(
                offer,
                by=signed_in(request),
                organisation=facts["organisation"],
                purpose=facts["purpose"],
                until=facts["wanted_until"],
            )
        except BadInput as error:
            form.add_error("wanted_until", str(error))
        except Conflict as error:
            form.add_error(None, str(error))
        else:
            closed.tell_owner(made)
            messages.success(request, _("Your request was sent. The answer comes by mail."))
            return redirect("access-requests")
    context = {"offer": offer, "dataset": offer.dataset, "form": form}
    return render(request, "community/ask.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_safe
def own_requests(request: HttpRequest) -> HttpResponse:
    """List one's own requests."""
    own = AccessRequest.objects.filter(user=signed_in(request)).select_related("dataset", "key")
    page = Paginator(own, PAGE).get_page(request.GET.get("page"))
    return render(request, "community/own_requests.html", {"page_obj": page})


@never_cache
@login_required
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def make_key(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the access key of a grant and show it, once."""
    own = AccessRequest.objects.filter(user=signed_in(request), state=AccessRequest.State.GRANTED)
    found = get_object_or_404(own.select_related("dataset__profile", "key"), pk=pk)
    context = {"found": found, "secret": ""}
    if request.method == "POST":
        context["secret"] = closed.make_key(found, by=signed_in(request))
    return render(request, "community/key.html", context)


@never_cache
@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own request back."""
    user = signed_in(request)
    closed.withdraw(get_object_or_404(AccessRequest, pk=pk, user=user), by=user)
    messages.success(request, _("Your request was taken back."))
    return redirect("access-requests")
