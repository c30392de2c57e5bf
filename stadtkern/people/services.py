"""Accounts begin, are handed out as data, and end."""

import secrets
from collections.abc import Iterable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from auditlog.models import LogEntry
from axes.models import AccessAttempt
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput, NotFound, NotPermitted
from stadtkern.people import personal_data
from stadtkern.people.models import User
from stadtkern.people.roles import ADMIN, ROLES


def one_time_password() -> str:
    """Return a password that can be read out on the telephone."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


@transaction.atomic
def add_person(  # noqa: PLR0913  # all of them belong to an account
    email: str,
    *,
    password: str,
    roles: Iterable[str] = (),
    first_name: str = "",
    last_name: str = "",
    language: str = "de",
) -> User:
    """Make an account whose mail address counts as confirmed; an administrator may do everything."""
    wanted = list(roles)
    if unknown := sorted(set(wanted) - set(ROLES)):
        raise BadInput(f"There is no role {unknown[0]!r}; there are: {', '.join(ROLES)}.")
    address = email.strip().lower()
    user = User(email=address, first_name=first_name, last_name=last_name, language=language)
    try:
        validate_email(address)
        validate_password(password, user)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages)) from error
    if User.objects.filter(email__iexact=address).exists():
        raise BadInput(f"There is already an account for {address}.")
    user.is_staff = user.is_superuser = ADMIN in wanted
    user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name__in=wanted))
    EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    return user


def find_person(email: str) -> User:
    """Return the living account with this mail address."""
    person = User.objects.filter(email__iexact=email.strip(), erased_at=None).first()
    if person is None:
        raise NotFound(f"There is no account for {email}.")
    return person


def export_person(person: User, *, by: User | None) -> dict[str, object]:
    """Return everything the town holds about a person; `by` is None on the command line."""
    _require(by, "people.export_person", person)
    return {
        "exported": now().isoformat(),
        "account": {
            "email": person.email,
            "handle": person.username,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "language": person.language,
            "since": person.date_joined.isoformat(),
            "last_login": person.last_login.isoformat() if person.last_login else None,
            "roles": sorted(person.groups.values_list("name", flat=True)),
        },
        **{name: holder.export(person) for name, holder in personal_data.holders().items()},
    }


@transaction.atomic
def erase_person(person: User, *, by: User | None) -> None:
    """Forget who a person is: everything that names them goes, what they did stays, without a name."""
    _require(by, "people.erase_person", person)
    for holder in personal_data.holders().values():
        holder.erase(person)
    AccessAttempt.objects.filter(username__iexact=person.email).delete()
    person.groups.clear()
    person.user_permissions.clear()
    person.email = f"erased-{person.pk}@erased.invalid"
    person.first_name = person.last_name = ""
    person.is_active = person.is_staff = person.is_superuser = False
    person.last_login = None
    person.erased_at = now()
    person.set_unusable_password()
    person.save()
    _make_trail_anonymous(person)


def _make_trail_anonymous(person: User) -> None:
    """Leave what happened in the trail and take the name out of it."""
    LogEntry.objects.filter(actor=person).update(actor_email=None)
    about = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_pk=str(person.pk)
    )
    about.update(object_repr=str(person), additional_data=None, serialized_data=None)


def _require(by: User | None, permission: str, person: User) -> None:
    if by is not None and not by.has_perm(permission, person):
        raise NotPermitted("Only the person and an administrator may do this.")


def export_own_tables(person: User) -> dict[str, object]:
    """Return what the account's own tables hold."""
    memberships = person.memberships.select_related("organisation")
    return {
        "addresses": list(EmailAddress.objects.filter(user=person).values("email", "verified", "primary")),
        "organisations": [{"organisation": m.organisation.slug, "role": m.role} for m in memberships],
        "second_factors": [
            {"kind": a.type, "since": a.created_at.isoformat()}
            for a in Authenticator.objects.filter(user=person)
        ],
        "api_keys": [
            {"name": k.name, "begins_with": k.prefix, "since": k.created_at.isoformat(), "may": k.scopes}
            for k in person.api_keys.all()
        ],
        "other_logins": list(
            SocialAccount.objects.filter(user=person).values("provider", "uid", "extra_data")
        ),
        "failed_logins": [
            {"at": a.attempt_time.isoformat(), "ip_address": a.ip_address, "browser": a.user_agent}
            for a in AccessAttempt.objects.filter(username__iexact=person.email)
        ],
        "changes": [
            {"at": e.timestamp.isoformat(), "action": e.get_action_display(), "object": e.object_repr}
            for e in LogEntry.objects.filter(actor=person)
        ],
    }


def erase_own_tables(person: User) -> None:
    """Delete addresses, second factors, outside logins, memberships, keys and settings of the back office."""
    EmailAddress.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    SocialAccount.objects.filter(user=person).delete()
    person.memberships.all().delete()
    person.api_keys.all().delete()
    profile = getattr(person, "wagtail_userprofile", None)
    if profile is not None:
        profile.avatar.delete(save=False)
        profile.delete()
