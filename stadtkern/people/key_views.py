"""The keys of a person, on the pages of the account."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput
from stadtkern.people.grants import SCOPES
from stadtkern.people.key_forms import KeyForm
from stadtkern.people.keys import revoke_key
from stadtkern.people.models import ApiKey
from stadtkern.people.views import signed_in

PAGE = 20


def scope_names(key: ApiKey) -> list[str]:
    """Return in words what a key may do."""
    return [str(SCOPES[scope]) for scope in key.scopes if scope in SCOPES]


@never_cache
@require_safe
@login_required
def key_list(request: HttpRequest) -> HttpResponse:
    """List the keys of the person, ended ones too."""
    page = Paginator(signed_in(request).api_keys.all(), PAGE).get_page(request.GET.get("page"))
    rows = [(key, scope_names(key), key.is_valid(now())) for key in page]
    return render(request, "people/keys.html", {"page_obj": page, "rows": rows})


@never_cache
@login_required
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_new(request: HttpRequest) -> HttpResponse:
    """Make a key and show it, once."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            key, secret = form.save(by=signed_in(request))
        except BadInput as error:
            form.add_error(None, str(error))
        else:
            return render(request, "people/key_made.html", {"key": key, "secret": secret})
    return render(request, "people/key_new.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_POST
@login_required
def key_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of the person's own keys."""
    person = signed_in(request)
    key = get_object_or_404(person.api_keys.all(), pk=pk)
    revoke_key(key, by=person)
    messages.success(request, _("The key %(prefix)s… opens nothing any more.") % {"prefix": key.prefix})
    return redirect("account-keys")
