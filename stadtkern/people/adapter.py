"""How allauth makes accounts and writes mails for us."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import get_language, override

from stadtkern.people import roles
from stadtkern.people.models import User

LANGUAGES = {code for code, _name in settings.LANGUAGES}


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up may be closed; mails are in the language of the person."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Return whether anybody may make an account."""
        return bool(settings.SIGNUP_OPEN)

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """Keep the random handle: a handle made from the name or mail address would give it away."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # noqa: ANN401, FBT001, FBT002
        """Save a new account as citizen, in the language of the page."""
        user.language = _language()
        saved: User = super().save_user(request, user, form, commit=commit)
        if commit:
            make_citizen(saved)
        return saved

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write in the language the person chose."""
        user = context.get("user") or User.objects.filter(email__iexact=email).first()
        with override(getattr(user, "language", None) or _language()):
            super().send_mail(template_prefix, email, context)


class SocialAdapter(DefaultSocialAccountAdapter):
    """Accounts that come from the town's own login."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:  # noqa: ARG002
        """Let everybody in whom the town's login knows, also where sign-up is closed."""
        return True

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:  # noqa: ANN401
        """Save a new account as citizen; more roles are given by an administrator."""
        user: User = super().save_user(request, sociallogin, form)
        make_citizen(user)
        return user


def make_citizen(user: User) -> None:
    """Give the role that everybody has who signs up."""
    user.groups.add(Group.objects.get_or_create(name=roles.CITIZEN)[0])


def _language() -> str:
    """Return the language of the page, without its region."""
    code = (get_language() or settings.LANGUAGE_CODE).partition("-")[0]
    return code if code in LANGUAGES else settings.LANGUAGE_CODE
