"""Closed data on request: asked for, decided, opened for a time, every reading written down."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, Conflict, NotPermitted
from stadtkern.catalogue.access import Reader
from stadtkern.catalogue.models import Dataset
from stadtkern.community.models import AccessRequest, ClosedRead, Offer
from stadtkern.community.services.mailing import send_quietly
from stadtkern.community.services.subscribing import full_address
from stadtkern.people import keys
from stadtkern.people.grants import READ
from stadtkern.people.models import User

State = AccessRequest.State


def granted_to(reader: Reader) -> QuerySet[Dataset] | None:
    """Return the datasets granted to a reader now; the key of a grant opens only its dataset."""
    if not isinstance(reader.user, User) or not reader.user.is_active:
        return None
    now = clock.now()
    granted = AccessRequest.objects.filter(
        user=reader.user, state=State.GRANTED, valid_from__lte=now, valid_until__gt=now
    )
    if reader.key is not None and AccessRequest.objects.filter(key=reader.key).exists():
        granted = granted.filter(key=reader.key)
    return Dataset.objects.public().filter(pk__in=granted.values("dataset"))


def ask(offer: Offer, *, by: User, organisation: str, purpose: str, until: date) -> AccessRequest:
    """Ask for closed data under the terms as they are now.

    Raises
    ------
    BadInput
        if it is asked for longer than offered, or for the past.
    Conflict
        if the person has an open request already.
    """
    today = clock.now().date()
    if not offer.is_on:
        raise BadInput(_("These data are not offered at the moment."))
    if not today < until <= today + offer.longest:
        raise BadInput(
            _("The end lies between tomorrow and %(days)d days from today.") % {"days": offer.longest.days}
        )
    try:
        with transaction.atomic():
            return AccessRequest.objects.create(
                dataset=offer.dataset,
                user=by,
                organisation=organisation.strip(),
                purpose=purpose.strip(),
                wanted_until=until,
                terms=offer.get_terms(),
                asked_at=clock.now(),
            )
    except IntegrityError as error:
        raise Conflict(_("You have asked for these data already; the answer comes by mail.")) from error


def end_of(day: date) -> datetime:
    """Return the end of a day in the time zone of the town."""
    return make_aware(datetime.combine(day + timedelta(days=1), time()))


@transaction.atomic
def decide(
    request: AccessRequest, *, by: User, granted: bool, reason: str, until: date | None = None
) -> None:
    """Grant or decline a request; who asked gets a mail.

    Raises
    ------
    NotPermitted
        if the person does not decide about these data.
    Conflict
        if it was decided meanwhile.
    BadInput
        if it is declined without a reason or granted for longer than asked for.
    """
    _check_right(request, by)
    if not granted and not reason.strip():
        raise BadInput(_("Say why."))
    last_day = until or request.wanted_until
    if granted and not clock.now().date() < last_day <= request.wanted_until:
        raise BadInput(_("The period ends between tomorrow and the day that was asked for."))
    now = clock.now()
    facts = {"decided_at": now, "decided_by": by, "reason": reason.strip()}
    if granted:
        facts |= {"state": State.GRANTED, "valid_from": now, "valid_until": end_of(last_day)}
    else:
        facts |= {"state": State.DECLINED}
    _change(request, State.ASKED, **facts)
    transaction.on_commit(lambda: _tell(request))


@transaction.atomic
def revoke(request: AccessRequest, *, by: User, reason: str) -> None:
    """Take a grant back at once, with its key."""
    _check_right(request, by)
    if not reason.strip():
        raise BadInput(_("Say why."))
    facts = {"state": State.REVOKED, "reason": reason.strip(), "decided_by": by, "decided_at": clock.now()}
    _change(request, State.GRANTED, **facts)
    if request.key is not None:
        keys.revoke_key(request.key, by=None)
    transaction.on_commit(lambda: _tell(request))


def withdraw(request: AccessRequest, *, by: User) -> None:
    """Take one's own open request back."""
    if request.user_id != by.pk:
        raise NotPermitted(_("This is the request of somebody else."))
    _change(request, State.ASKED, state=State.WITHDRAWN, decided_at=clock.now())


def _check_right(request: AccessRequest, by: User) -> None:
    if not by.has_perm("community.decide_accessrequest", request):
        raise NotPermitted(_("You do not decide about these data."))


def _change(request: AccessRequest, from_state: str, **facts: object) -> None:
    """Change a request that is still as it was when it was read, with its trail."""
    locked = AccessRequest.objects.select_for_update().filter(pk=request.pk, state=from_state).first()
    if locked is None:
        raise Conflict(_("Somebody else has decided this meanwhile."))
    for name, value in facts.items():
        setattr(request, name, value)
    request.save(update_fields=list(facts))


@transaction.atomic
def make_key(request: AccessRequest, *, by: User) -> str:
    """Make the access key of a grant and return its secret, which is shown once; an older one ends."""
    if request.user_id != by.pk:
        raise NotPermitted(_("This is the request of somebody else."))
    now = clock.now()
    is_valid = request.valid_from is not None and request.valid_until is not None
    if request.state != State.GRANTED or not is_valid or request.valid_until <= now:  # type: ignore[operator]  # is_valid says so
        raise BadInput(_("These data are not granted now."))
    if request.key is not None:
        keys.revoke_key(request.key, by=None)
    key, secret = keys.create_key(
        f"{request.dataset}: {request.organisation}"[:200],
        person=by,
        scopes=[READ],
        profiles=[request.dataset.profile.slug],
        expires_at=request.valid_until,
        by=by,
    )
    AccessRequest.objects.filter(pk=request.pk).update(key=key)
    return secret


def log_read(reader: Reader, dataset: Dataset, what: str, rows: int) -> None:
    """Write down that somebody read closed data."""
    person = reader.user if isinstance(reader.user, User) else None
    granted = AccessRequest.objects.filter(dataset=dataset, user=person, state=State.GRANTED).order_by("-pk")
    ClosedRead.objects.create(
        dataset=dataset,
        request=granted.first() if person is not None else None,
        user=person,
        what=what[:20],
        rows=max(rows, 0),
        at=clock.now(),
    )


def _tell(request: AccessRequest) -> None:
    user = request.user
    if user is None or not user.is_active:
        return
    with translation.override(user.language):
        words = {
            State.GRANTED: _("You may now read “%(title)s”, until %(until)s."),
            State.DECLINED: _("Your request for “%(title)s” was declined."),
            State.REVOKED: _("Your access to “%(title)s” was taken back."),
        }[State(request.state)]
        until = request.valid_until.date().isoformat() if request.valid_until else ""
        lines = [words % {"title": str(request.dataset), "until": until}]
        if request.reason:
            lines += ["", request.reason]
        lines += ["", full_address("access-requests")]
        mail = EmailMessage(_("Your request for data"), "\n".join(lines), to=[user.email])
    send_quietly(mail, f"decision on request {request.pk}")


def tell_owner(request: AccessRequest) -> None:
    """Tell who decides that somebody asks."""
    offer = Offer.objects.filter(dataset=request.dataset).first()
    address = (offer and offer.contact_email) or request.dataset.profile.owner.email
    if not address:
        return
    with translation.override("de"):
        link = f"{settings.PUBLIC_URL}/admin/community/requests/{request.pk}/"
        body = f"{request.organisation}: {request.dataset}\n\n{request.purpose}\n\n{link}"
        mail = EmailMessage(_("Somebody asks for closed data"), body, to=[address])
    send_quietly(mail, f"request {request.pk}")
