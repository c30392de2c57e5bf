"""The account of a person."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from stadtkern.base.errors import NotPermitted
from stadtkern.people.forms import AccountForm
from stadtkern.people.models import User
from stadtkern.people.roles import ROLES
from stadtkern.people.second_factor import WAY_BACK, has_second_factor
from stadtkern.people.services import erase_person, export_person


def signed_in(request: HttpRequest) -> User:
    """Return whose account this is."""
    if not isinstance(request.user, User):
        raise NotPermitted(_("Please sign in first."))
    return request.user


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show what the account says and let its person change it."""
    form = AccountForm(request.POST or None, instance=signed_in(request))
    if request.method == "POST" and form.is_valid():
        person = form.save()
        with override(person.language):
            messages.success(request, _("Your account was changed."))
            return redirect("account")
    context = {
        "form": form,
        "role_names": [name for role, name in ROLES.items() if role in signed_in(request).roles],
        "may_open_back_office": request.user.has_perm("wagtailadmin.access_admin"),
    }
    return render(request, "people/account.html", context)


@never_cache
@require_safe
@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Say why the back office waits, and lead to the two ways; who has a factor goes on."""
    if has_second_factor(request):
        return redirect(request.session.pop(WAY_BACK, None) or "wagtailadmin_home")
    return render(request, "people/second_factor.html", {"is_sent": False})


@never_cache
@require_safe
@login_required
@reauthentication_required
def account_export(request: HttpRequest) -> HttpResponse:
    """Hand out everything the town holds about the person."""
    person = signed_in(request)
    data = export_person(person, by=person)
    headers = {"Content-Disposition": 'attachment; filename="stadtkern-my-data.json"'}
    return JsonResponse(data, json_dumps_params={"indent": 1, "ensure_ascii": False}, headers=headers)


@never_cache
@login_required
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_delete(request: HttpRequest) -> HttpResponse:
    """Ask, then forget who the person is."""
    if request.method != "POST":
        return render(request, "people/account_delete.html")
    person = signed_in(request)
    logout(request)
    erase_person(person, by=None)
    messages.success(request, _("Your account is deleted. Nothing here bears your name any more."))
    return redirect("account_login")
