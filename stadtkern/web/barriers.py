"""The form "Report a barrier"."""

import hashlib

from django import forms
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from stadtkern.base.errors import StadtkernError
from stadtkern.web.forms import KernForm
from stadtkern.web.services import report_barrier

MOST_PER_HOUR = 5
HOUR = 3600


class TooManyReports(StadtkernError):
    """One sender reports faster than a person would."""

    status = 429


class BarrierForm(KernForm, forms.Form):
    """What could not be used, where, and how to answer."""

    description = forms.CharField(
        label=_("What could you not use?"),
        help_text=_("Describe it in your own words. If you use aids such as a screen reader, name them."),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    path = forms.CharField(
        label=_("On which page?"), help_text=_("Address or title of the page"), max_length=500, required=False
    )
    email = forms.EmailField(
        label=_("Your email address"),
        help_text=_(
            "Only for our answer; we delete it and your report a year after that, at the latest after two."
        ),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


def count_sender(request: HttpRequest) -> None:
    """Count a report of this sender; the address is kept only as a hash, and for an hour."""
    source = f"{settings.SECRET_KEY}{request.META.get('REMOTE_ADDR', '')}"
    key = f"barrier:{hashlib.sha256(source.encode()).hexdigest()[:24]}"
    cache.add(key, 0, HOUR)
    if cache.incr(key) > MOST_PER_HOUR:
        raise TooManyReports(
            _("You have sent several reports within an hour. Please send the next one later or by email.")
        )


def is_robot(request: HttpRequest) -> bool:
    """Return whether the field that people do not see was filled."""
    return bool(request.POST.get("homepage"))


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Show the form, take the report, say thank you."""
    if request.method != "POST":
        form = BarrierForm(initial={"path": request.GET.get("page", "")[:500]})
        return render(request, "web/report_barrier.html", {"form": form})
    form = BarrierForm(request.POST)
    if not form.is_valid():
        return render(request, "web/report_barrier.html", {"form": form}, status=422)
    if not is_robot(request):
        count_sender(request)
        report_barrier(**form.cleaned_data, language=(get_language() or "de")[:5])
    return redirect(reverse("barrier-reported"))


@require_http_methods(["GET", "HEAD"])
def reported(request: HttpRequest) -> HttpResponse:
    """Say thank you and what happens next."""
    return render(request, "web/barrier_reported.html", {"days": settings.BARRIER_ANSWER_DAYS})
