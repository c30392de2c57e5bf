"""The back office opens only to accounts with a second factor, where the town wants that.

An authenticator app or a passkey counts, and a sign-in through the town's own login (OIDC), which asks
for one by its own rules.
"""

from collections.abc import Callable

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from stadtkern.people.models import User

BACK_OFFICE = "/admin/"
WAY_BACK = "second_factor_next"
"""Where in the session stands what the person wanted to open."""


def has_second_factor(request: HttpRequest) -> bool:
    """Return whether more than a password stands between others and this account."""
    if not isinstance(request.user, User):
        return False
    records = get_authentication_records(request, request.user)
    if any(record.get("method") == "socialaccount" for record in records):
        return True
    own = Authenticator.objects.filter(user=request.user)
    return bool(own.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())


def is_missing(request: HttpRequest) -> bool:
    """Return whether this request has to wait for a second factor."""
    if not settings.REQUIRE_SECOND_FACTOR or not request.path.startswith(BACK_OFFICE):
        return False
    return request.user.is_authenticated and not has_second_factor(request)


class SecondFactorMiddleware:
    """Leads to the page on which a second factor is set up, and from there back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on if its person may enter."""
        if not is_missing(request):
            return self.get_response(request)
        if request.method in {"GET", "HEAD"}:
            request.session[WAY_BACK] = request.get_full_path()
            return redirect(reverse("second-factor"))
        # the browser keeps what was typed, and sends it again when this answer is loaded anew
        return render(request, "people/second_factor.html", {"is_sent": True}, status=403)
